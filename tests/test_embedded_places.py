"""Private servers in difficult places, as other accounts, and the sentence for each fault."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ask, new_state, queue, refusal, running
from trial.embedded import binaries, problem

IS_ROOT = os.geteuid() == 0


@pytest.fixture
def state() -> Iterator[Path]:
    with new_state() as folder:
        yield folder


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
