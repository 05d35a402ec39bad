"""Processes that are killed with SIGKILL at random and started again: servers, workers, a mail server."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from celery import Celery
from django.db import connections
from kombu.exceptions import OperationalError

from tests.conftest import ROOT, free_port
from trial.embedded.binaries import find_redis


class Mortal:
    """A program that comes back as often as it is killed, in a process group of its own.

    `child_first` is how often a child of it is killed in its place, if it has any: it makes itself a new one.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, child_first: float = 0.0) -> None:
        self.command, self.environment, self.child_first = command, dict(environment), child_first
        self.deaths = 0
        self.process: subprocess.Popen | None = None
        self.lock = threading.Lock()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, start_new_session=True)

    def children(self) -> list[int]:
        assert self.process
        try:
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in listed.split()]

    def strike(self, chance: random.Random) -> None:
        """Kill it, or a child of it, and have it stand again."""
        with self.lock:
            self.deaths += 1
            children = self.children()
            if children and chance.random() < self.child_first:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(children), signal.SIGKILL)
                return
            self.end()
            self.start()

    def stand_again(self) -> None:
        """What docker-compose.yml does with one that ended by itself, as Celery's worker may when its queue dies."""
        with self.lock:
            if self.process and self.process.poll() is not None:
                self.end()
                self.start()

    def end(self) -> None:
        """At once, with its children: nothing of it may go on beside what is started next."""
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def a_worker(environment: Mapping[str, str]) -> Mortal:
    """A worker of two processes, as docker-compose.yml starts it; mostly one of the two is killed."""
    command = ["celery", "-A", "trial", "worker", "--concurrency", "2", "--loglevel", "critical"]
    return Mortal(
        [sys.executable, "-m", *command, "--without-mingle", "--without-gossip"], environment, child_first=0.7
    )


def a_queue(folder: Path) -> tuple[Mortal, str]:
    """A Redis that remembers nothing, and its address: each death empties it."""
    program, _major = find_redis()
    socket = folder / "redis.sock"
    more = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--loglevel", "warning"]
    return Mortal([str(program), *more], os.environ), f"redis+socket://{quote(str(socket))}?virtual_host=0"


def a_mail_server(folder: Path) -> tuple[Mortal, dict[str, str]]:
    """The sink, and the environment of workers that send to it and die near it."""
    port = str(free_port())
    reached = {
        "DJANGO_SETTINGS_MODULE": "tests.sink_settings",
        "MAIL_SINK": f"http://127.0.0.1:{port}",
        "DIES_NEAR_SINK": "0.05",
    }
    return Mortal([sys.executable, "-m", "tests.mail_sink", port, str(folder)], os.environ), reached


def beat_of(queue_url: str, *tasks: str) -> Callable[[], None]:
    """What beat does each minute. Without a queue it can only try again the next time, as beat does."""
    queue = Celery(broker=queue_url, set_as_current=False)  # else every task of ours would go there from then on

    def beat() -> None:
        for task in tasks:
            try:
                queue.send_task(task, expires=5, retry=False)
            except (OperationalError, OSError):
                return

    return beat


@contextmanager
def alive(*mortals: Mortal) -> Iterator[None]:
    try:
        for each in mortals:
            each.start()
        with repeatedly(lambda: [each.stand_again() for each in mortals], seconds=lambda: 0.5):
            yield
    finally:
        for each in mortals:
            if each.process:
                each.end()


@contextmanager
def repeatedly(act: Callable[[], object], *, seconds: Callable[[], float]) -> Iterator[None]:
    """Do it in a thread, again and again, each time after so many seconds; its error is raised at the end."""
    over, errors = threading.Event(), []

    def run() -> None:
        try:
            while not over.wait(seconds()):
                act()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if errors:
        raise errors[0]


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="m-") as path:
        yield Path(path)


def dying(mortals: Sequence[Mortal], chance: random.Random, *, longest_s: float):
    """Something of these dies again and again, `longest_s` seconds after the last death at most."""
    return repeatedly(lambda: chance.choice(mortals).strike(chance), seconds=lambda: chance.uniform(0.05, longest_s))
