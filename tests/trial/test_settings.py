"""A value that cannot be used stops the start with one sentence; production starts with its secrets only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "EQUIPOISE_ENV": "production",
    "SECRET_KEY": "k3#" + "abcdefghijklmnopqrstuvwxyz" * 2,
    "FIELD_KEYS": "Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHktISE=",
    "ALLOCATION_KEY": "YWxsb2NhdGlvbi1rZXktZm9yLXRlc3RzLW9ubHktLTE=",
    "RECEIPTS_FOLDER": "/receipts",
    "DATABASE_URL": "postgresql://app:secret@db.example.org/trials",
    "REDIS_URL": "redis://queue.example.org:6379/0",
    "SITE_URL": "https://trials.example.org",
    "SMTP_URL": "smtp://user:secret@mail.example.org:587?tls=1",
}


def start(*command: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """`manage.py` with an environment of its own."""
    given = {key: value for key, value in variables.items() if value is not None}
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **given}
    return subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True)


def test_production_passes_djangos_own_deployment_check():
    done = start("check", "--deploy", "--fail-level", "INFO", **GOOD)

    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n")


REQUIRED = ["SECRET_KEY", "FIELD_KEYS", "ALLOCATION_KEY", "RECEIPTS_FOLDER", "DATABASE_URL", "REDIS_URL", "SITE_URL"]


@pytest.mark.parametrize("name", REQUIRED)
def test_production_refuses_to_start_without(name):
    done = start("check", **GOOD | {name: None})

    assert done.returncode == 1
    assert done.stderr == (
        f"equipoise: {name} is not set, and production does not start without it. Set {name} or {name}_FILE.\n"
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("EQUIPOISE_ENV", "prod", "EQUIPOISE_ENV is “prod”. Allowed: development, demo, test, production."),
        (
            "SECRET_KEY",
            "short",
            "SECRET_KEY is shorter than 50 characters. Make one with: python manage.py new_key",
        ),
        (
            "FIELD_KEYS",
            "nonsense",
            "Key 1 in FIELD_KEYS is not a Fernet key (32 bytes in url-safe base64). "
            "Make one with: python manage.py new_key",
        ),
        (
            "ALLOCATION_KEY",
            "c2hvcnQ=",
            "ALLOCATION_KEY is not a key (32 bytes in url-safe base64). Make one with: python manage.py new_key",
        ),
        (
            "ALLOCATION_KEY",
            "nonsense!",
            "ALLOCATION_KEY is not a key (32 bytes in url-safe base64). Make one with: python manage.py new_key",
        ),
        (
            "RECEIPTS_FOLDER",
            "receipts",
            "RECEIPTS_FOLDER is “receipts”. Give the whole path of a folder, such as /receipts.",
        ),
        (
            "DATABASE_URL",
            "mysql://x/y",
            "DATABASE_URL is not a PostgreSQL address. Write it as postgresql://role:password@host:5432/database.",
        ),
        (
            "DATABASE_URL",
            "postgresql://db.example.org",
            "DATABASE_URL names no database. Add its name behind the last slash.",
        ),
        (
            "REDIS_URL",
            "localhost:6379",
            "REDIS_URL is not a Redis address. Write it as redis://host:6379/0 or redis+socket:///path/redis.sock.",
        ),
        ("SITE_URL", "trials.example.org", "SITE_URL is “trials.example.org”. Write it as https://trials.example.org."),
        (
            "SITE_URL",
            "http://trials.example.org",
            "SITE_URL is “http://trials.example.org”, and production speaks HTTPS only. Write it as https://...",
        ),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is “loud”. Allowed: DEBUG, INFO, WARNING, ERROR, CRITICAL."),
        (
            "SMTP_URL",
            "mail.example.org",
            "SMTP_URL is not a mail server's address. Write it as smtp://user:password@host:587?tls=1.",
        ),
    ],
)
def test_bad_value_is_told_in_one_sentence(name, value, sentence):
    done = start("check", **GOOD | {name: value})

    assert (done.returncode, done.stderr) == (1, f"equipoise: {sentence}\n")


@pytest.mark.parametrize("environment", [None, "demo", "test"])
def test_site_of_the_world_is_production_only(environment):
    done = start("check", EQUIPOISE_ENV=environment, SITE_URL="https://trials.example.org")

    assert (done.returncode, done.stderr) == (
        1,
        f"equipoise: SITE_URL leads to trials.example.org, and {environment or 'development'} answers on this machine "
        "only; to serve others, set EQUIPOISE_ENV=production.\n",
    )


@pytest.mark.parametrize(
    ("own", "missing"),
    [
        ([], "SECRET_KEY, FIELD_KEYS, ALLOCATION_KEY"),
        (["SECRET_KEY", "ALLOCATION_KEY"], "FIELD_KEYS"),
        (["FIELD_KEYS", "ALLOCATION_KEY"], "SECRET_KEY"),
        (["FIELD_KEYS", "SECRET_KEY"], "ALLOCATION_KEY"),
    ],
)
def test_mail_server_with_keys_that_everybody_knows_is_refused(own, missing):
    done = start("check", **{name: GOOD[name] for name in ["SMTP_URL", *own]})

    assert (done.returncode, done.stderr) == (
        1,
        f"equipoise: SMTP_URL is set and {missing} not: real mails would carry links signed and data encrypted with "
        "keys that everybody knows; set EQUIPOISE_ENV=production, or leave SMTP_URL out.\n",
    )


@pytest.mark.parametrize("site", [None, "http://localhost:8123", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_development_starts_on_this_machine_with_a_mail_server_and_keys_of_its_own(site):
    own = {name: GOOD[name] for name in ("SMTP_URL", "SECRET_KEY", "FIELD_KEYS", "ALLOCATION_KEY")}

    assert start("check", SITE_URL=site, **own).returncode == 0


def test_secret_comes_from_a_file_too(tmp_path):
    file = tmp_path / "key"
    file.write_text(GOOD["SECRET_KEY"] + "\n")

    assert start("check", **GOOD | {"SECRET_KEY": None, "SECRET_KEY_FILE": str(file)}).returncode == 0


def test_missing_secret_file_is_named():
    done = start("check", **GOOD | {"SECRET_KEY_FILE": "/nowhere/key"})

    assert done.stderr == (
        "equipoise: SECRET_KEY_FILE names /nowhere/key, which cannot be read (No such file or directory). "
        "Give a readable file or set SECRET_KEY.\n"
    )


def test_database_that_does_not_answer_is_one_sentence():
    done = start("migrate", DATABASE_URL="postgresql://app@127.0.0.1:1/trials")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("equipoise: the database did not answer (")
    assert done.stderr.endswith("Check DATABASE_URL and that it is running.\n")


def test_new_keys_are_accepted_by_production():
    printed = dict(line.split("=", 1) for line in start("new_key").stdout.splitlines())
    keys = {name: value.strip("'") for name, value in printed.items()}

    assert start("check", **GOOD | keys).returncode == 0
