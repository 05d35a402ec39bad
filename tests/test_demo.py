"""`make demo` as a real run: what it starts, says and leaves."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import eventually, new_state, processes_in

ROOT = Path(__file__).resolve().parent.parent
READY = re.compile(r"Equipoise is ready after ([\d.]+) s\.")


def launch(folder: Path, **environment: str) -> subprocess.Popen:
    foreign = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EQUIPOISE_ENV", "MAKELEVEL", "MAIL_FOLDER")
    clean = {name: value for name, value in os.environ.items() if name not in foreign}
    return subprocess.Popen(
        [sys.executable, "-m", "analysis.demo"],
        cwd=ROOT,
        env=clean | {"DEMO_FOLDER": str(folder)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until_ready(demo: subprocess.Popen) -> str:
    """What it prints until it says how to stop it."""
    said = ""
    for line in demo.stdout:
        said += line
        if line.startswith("Ctrl-C"):
            return said
    raise AssertionError(said)


def ending(demo: subprocess.Popen) -> tuple[int, str]:
    said, _ = demo.communicate(timeout=60)
    return demo.returncode, said


def refusal(folder: Path, **environment: str) -> tuple[int, str]:
    return ending(launch(folder, **environment))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One folder for all of this file, as one clone has: the first test makes it, the next ones find it."""
    with new_state() as state:
        yield state


def test_first_start_tells_addresses_that_answer_and_kill_9_leaves_no_process(folder):
    demo = launch(folder)
    said = until_ready(demo)
    site = re.search(r"Site +(http://localhost:\d+)/", said)[1]
    pages = [site + "/", *re.findall(r"(http\S+/account/login/|http\S+/mailbox/)", said)]
    answers = [urllib.request.urlopen(page, timeout=10).status for page in pages]
    beside = refusal(folder)

    demo.kill()

    assert answers == [200, 200, 200]
    assert len(re.findall(r"secret [A-Z2-7]{32} +code now \d{6}", said)) >= 4
    assert beside == (
        1,
        f"demo: {folder} is in use: process {demo.pid} is running already. Use that one, or stop it first.\n",
    )
    assert eventually(lambda: processes_in(folder) == [])


def test_second_start_is_ready_within_10_s_and_interrupt_stops_everything(folder):
    demo = launch(folder)
    took_s = float(READY.search(until_ready(demo))[1])
    running = len(processes_in(folder))

    demo.send_signal(signal.SIGINT)
    status, said = ending(demo)

    modes = {file.name: file.stat().st_mode & 0o777 for file in (folder / "log").iterdir()}

    assert took_s < 10
    assert set(modes.values()) == {0o600}
    assert set(modes) >= {"web.log", "worker.log", "beat.log"}
    assert running > 8
    assert said == f"Stopped. `make demo` goes on with the same data; remove {folder} to start anew.\n"
    assert (status, processes_in(folder)) == (0, [])
    assert (folder / "postgres" / "data" / "PG_VERSION").exists()


def test_process_that_ends_by_itself_ends_the_demo_with_the_end_of_its_log(folder):
    status, said = refusal(folder, WEB_CONCURRENCY="two")

    assert (status, processes_in(folder)) == (1, [])
    assert f"demo: The web process ended by itself (status 1). The end of its log, {folder}/log/web.log:\n" in said
    assert said.endswith("ValueError: invalid literal for int() with base 10: 'two'\n")


@pytest.mark.parametrize("after_s", [0.3, 1.2])
def test_end_while_starting_leaves_no_process(folder, after_s):
    demo = launch(folder)
    time.sleep(after_s)

    demo.send_signal(signal.SIGTERM)
    ending(demo)

    assert processes_in(folder) == []


def test_taken_port_is_told(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = refusal(folder, PORT=str(port))

    assert said == (
        1,
        f"demo: Port {port} cannot be used (Address already in use). Choose another: make demo PORT=8123.\n",
    )


@pytest.mark.parametrize("port", ["80a", "65536"])
def test_port_that_is_none_is_told(folder, port):
    said = refusal(folder, PORT=port)

    assert said == (
        1,
        f"demo: PORT is “{port}”. Give a number from 1 to 65535, or none for the first free from 8000.\n",
    )


def test_wrong_database_address_is_told(folder):
    address = "postgresql://me:sesame@localhost:1/none"

    status, said = refusal(folder, EQUIPOISE_ENV="demo", DATABASE_URL=address, DATABASE_OWNER_URL=address)

    assert (status, said.count("\n"), said.count("sesame")) == (1, 1, 0)
    assert said.startswith("demo: DATABASE_URL leads to no database that answers (")


@pytest.mark.parametrize("environment", ["", "development", "production"])
def test_address_of_another_installation_in_the_shell_is_refused(folder, environment):
    said = refusal(folder, EQUIPOISE_ENV=environment, DATABASE_URL="postgresql://me@localhost:1/trials")

    assert said == (
        1,
        "demo: DATABASE_URL would have the demo write accounts with known passwords into servers that are there "
        "already. Unset it, or set EQUIPOISE_ENV=demo as well if they are for the demo.\n",
    )
