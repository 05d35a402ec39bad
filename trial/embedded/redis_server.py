"""A private Redis on a unix socket: the queue of the demo and the tests."""

import signal
import socket
import subprocess
from urllib.parse import quote

from trial.embedded.binaries import find_redis
from trial.embedded.children import dying_with_us, uninterrupted, wait_until
from trial.embedded.folders import Place, open_log
from trial.embedded.problem import ServerProblem, last_complaint


class Redis:
    """One private server, found; `start` runs it. Kept, it loses the last second at most in a crash."""

    stop_signal = signal.SIGTERM

    def __init__(self, place: Place):
        self.place = place
        self.program, self.major = find_redis()
        self.socket, self.log = place.sockets / "redis.sock", place.state / "redis.log"
        # Versions do not read each other's files; what is queued can be made again from PostgreSQL.
        self.folder = place.state / f"{self.program.name}-{self.major}"
        self.process: subprocess.Popen[bytes] | None = None

    def describe(self) -> str:
        return f"Redis {self.major} ({self.program})"

    def start(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        kept = "yes" if self.place.keep else "no"
        access = ("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700")
        with open_log(self.log) as log, uninterrupted():
            self.process = subprocess.Popen(
                [self.program, *access, "--save", "", "--appendonly", kept],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self.place.lock,),
                start_new_session=True,
                preexec_fn=dying_with_us(signal.SIGTERM),
            )
        if not wait_until(self._answers, self.process):
            complaint = last_complaint(self.log.read_text(encoding="utf-8", errors="replace"))
            raise ServerProblem(f"Redis {self.major} did not start: {complaint}. Its log is {self.log}.")

    def url(self) -> str:
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=0"

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
