"""For tests that start real processes: private servers in a program of their own, and what still runs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from trial.embedded import folders

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import json, os, pwd, sys, time
from pathlib import Path
from trial import embedded
state, keep, account = Path(sys.argv[1]), sys.argv[2] == "keep", sys.argv[3]
if account:
    entry = pwd.getpwnam(account)
    os.setgroups([]), os.setgid(entry.pw_gid), os.setuid(entry.pw_uid)
began = time.monotonic()
try:
    with embedded.start(state, keep=keep) as servers:
        more = {"described": servers.describe(), "took_s": time.monotonic() - began}
        print(json.dumps(servers.environment() | more), flush=True)
        sys.stdin.read()
except embedded.ServerProblem as problem:
    sys.exit(f"problem: {problem}")
"""


def launch(state: Path, *, keep: bool = False, account: str = "", before: tuple[str, ...] = (), **environment: str):
    """The program that starts servers in `state` and holds them until its standard input is closed."""
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    clean.pop("EQUIPOISE_SERVERS", None)
    arguments = (sys.executable, "-c", PROGRAM, str(state), "keep" if keep else "throw away", account)
    return subprocess.Popen(
        (*before, *arguments),
        cwd=ROOT,
        env=clean | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def new_state() -> Iterator[Path]:
    """The path of a state folder to be, in a folder that every account may enter, unlike pytest's own."""
    parent = Path(tempfile.mkdtemp(prefix="servers-"))
    parent.chmod(0o755)
    yield parent / "state"
    folders.remove(parent / "state")
    shutil.rmtree(parent)


def told_by(program: subprocess.Popen) -> dict[str, Any]:
    line = program.stdout.readline()
    assert line, program.stderr.read()
    return json.loads(line)


@contextmanager
def running(state: Path, **how: Any) -> Iterator[dict[str, Any]]:
    program = launch(state, **how)
    try:
        yield told_by(program)
    finally:
        program.communicate(timeout=30)


def refusal(state: Path, **how: Any) -> str:
    """What is said instead of starting; nothing may be left running."""
    program = launch(state, **how)
    _, said = program.communicate(timeout=60)
    assert (program.returncode, processes_in(state)) == (1, [])
    return said.strip().removeprefix("problem: ")


def ask(url: str, statement: str) -> Any:
    with psycopg.connect(url, connect_timeout=5) as connection:
        answer = connection.execute(statement)
        return answer.fetchone() if answer.description else None


def queue(url: str) -> redis.Redis:
    path = url.removeprefix("redis+socket://").partition("?")[0]
    return redis.Redis(unix_socket_path=path, decode_responses=True)


def processes_in(state: Path) -> list[int]:
    """Processes of a state folder: its servers and what they have forked work in it, the site's know its mails."""
    places = tuple(str(folder.resolve()) for folder in (state, state / "postgres", state / "run"))
    variable = f"\0MAIL_FOLDER={state}/mail\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd").startswith(places) or variable in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()
