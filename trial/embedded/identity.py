"""Who runs PostgreSQL, which refuses to be run by root.

An ordinary user runs it as he is. Root becomes an account that exists already (none is ever created), or,
where a container does not let him, looks like that account in a user namespace.
"""

import os
import pwd
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trial.embedded.children import dying_with_us, enter_user_namespace
from trial.embedded.problem import ServerProblem

ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Identity:
    """The account that runs PostgreSQL, None for ourselves; `in_namespace`: only taken for it."""

    account: pwd.struct_passwd | None = None
    in_namespace: bool = False

    @property
    def changes_owner(self) -> bool:
        return self.account is not None and not self.in_namespace

    def popen_arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to run a program as this identity, ended by the kernel when we are gone."""
        arguments: dict[str, Any] = {"preexec_fn": self._prepare_child(), "start_new_session": True}
        if self.account and self.changes_owner:
            arguments |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return arguments

    def _prepare_child(self) -> Callable[[], None]:
        ask = dying_with_us(signal.SIGINT)
        account = self.account

        def prepare() -> None:
            if self.in_namespace and account:
                enter_user_namespace(account.pw_uid, account.pw_gid)
            ask()

        return prepare

    def can_run(self, *command: str | Path) -> str | None:
        """What the command prints when this identity may run it and it succeeds, else None."""
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, cwd="/", check=False, **self.popen_arguments()
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout if done.returncode == 0 else None

    def can_enter(self, folder: Path) -> bool:
        return self.can_run("/bin/sh", "-c", 'cd "$1"', "sh", folder) is not None

    def version_of(self, folder: Path) -> int:
        """The major version of the PostgreSQL programs in a folder; 0 when this identity cannot run them."""
        told = self.can_run(folder / "postgres", "--version") or ""
        match = re.search(r"\(PostgreSQL\) (\d+)", told)
        return int(match[1]) if match else 0

    def own(self, folder: Path) -> None:
        """Hand a folder with all it holds to the account, once."""
        uid = self.account.pw_uid if self.account and self.changes_owner else os.geteuid()
        gid = self.account.pw_gid if self.account and self.changes_owner else os.getegid()
        if folder.stat().st_uid != uid:
            for path in (*folder.rglob("*"), folder):
                os.chown(path, uid, gid, follow_symlinks=False)


def find_identity() -> Identity:
    """The first way to run PostgreSQL that this machine allows."""
    if os.geteuid() != 0:
        return Identity()
    accounts = [account for account in pwd.getpwall() if account.pw_name in ACCOUNTS]
    accounts.sort(key=lambda account: ACCOUNTS.index(account.pw_name))
    for in_namespace in (False, True):
        for account in accounts:
            identity = Identity(account, in_namespace)
            if identity.can_run("/bin/sh", "-c", ":") is not None:
                return identity
    raise ServerProblem(
        "PostgreSQL does not run as root, and this root may neither become one of the accounts "
        f"{' or '.join(ACCOUNTS)} nor open a user namespace. "
        "Run as an ordinary user, or set DATABASE_URL and DATABASE_OWNER_URL to a server that runs already."
    )
