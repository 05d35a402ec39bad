"""A web server of one's own on the test database, and visitors who speak HTTP to it without a browser."""

import contextlib
import http.client
import select
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import eventually

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "a" * 32  # what the form's token is checked against is a cookie, and both are ours
Fields = Mapping[str, object]


def gunicorn(
    environment: Mapping[str, str], *, workers: int = 1, threads: int = 4, log_level: str = "error"
) -> list[str]:
    """The command of a web server as in production, on the port that the environment names."""
    command = ["gunicorn", "trial.wsgi", "--bind", f"127.0.0.1:{environment['PORT']}", "--threads", str(threads)]
    quiet = ["--no-control-socket", "--graceful-timeout", "1", "--log-level", log_level, "--workers", str(workers)]
    return [sys.executable, "-m", *command, *quiet]


@contextmanager
def web_server(environment: Mapping[str, str], *, workers: int = 1, threads: int = 4) -> Iterator[subprocess.Popen]:
    """Runs it; yields its first process."""
    address = f"http://127.0.0.1:{environment['PORT']}"
    command = gunicorn(environment, workers=workers, threads=threads)
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environment))
    try:
        assert eventually(lambda: answers(address), seconds=30), "the web server did not answer within 30 s"
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(f"{address}/healthz", timeout=2).status == 200
    except OSError:
        return False


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def is_good(self) -> bool:
        """Taken: a page, or on to the next one."""
        return self.status in (200, 302, 303)


class Visitor:
    """Somebody with the session of a participant, over a connection that stays open; use it in one thread."""

    def __init__(self, address: str, *, session: str = "") -> None:
        self.place = urllib.parse.urlsplit(address).netloc
        self.headers: dict[str, str] = {}
        self.cookies = {"csrftoken": TOKEN} | ({"participant": session} if session else {})
        self.connection = http.client.HTTPConnection(self.place, timeout=60)

    def get(self, path: str) -> Reply:
        return self.send("GET", path)

    def post(self, path: str, fields: Fields | None = None) -> Reply:
        return self.send("POST", path, *form(fields))

    def send(self, method: str, path: str, body: bytes | None = None, headers: Fields | None = None) -> Reply:
        self._ask(method, path, body, headers)
        answer = self.connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), answer.read())

    def send_whatever_comes(self, path: str, body: bytes) -> Reply:
        """Send a body that may be refused before all of it was read; the reply stands in the socket all the same."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            return self.send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = http.client.HTTPResponse(self.connection.sock, method="POST")
        answer.begin()
        reply = Reply(answer.status, dict(answer.getheaders()), answer.read())
        self.connection.close()
        return reply

    def post_and_hang_up(self, path: str, fields: Fields | None = None) -> None:
        """Send it, wait until the reply begins to come, which is after the commit, and never read it."""
        self._ask("POST", path, *form(fields))
        select.select([self.connection.sock], [], [], 60)
        self.connection.close()

    def hang_up(self) -> None:
        self.connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: Fields | None) -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, {"Cookie": cookies, **self.headers, **(headers or {})})


def form(fields: Fields | None) -> tuple[bytes, dict[str, str]]:
    """A form's body, with its token unless the fields bring one, and its headers."""
    body = urllib.parse.urlencode({"csrfmiddlewaretoken": TOKEN, **(fields or {})}, doseq=True).encode()
    return body, {"Content-Type": "application/x-www-form-urlencoded"}
