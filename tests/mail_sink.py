"""A mail server that can be asked by Message-ID, as a process of its own that can be killed, and the way to it.

python -m tests.mail_sink <port> <folder>
"""

import os
import random
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class SinkBackend(BaseEmailBackend):
    """Hands each mail over to the sink; near it the process dies with the chance that DIES_NEAR_SINK names."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for each in email_messages:
            die_perhaps()
            whole = each.message()
            self._ask("PUT", str(whole["Message-ID"]), whole.as_bytes())
            die_perhaps()
        return len(email_messages)

    def has_message(self, message_id: str) -> bool:
        try:
            self._ask("HEAD", message_id)
        except urllib.error.HTTPError as answer:
            if answer.code == 404:
                return False
            raise
        return True

    def _ask(self, method: str, message_id: str, body: bytes | None = None) -> None:
        at = f"{settings.MAIL_SINK}/{urllib.parse.quote(message_id, safe='')}"
        urllib.request.urlopen(urllib.request.Request(at, body, method=method), timeout=5).close()


CHANCE = random.SystemRandom()  # a worker's children all inherit the state of any other one


def die_perhaps() -> None:
    if CHANCE.random() < settings.DIES_NEAR_SINK:
        os.kill(os.getpid(), signal.SIGKILL)


class Sink(BaseHTTPRequestHandler):
    """Takes a mail whole or not at all, and says so only once it stands in the folder: each arrival is a file."""

    folder: Path

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = f"{time.time_ns()}-{self.name()}"
        unfinished = self.folder / f"{name}.part"
        unfinished.write_bytes(body)
        unfinished.rename(self.folder / f"{name}.log")
        self.answer(201)

    def do_HEAD(self) -> None:
        self.answer(200 if any(self.folder.glob(f"*-{self.name()}.log")) else 404)

    def name(self) -> str:
        return urllib.parse.unquote(self.path).strip("/<>")

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Says nothing: a test's output is long enough."""


if __name__ == "__main__":
    Sink.folder = Path(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Sink).serve_forever()
