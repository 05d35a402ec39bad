"""The state folder: one process at a time, sockets behind a short path, nothing left of a thrown-away one."""

import fcntl
import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from trial.embedded.identity import Identity
from trial.embedded.problem import ServerProblem

SOCKET_PATH_BYTES = 107  # the room for a unix socket's path in Linux's sockaddr_un
LONGEST_SOCKET_NAME = "/pg/.s.PGSQL.5432"
PREFIX = "equipoise-"
# Where PostgreSQL's account has its folder when it cannot enter ours. Nobody tidies the first one up.
HOMES_TO_KEEP = ("/var/lib", "/var/tmp")  # noqa: S108 - mkdtemp makes the name unguessable
HOMES_TO_THROW_AWAY = ("/tmp", "/var/tmp")  # noqa: S108


class Lock:
    """One process at a time has a state folder: it holds `lock`, and its servers inherit `servers.lock`.

    The kernel gives both back when their last holder ends, however it ends. After a kill, the first is free at
    once, the second when the last server has gone.
    """

    def __init__(self, state: Path, patience_s: float = 10.0):
        """Raises ServerProblem when another process has the folder; its servers get `patience_s` seconds to go."""
        starter = _take(state / "lock", patience_s=0.5)
        if starter is None:
            holder = (state / "lock").read_text(encoding="utf-8") or "unknown"
            raise ServerProblem(
                f"{state} is in use: process {holder} is running already. Use that one, or stop it first."
            )
        os.ftruncate(starter, 0)
        os.pwrite(starter, str(os.getpid()).encode(), 0)
        servers = _take(state / "servers.lock", patience_s)
        if servers is None:
            os.close(starter)
            raise ServerProblem(f"Servers of a killed run still work in {state}. End them, or wait and try again.")
        self.starter, self.servers = starter, servers

    def release(self) -> None:
        os.close(self.servers)
        os.close(self.starter)


@dataclass(frozen=True)
class Place:
    """A locked state folder with the folder of its sockets; `lock` is the descriptor that servers inherit."""

    state: Path
    sockets: Path
    lock: int
    keep: bool


def open_log(path: Path) -> BinaryIO:
    """An empty log that other accounts of the machine cannot read."""
    log = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    os.fchmod(log.fileno(), 0o600)  # one of an earlier version may be there
    return log


def temporary_state() -> Path:
    """A new state folder to throw away; those that a killed run has left are removed first."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_abandoned(left):
            remove(left)
    return Path(tempfile.mkdtemp(prefix=PREFIX))


def _take(file: Path, patience_s: float) -> int | None:
    """An open descriptor of the file, locked; None when another process keeps it longer than `patience_s`."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(descriptor)
                return None
            time.sleep(0.05)


def _is_abandoned(state: Path) -> bool:
    """Whether it is ours and neither the process that locked it nor one of its servers is alive."""
    try:
        if state.lstat().st_uid != os.geteuid():
            return False
        with (state / "lock").open(encoding="utf-8") as lock, (state / "servers.lock").open() as servers:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(servers, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock.read() != ""  # empty: about to be locked
    except OSError:
        return False


def socket_folder(state: Path) -> Path:
    """Where the sockets stand: in the state folder, or in a temporary one when that path is too long or has
    characters that the servers' addresses cannot hold. A link in the state folder then leads to it.
    """
    place = state / "run"
    if place.is_symlink():  # of a run that was killed
        shutil.rmtree(place.resolve(), ignore_errors=True)
        place.unlink()
    shutil.rmtree(place, ignore_errors=True)
    if _is_plain(place):
        place.mkdir(mode=0o700)
        return place
    for parent in (tempfile.gettempdir(), *HOMES_TO_THROW_AWAY):
        if _is_plain(Path(parent) / f"{PREFIX}12345678"):
            short = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            place.symlink_to(short)
            return short
    raise ServerProblem(f"No place for sockets: their path may have {SOCKET_PATH_BYTES} bytes. Set TMPDIR to /tmp.")


def _is_plain(folder: Path) -> bool:
    path = f"{folder}{LONGEST_SOCKET_NAME}"
    return len(os.fsencode(path)) <= SOCKET_PATH_BYTES and re.fullmatch(r"[A-Za-z0-9_./-]+", path) is not None


def postgres_home(place: Place, identity: Identity) -> Path:
    """The folder of PostgreSQL's account: in the state folder, or, where a folder above is closed to that
    account (a clone in root's own folder), elsewhere with a link to it.
    """
    home = place.state / "postgres"
    if home.is_symlink() and not home.exists():  # somebody has removed what it leads to
        home.unlink()
    home.mkdir(mode=0o700, exist_ok=True)
    home = home.resolve()
    if identity.changes_owner:
        place.state.chmod(0o711)
    identity.own(home)
    if identity.can_enter(home):
        return home
    for parent in map(Path, HOMES_TO_KEEP if place.keep else HOMES_TO_THROW_AWAY):
        if identity.can_enter(parent):
            outer = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            outer.chmod(0o711)
            shutil.move(home, outer / "postgres")
            identity.own(outer / "postgres")
            home.symlink_to(outer / "postgres")
            return outer / "postgres"
    raise ServerProblem(f"The account of PostgreSQL cannot enter {home}. Clone to a folder that others may enter.")


def remove(state: Path) -> None:
    """Remove a state folder and what its links lead to."""
    if (state / "run").is_symlink():
        shutil.rmtree((state / "run").resolve(), ignore_errors=True)
    if (state / "postgres").is_symlink():
        shutil.rmtree((state / "postgres").resolve().parent, ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)
