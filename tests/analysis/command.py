"""`manage.py analyse` as the tests call it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
ROLES = ["--id", "id", "--arm", "Group", "--time", "Time"]


def run(*arguments):
    """As a user does. Port 1 answers nobody: a command that asked a database would fail."""
    return subprocess.run(
        [sys.executable, "manage.py", "analyse", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
    )


def text(*arguments):
    """What it prints, in this process."""
    output = io.StringIO()
    call_command("analyse", *map(str, arguments), stdout=output)
    return output.getvalue()


def as_json(*arguments):
    return parsed(text(*arguments, "--format", "json"))


def parsed(output):
    return json.loads(output, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def refusal(*arguments):
    with pytest.raises(CommandError) as raised:
        text(*arguments)
    assert raised.value.returncode == 2
    return str(raised.value)
