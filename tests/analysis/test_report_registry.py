"""A report is asked for at the right stage, computed by one worker, once; every other door is closed."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse

from analysis import computing, services, tasks
from analysis.models import Doing, Failure, Kind, Report, ReportFile, Status
from questionnaires import clock
from tests.analysis.finished_trial import make_finished_trial
from tests.analysis.stored_report import failed_report, move_to, store_report, waiting_report
from trial.audit.models import AuditEntry
from trial.protocol.models import Stage

MASKED = "The groups are not opened yet, so no report with real groups can be computed. Ask for a rehearsal."
OPENED = "The groups are open, so the rehearsal is over. Ask for the report itself."
NOBODY = "Nobody is randomised yet, so there is nothing to analyse."


@pytest.fixture
def masked(db):
    return make_finished_trial(people=4, stage=Stage.LOCKED)


@pytest.fixture
def opened(db):
    return make_finished_trial(people=6)


def state(report: Report) -> tuple:
    report.refresh_from_db()
    return report.status, report.failure, report.files.count()


# The real report before unmasking: refused at each door, and nothing written.
@pytest.mark.parametrize("stage", [Stage.RECRUITING, Stage.CLOSED, Stage.LOCKED])
@pytest.mark.django_db
def test_service_refuses_real_groups_before_unmasking(stage):
    masked = make_finished_trial(people=4, stage=stage)

    with pytest.raises(services.ReportRefused, match="The groups are not opened yet"):
        services.ask_for_report(trial=masked, kind=Kind.REAL, actor=None)

    refusal = AuditEntry.objects.get(action="report.refused")
    assert (masked.reports.count(), refusal.data) == (0, {"guard": "masked", "step": "ask_for_report"})


def test_page_refuses_real_groups_before_unmasking(trial, pi, as_staff):
    answer = as_staff(pi).post(reverse("analysis:ask_for_report", args=[trial.slug]), {"kind": "real"}, follow=True)

    assert [str(message) for message in answer.context["messages"]] == [MASKED]
    assert trial.reports.count() == 0


def test_command_refuses_real_groups_before_unmasking(masked):
    with pytest.raises(CommandError) as raised:
        call_command("make_report", masked.slug, "--kind", "real")

    assert (str(raised.value), masked.reports.count()) == (MASKED, 0)


@pytest.mark.usefixtures("committed_db")
def test_task_refuses_real_groups_before_unmasking():
    """A row that the database's owner has forged, past the trigger."""
    trial = make_finished_trial(people=4, stage=Stage.LOCKED)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE analysis_report DISABLE TRIGGER USER")
        cursor.execute(
            "INSERT INTO analysis_report (trial_id, number, kind, status, progress, doing, asked_at, attempts, "
            "plan_sha256, data_sha256, code_version, failure, detail) "
            "VALUES (%s, 1, 'real', 'waiting', 0, 'queued', now(), 0, '', '', '', '', '')",
            [trial.pk],
        )
        cursor.execute("ALTER TABLE analysis_report ENABLE TRIGGER USER")

    report = Report.objects.get()
    tasks.compute_report(report.pk)
    assert (report.kind, state(report)) == (Kind.REAL, (Status.FAILED, Failure.MASKED, 0))


def test_database_refuses_real_groups_before_unmasking(masked):
    with pytest.raises(IntegrityError, match="real_once_unmasked"), transaction.atomic():
        waiting_report(masked, kind=Kind.REAL)

    rehearsal = waiting_report(masked)
    with pytest.raises(Exception, match="report_stays"), transaction.atomic():
        Report.objects.filter(pk=rehearsal.pk).update(kind=Kind.REAL)


# Other guards.
def test_rehearsal_is_refused_once_the_groups_are_open(opened):
    with pytest.raises(services.ReportRefused) as raised:
        services.ask_for_report(trial=opened, kind=Kind.REHEARSAL, actor=None)

    assert str(raised.value) == OPENED


def test_rehearsal_that_waited_until_the_groups_were_opened_is_not_computed(masked):
    report = services.ask_for_report(trial=masked, kind=Kind.REHEARSAL, actor=None)
    move_to(masked, Stage.UNMASKED)

    computing.compute_report(report.pk)
    assert state(report) == (Status.FAILED, Failure.OPENED, 0)


def test_report_of_nobody_is_refused(trial):
    with pytest.raises(services.ReportRefused) as raised:
        services.ask_for_report(trial=trial, kind=Kind.REHEARSAL, actor=None)

    assert str(raised.value) == NOBODY


def test_asking_twice_is_asking_once(masked):
    first, second = (services.ask_for_report(trial=masked, kind=Kind.REHEARSAL, actor=None) for _ in range(2))

    assert (first.pk, masked.reports.count()) == (second.pk, 1)
    assert AuditEntry.objects.filter(action="report.asked_for").count() == 1


def test_two_reports_of_a_trial_are_not_under_way_at_once(masked):
    waiting_report(masked)

    with pytest.raises(IntegrityError, match="report_unfinished_once"), transaction.atomic():
        waiting_report(masked)


# The run.
def test_report_is_computed_says_from_what_and_is_the_same_from_the_shell(opened, tmp_path, capsys):
    report = services.ask_for_report(trial=opened, kind=Kind.REAL, actor=None)
    seen: list[int] = []

    with connection.execute_wrapper(partial(watch_progress, seen)):
        assert computing.compute_report(report.pk) is True
    call_command("make_report", opened.slug, "--kind", "real", "--output", str(tmp_path))

    report.refresh_from_db()
    assert (report.status, report.progress, report.doing, report.attempts) == (Status.DONE, 100, Doing.FINISHED, 1)
    assert (report.protocol_version, report.claim is None) == (opened.version_in_force(), False)
    kinds = sorted(report.files.values_list("kind", flat=True))
    assert kinds == ["data", *["document"] * 6, *["figures"] * 6, *["pdf"] * 6, *["tables"] * 3]
    assert (seen[0], seen[-1], seen == sorted(seen), len(seen) > 20) == (0, 100, True, True)

    hashes = [dict(each.files.values_list("name", "sha256")) for each in opened.reports.order_by("number")]
    stored = {file.name: bytes(file.content) for file in report.files.exclude(kind="document")}
    assert hashes == [hashes[0]] * 2
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == stored
    assert capsys.readouterr().out.startswith(f"Report 2 is complete: data {report.data_sha256}")


def watch_progress(seen: list[int], run, sql: str, given, many: bool, context):
    """Note what is written to `progress`."""
    if sql.startswith("UPDATE") and '"progress" = %s' in sql:
        seen.append(given[sql[: sql.index('"progress" = %s')].count("%s")])
    return run(sql, given, many, context)


def test_finished_report_is_not_computed_again(masked):
    report = store_report(masked)

    assert computing.compute_report(report.pk) is False
    assert state(report)[0] == Status.DONE


def running(trial, *, silent_for: timedelta, attempts: int = 1) -> Report:
    report = waiting_report(trial)
    beat = clock.now() - silent_for
    Report.objects.filter(pk=report.pk).update(
        status=Status.RUNNING, claim=uuid.uuid4(), beat_at=beat, started_at=beat, attempts=attempts
    )
    report.refresh_from_db()
    return report


def test_worker_that_gives_signs_of_life_is_left_alone(masked):
    report = running(masked, silent_for=timedelta(seconds=90))

    assert (services.due_reports(), computing.compute_report(report.pk)) == ([], False)
    assert state(report) == (Status.RUNNING, "", 0)


def test_worker_that_was_overtaken_writes_nothing_more(masked):
    report = running(masked, silent_for=timedelta(minutes=3))
    slow = computing.Run(report, report.claim)

    assert services.due_reports() == [report.pk]
    assert computing.compute_report(report.pk) is True
    before = state(report)
    with pytest.raises(computing.Overtaken):
        slow.say(Doing.MODELS, 50)
    with pytest.raises(computing.Overtaken):
        computing._finish(slow, None, [])
    assert (before[0], state(report)) == (Status.DONE, before)


def test_report_that_never_finishes_is_given_up_after_three_attempts(masked):
    report = running(masked, silent_for=timedelta(minutes=3), attempts=3)

    assert computing.compute_report(report.pk) is False
    assert state(report) == (Status.FAILED, Failure.GAVE_UP, 0)
    assert services.due_reports() == []


def test_files_and_finished_reports_stay_as_they_are(masked):
    report = store_report(masked)

    for act in (
        lambda: Report.objects.filter(pk=report.pk).update(data_sha256="0" * 64),
        lambda: ReportFile.objects.filter(report=report).update(content=b""),
        lambda: ReportFile.objects.filter(report=report).delete(),
        lambda: Report.objects.filter(pk=failed_report(masked).pk).delete(),
    ):
        with (
            pytest.raises(Exception, match=r"finished_once|permission denied|never_deleted|Cannot delete"),
            transaction.atomic(),
        ):
            act()


def test_command_says_what_it_would_do_and_does_nothing(opened, capsys):
    call_command("make_report", opened.slug, "--kind", "real", "--dry-run")

    assert (capsys.readouterr().out, opened.reports.count()) == ("It can be computed. Nothing was written.\n", 0)
