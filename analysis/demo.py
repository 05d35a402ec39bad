"""`make demo`: the whole of Equipoise on one's own machine.

Starts PostgreSQL and Redis (trial.embedded), brings the database up to date, and runs the web server, a worker and
the clock of recurring work, each as a process of its own. Data, secrets, mails and logs are kept in `.demo/`. Ctrl-C
stops everything, and nothing is left running when this process is killed. Run as `python -m analysis.demo`; PORT
and DEMO_FOLDER choose another port and another folder than `.demo/`.
"""

import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError as QueueProblem

from trial import embedded
from trial.embedded.children import INTERRUPTIONS, die_with, dying_with_us, uninterrupted, wait_or_kill
from trial.embedded.folders import open_log

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("DEMO_FOLDER") or ROOT / ".demo").resolve()
LOGS = STATE / "log"
MAILS = STATE / "mail"
PORTS = range(8000, 8100)
PATIENCE_S = 120.0
LAST_LINES = 15
FOREIGN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


class DemoProblem(Exception):
    """The demo cannot start or go on; the message says what was found and what to do."""


@dataclass
class Child:
    """A process of the demo; `death_signal` ends it and its own children when this process is killed."""

    name: str
    command: tuple[str, ...]
    death_signal: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"

    def start(
        self, environment: dict[str, str], inherited: tuple[int, ...] = (), output: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Start it with its output in its log, or its standard output in `output`."""
        with open_log(self.log) as log, uninterrupted():
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output or log,
                stderr=log,
                pass_fds=inherited,
                start_new_session=True,  # Ctrl-C reaches the demo only, which stops its processes in order
                preexec_fn=dying_with_us(self.death_signal),
            )
        return self.process

    def fail_if_ended(self) -> None:
        if self.process and self.process.poll() is not None:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
            raise DemoProblem(
                f"The {self.name} process ended by itself (status {self.process.returncode}). "
                f"The end of its log, {self.log}:\n" + "\n".join(lines)
            )


def main() -> None:
    began = time.monotonic()
    for name in INTERRUPTIONS:
        signal.signal(name, signal.default_int_handler)
    if "MAKELEVEL" in os.environ:  # started by make, which may be killed as well
        die_with(os.getppid(), signal.SIGTERM)
    try:
        _refuse_foreign_servers()
        _run(began)
    except KeyboardInterrupt:
        _say(f"Stopped. `make demo` goes on with the same data; remove {STATE} to start anew.")
    except (embedded.ServerProblem, DemoProblem) as problem:
        sys.exit(f"demo: {problem}")
    except OSError as problem:
        sys.exit(f"demo: {embedded.cannot_write(Path(problem.filename or STATE), problem)}")


def _refuse_foreign_servers() -> None:
    """A shell may still hold the addresses of a real installation: using those has to be said."""
    given = [name for name in FOREIGN if os.environ.get(name) or os.environ.get(f"{name}_FILE")]
    if given and os.environ.get("EQUIPOISE_ENV") != "demo":
        raise DemoProblem(
            f"{' and '.join(given)} would have the demo write accounts with known passwords into servers that are "
            "there already. Unset it, or set EQUIPOISE_ENV=demo as well if they are for the demo."
        )


def _run(began: float) -> None:
    """Start everything, tell where it is, and watch it until it is interrupted."""
    children: list[Child] = []
    servers = None
    try:
        listener = _listen()
        port = listener.getsockname()[1]
        servers = embedded.start(STATE, keep=True)
        _say(f"{servers.describe()} after {time.monotonic() - began:.1f} s")
        environment = _environment(servers, port)
        _manage(children, environment, "migrate", "--verbosity", "0")
        _start_site(children, environment, listener)
        logins = _manage(children, environment, "load_demo")
        _wait_for_site(children, servers, port)
        _say(_summary(port, logins, time.monotonic() - began))
        while True:
            _watch(children, servers)
            time.sleep(0.5)
    finally:
        for name in INTERRUPTIONS:
            signal.signal(name, signal.SIG_IGN)  # once is enough: stopping is not to be interrupted
        _stop(children)
        if servers:
            servers.stop()


def _listen() -> socket.socket:
    """A socket on this machine's own address, at PORT or the first free port; the web server inherits it."""
    wanted = os.environ.get("PORT", "")
    if wanted and not (wanted.isdecimal() and 0 < int(wanted) < 65536):
        raise DemoProblem(f"PORT is “{wanted}”. Give a number from 1 to 65535, or none for the first free from 8000.")
    for port in [int(wanted)] if wanted else PORTS:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(64)
            return listener
        except OSError as problem:
            listener.close()
            reason = problem.strerror
    if wanted:
        raise DemoProblem(f"Port {wanted} cannot be used ({reason}). Choose another: make demo PORT=8123.")
    raise DemoProblem(f"No port from {PORTS[0]} to {PORTS[-1]} is free. Choose another: make demo PORT=9000.")


def _environment(servers: embedded.Servers, port: int) -> dict[str, str]:
    """What the demo's processes are told. No mail server and no secret of another installation gets through."""
    for folder in (LOGS, MAILS):
        folder.mkdir(mode=0o700, exist_ok=True)
    ours = {
        "EQUIPOISE_ENV": "demo",
        "SITE_URL": f"http://localhost:{port}",
        "MAIL_FOLDER": str(MAILS),
        "BEAT_FILE": str(STATE / "celerybeat-schedule"),
        "RECEIPTS_FOLDER": str(STATE / "receipts"),
        "WEB_CONCURRENCY": os.environ.get("WEB_CONCURRENCY") or "2",
        "PYTHONUNBUFFERED": "1",
        **_secrets(),
        **servers.environment(),
    }
    foreign = {"SMTP_URL", "SMTP_URL_FILE", *(f"{name}_FILE" for name in ours)}
    return {name: value for name, value in os.environ.items() if name not in foreign} | ours


def _secrets() -> dict[str, str]:
    """The keys of this demo, each made at the first start that wants it: its stored data need the same again."""
    file = STATE / "secrets.json"
    kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ALLOCATION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    if made.keys() - kept:
        unfinished = file.with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(made | kept), encoding="utf-8")
        unfinished.rename(file)
    return made | kept


def _manage(children: list[Child], environment: dict[str, str], *arguments: str) -> str:
    """Run a management command to its end and return what it printed."""
    command = Child(arguments[0], ("manage.py", *arguments))
    children.append(command)
    process = command.start(environment, output=subprocess.PIPE)
    printed, _ = process.communicate()
    if process.returncode != 0:
        command.fail_if_ended()
    children.remove(command)
    return printed.decode()


def _start_site(children: list[Child], environment: dict[str, str], listener: socket.socket) -> None:
    """The three processes of the site, all starting at once; the web server takes the listening socket over."""
    number = listener.fileno()
    gunicorn = ("-m", "gunicorn", "trial.wsgi", "--bind", f"fd://{number}", "--threads", "4", "--no-control-socket")
    celery = ("-m", "celery", "-A", "trial")
    web = Child("web", gunicorn, death_signal=signal.SIGQUIT)
    worker = Child("worker", (*celery, "worker", "--concurrency", "2", "--without-mingle", "--without-gossip"))
    beat = Child("beat", (*celery, "beat", "--pidfile", ""))
    for child in (web, worker, beat):
        children.append(child)
        child.start(environment, inherited=(number,) if child is web else ())
    listener.close()


def _wait_for_site(children: list[Child], servers: embedded.Servers, port: int) -> None:
    """Return when a page that needs the database is served and a worker has answered through the queue."""
    queue = Celery(broker=servers.environment()["REDIS_URL"])
    end = time.monotonic() + PATIENCE_S
    while not (_web_answers(port) and _worker_answers(queue)):
        _watch(children, servers)
        if time.monotonic() > end:
            raise DemoProblem(f"Web server and worker did not answer within {PATIENCE_S:.0f} s. See {LOGS}.")
        time.sleep(0.1)
    queue.close()


def _web_answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _worker_answers(queue: Celery) -> bool:
    try:
        return bool(queue.control.ping(timeout=0.5, limit=1))
    except (QueueProblem, OSError):
        return False


def _watch(children: list[Child], servers: embedded.Servers) -> None:
    for child in children:
        child.fail_if_ended()
    if ended := servers.ended():
        raise DemoProblem(f"Ended by itself: {'; '.join(ended)}. Start the demo again.")


def _stop(children: list[Child]) -> None:
    """Ask all at once, then wait: a worker may finish what it has begun."""
    for child in children:
        if child.process and child.process.poll() is None:
            child.process.terminate()
    for child in children:
        if child.process:
            wait_or_kill(child.process)


def _summary(port: int, logins: str, took_s: float) -> str:
    site = f"http://localhost:{port}"
    return f"""
Equipoise is ready after {took_s:.1f} s.

  Site           {site}/
  Staff sign-in  {site}/account/login/
  Mails          {site}/mailbox/ and in {MAILS}
  Logs           {LOGS}

{logins.strip()}

Ctrl-C stops everything. The data stay in {STATE} for the next start."""


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may have gone
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
