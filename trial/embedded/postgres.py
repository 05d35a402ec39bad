"""A private PostgreSQL: made once, with its two roles, and started on a unix socket."""

import json
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from trial.embedded.binaries import find_postgres
from trial.embedded.children import run_to_end, uninterrupted, wait_until
from trial.embedded.folders import Place, open_log, postgres_home
from trial.embedded.identity import find_identity
from trial.embedded.problem import ServerProblem, last_complaint

DATABASE = "equipoise"
OWNER = "equipoise_owner"
APPLICATION = "equipoise_app"
ROLES = Path(__file__).with_name("roles.sql")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
# An error's statement and its details quote values: addresses, hashes. Its first line is enough.
DISCREET = ("log_min_error_statement=panic", "log_error_verbosity=terse")
MOST_CONNECTIONS = 250  # the tests have 200 people come at the same instant
# Without these a crash may lose data: for servers that are thrown away anyway.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# The superuser has no password, so this never admits him: he works on a stopped server (postgres --single).
HOST_BASED_ACCESS = "local all all scram-sha-256\n"


def make_roles(passwords: dict[str, str]) -> str:
    """SQL, one statement a line, for an empty cluster: the owner makes tables, the application uses them.

    The same file makes the roles of production. Only here may the owner also make databases: those of the tests.
    """
    statements = ROLES.read_text(encoding="utf-8")
    statements = statements.replace(":'owner_password'", f"'{passwords[OWNER]}'")
    statements = statements.replace(":'application_password'", f"'{passwords[APPLICATION]}'")
    return f"{statements}ALTER ROLE {OWNER} CREATEDB;\n"


class Postgres:
    """One private server, found and, when its folder is new, made ready; `start` runs it."""

    def __init__(self, place: Place):
        self.place, self.identity = place, find_identity()
        self.home = postgres_home(place, self.identity)
        self.data, self.log = self.home / "data", place.state / "postgres.log"
        self.passwords = place.state / "roles.json"
        self.sockets = (place.sockets if self.home.parent == place.state else self.home.parent) / "pg"
        made_by = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip() if self.data.exists() else ""
        self.programs, self.major = find_postgres(self.identity, self.home, made_by)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def stop_signal(self) -> signal.Signals:
        """At once when the data are thrown away; else clients are sent off and the data written."""
        return signal.SIGINT if self.place.keep else signal.SIGQUIT

    def describe(self) -> str:
        return f"PostgreSQL {self.major} ({self.programs})"

    def start(self) -> None:
        if not self.data.exists():
            self._make_cluster()
        self._prepare_sockets()
        settings = [f"unix_socket_directories={self.sockets}", "listen_addresses=", "timezone=UTC"]
        settings.append(f"max_connections={MOST_CONNECTIONS}")
        settings.append(f"unix_socket_permissions={'0777' if self.identity.changes_owner else '0700'}")
        settings += DISCREET if self.place.keep else DISCREET + CARELESS
        options = [word for setting in settings for word in ("-c", setting)]
        with open_log(self.log) as log, uninterrupted():
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self.place.lock,),
                **self._arguments(),
            )
        if not wait_until(self._answers, self.process):
            complaint = last_complaint(self.log.read_text(encoding="utf-8", errors="replace"))
            raise ServerProblem(f"PostgreSQL {self.major} did not start: {complaint}. Its log is {self.log}.")

    def url(self, role: str) -> str:
        password = json.loads(self.passwords.read_text(encoding="utf-8"))[role]
        return f"postgresql://{role}:{password}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(APPLICATION), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _arguments(self) -> dict[str, Any]:
        return {"cwd": self.home, "env": ENVIRONMENT, **self.identity.popen_arguments()}

    def _prepare_sockets(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.sockets.mkdir(mode=0o700)
        if self.identity.changes_owner:  # we pass through to a socket that only a password opens
            self.sockets.parent.chmod(0o711)
            self.sockets.chmod(0o711)
        self.identity.own(self.sockets)

    def _make_cluster(self) -> None:
        """Made beside its place and moved there when complete: a killed run leaves no half cluster."""
        unfinished = self.home / "data-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        passwords = {role: secrets.token_urlsafe(24) for role in (OWNER, APPLICATION)}
        self.passwords.unlink(missing_ok=True)
        descriptor = os.open(self.passwords, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(passwords, file)
        form = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self._set_up("initdb", "-D", unfinished, *form)
        (unfinished / "pg_hba.conf").write_text(HOST_BASED_ACCESS, encoding="utf-8")
        quietly = [word for setting in ("exit_on_error=on", *DISCREET) for word in ("-c", setting)]
        statements = make_roles(passwords)
        self._set_up("postgres", "--single", "-D", unfinished, *quietly, "template1", statements=statements)
        unfinished.rename(self.data)

    def _set_up(self, program: str, *arguments: str | Path, statements: str = "") -> None:
        done = run_to_end([self.programs / program, *arguments], statements, **self._arguments())
        if done.returncode != 0:
            complaint = last_complaint(done.stderr)
            raise ServerProblem(f"PostgreSQL could not make its data folder in {self.home}: {complaint}.")
