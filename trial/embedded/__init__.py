"""Private PostgreSQL and Redis for the demo and the tests.

For each: the address in the environment, else the machine's programs, else those of the pinned wheels, else
one sentence that names what to install (EQUIPOISE_SERVERS=system or wheel forces one of the two). They listen
on unix sockets only, keep to their state folder, create no account, and end with the process that started
them, also when that one is killed. Production has servers of its own and never comes here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from trial.embedded.children import stop
from trial.embedded.folders import Lock, Place, remove, socket_folder, temporary_state
from trial.embedded.given import database_addresses, redis_address
from trial.embedded.postgres import APPLICATION, OWNER, Postgres
from trial.embedded.problem import ServerProblem, cannot_write
from trial.embedded.redis_server import Redis

Server = TypeVar("Server", Postgres, Redis)

__all__ = ["ServerProblem", "Servers", "cannot_write", "start", "temporary_state"]


def start(state: Path, *, keep: bool) -> Servers:
    """Start what the environment does not give, and return when both answer.

    Call it from the main thread: the servers end with the thread that starts them.

    Parameters
    ----------
    state : folder for data, sockets, passwords and logs; made when missing, used by one process at a time.
    keep : True keeps the folder, with data that survive a crash; False is faster and removes it at `stop`.

    Raises
    ------
    ServerProblem : one or two sentences; nothing is left running then.
    """
    servers = Servers(state.resolve(), keep=keep)
    try:
        servers.begin()
    except BaseException as problem:
        servers.stop()
        if isinstance(problem, OSError):
            raise cannot_write(Path(problem.filename or state), problem) from problem
        raise
    return servers


class Servers:
    """Running servers. Leaving it as a context manager, or `stop`, ends those that were started here."""

    def __init__(self, state: Path, *, keep: bool):
        self.state, self.keep = state, keep
        self._started: list[Postgres | Redis] = []
        self._urls: tuple[str, ...] = ()
        self._lock: Lock | None = None

    def begin(self) -> None:
        """See `start`, which also ends what was begun when this fails."""
        place = self._take_place()
        databases, redis_url = database_addresses(), redis_address()
        redis_url = redis_url or self._run(Redis(place)).url()
        if not databases:
            postgres = self._run(Postgres(place))
            databases = postgres.url(APPLICATION), postgres.url(OWNER)
        self._urls = (*databases, redis_url)

    def environment(self) -> dict[str, str]:
        """DATABASE_URL (the application's role), DATABASE_OWNER_URL (migrations) and REDIS_URL."""
        return dict(zip(("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"), self._urls, strict=True))

    def describe(self) -> str:
        """What was started, for people: “Redis 7 (...), PostgreSQL 15 (/usr/lib/postgresql/15/bin)”."""
        return ", ".join(server.describe() for server in self._started) or "servers of the environment"

    def ended(self) -> list[str]:
        """Descriptions of servers that have ended although nobody stopped them."""
        return [
            f"{server.describe()}, whose log is {server.log}"
            for server in self._started
            if server.process and server.process.poll() is not None
        ]

    def stop(self) -> None:
        """End the servers, the first started last; a folder that is not kept is removed."""
        for server in reversed(self._started):
            if server.process:
                stop(server.process, server.stop_signal)
        self._started.clear()
        if self._lock:
            if not self.keep:
                remove(self.state)
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _take_place(self) -> Place:
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = Lock(self.state)
        return Place(self.state, socket_folder(self.state), self._lock.servers, self.keep)

    def _run(self, server: Server) -> Server:
        self._started.append(server)
        server.start()
        return server
