"""What the real processes write is one JSON object a line, from the first line to the last."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from tests.conftest import ROOT, environment, free_port, stop, wait_until

CELERY = ["celery", "-A", "trial"]


def written(command: list[str], file, *, until: str, **variables: str) -> list[dict]:
    """The records of a process that is stopped once `until` stands in what it wrote to standard error."""
    with file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=environment(**variables), stdout=-3, stderr=log
        )
        try:
            wait_until(lambda: until in file.read_text(), seconds=60, what=command[0])
            lines = (
                file.read_text().splitlines()
            )  # before it is stopped: Python itself tells of a signal while starting
        finally:
            stop(process)
    return [json.loads(line) for line in lines]


def test_web_process_writes_json_only(db, tmp_path):
    port = free_port()
    command = ["gunicorn", "trial.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]

    records = written(command, tmp_path / "log", until="Booting worker")

    assert {record["logger"] for record in records} - {"py.warnings"} == {"gunicorn.error"}
    assert len(records) >= 4


@pytest.mark.parametrize(
    ("part", "until"),
    [
        (["worker", "--pool", "solo", "--without-mingle", "--without-gossip"], " ready."),
        (["beat", "--pidfile", "", "--schedule", "/dev/shm/none"], "beat: Starting"),
    ],
)
def test_celery_writes_json_only(db, tmp_path, part, until):
    part = [word.replace("/dev/shm/none", str(tmp_path / "beat")) for word in part]

    records = written([*CELERY, *part], tmp_path / "log", until=until)

    assert {record["level"] for record in records} <= {"INFO", "WARNING"}
    assert len(records) >= 1


def test_celery_keeps_to_the_level_of_all(db, tmp_path):
    """Whatever its own option says; the next line would be "ready." at level INFO."""
    program = "from trial.celery import app; app.log.setup(loglevel='DEBUG'); import logging; " + (
        "logging.getLogger('celery.worker').info('said'); logging.getLogger('celery.worker').error('told')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(LOG_LEVEL="ERROR"), capture_output=True, text=True
    )

    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["told"]


def test_recurring_work_expires_before_it_is_due_again_and_no_task_outlives_its_claim():
    entries = settings.CELERY_BEAT_SCHEDULE

    assert entries
    assert [name for name, entry in entries.items() if entry["options"]["expires"] > entry["schedule"]] == []
    assert 0 < settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
