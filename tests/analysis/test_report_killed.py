"""A real worker, killed in the middle of a report: after a restart the report is finished, once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from analysis import services, tasks
from analysis.models import Kind, Report, Status
from questionnaires import clock
from tests.analysis.finished_trial import make_finished_trial
from tests.conftest import ROOT, stop, wait_until
from trial.audit.models import AuditEntry
from trial.celery import app
from trial.protocol.models import Stage


@contextmanager
def own_worker(environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """A worker of this test's own, on a queue that no other takes from."""
    command = ["celery", "-A", "trial", "worker", "--pool", "solo", "--loglevel", "warning", "-Q", "reports"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--without-mingle", "--without-gossip"], cwd=ROOT, env=environment
    )
    try:
        yield process
    finally:
        stop(process)


@contextmanager
def files_held_up(environment: dict[str, str]) -> Iterator[None]:
    """Nobody can store a file of a report: whoever has computed one waits at the very last step."""
    with psycopg.connect(environment["DATABASE_OWNER_URL"]) as held:
        held.execute("LOCK TABLE analysis_reportfile IN SHARE ROW EXCLUSIVE MODE")
        yield
        held.rollback()


def is_at_the_last_step(report: Report) -> bool:
    report.refresh_from_db()
    return report.status == Status.RUNNING and report.progress >= 90


@pytest.mark.usefixtures("committed_db")
def test_worker_killed_in_the_middle_and_the_report_is_finished_after_the_restart_once(site_environment):
    trial = make_finished_trial(people=4, stage=Stage.LOCKED)
    report = services.ask_for_report(trial=trial, kind=Kind.REHEARSAL, actor=None)

    with files_held_up(site_environment), own_worker(site_environment) as first:
        tasks.compute_report.apply_async([report.pk], queue="reports")
        wait_until(lambda: is_at_the_last_step(report), seconds=120, what="the first worker")
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    assert (report.files.count(), services.due_reports()) == (0, [])

    # Two minutes later the claim has lapsed; beat, twice in a row, finds the row.
    Report.objects.filter(pk=report.pk).update(beat_at=clock.now() - timedelta(minutes=3))
    assert services.due_reports() == [report.pk]
    with own_worker(site_environment):
        for _ in range(2):
            tasks.compute_report.apply_async([report.pk], queue="reports")
        wait_until(lambda: is_done(report), seconds=120, what="the second worker")
        wait_until(lambda: queue_is_empty(), seconds=30, what="the queue")

    names = list(report.files.values_list("name", flat=True))
    assert (report.status, report.attempts, len(names), len(set(names))) == (Status.DONE, 2, 8, 8)
    assert AuditEntry.objects.filter(action="report.finished").count() == 1


def is_done(report: Report) -> bool:
    report.refresh_from_db()
    return report.status == Status.DONE


def queue_is_empty() -> bool:
    with app.connection_for_read() as connection:
        return connection.default_channel.client.llen("reports") == 0
