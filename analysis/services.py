"""Reports: asked for by a person, one at a time. A worker computes them (`analysis/computing.py`)."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from analysis.models import Kind, Report
from questionnaires import clock
from trial.audit.services import Refused, record, recording_refusals
from trial.celery import app as celery
from trial.enrolment.models import CohortPlace
from trial.people.models import COMMITTEE_ALONE, User
from trial.protocol.models import Stage, Trial

COMPUTE = "analysis.tasks.compute_report"


class ReportRefused(Refused):
    """A guard of the reports held."""


@recording_refusals("report")
def ask_for_report(*, trial: Trial, kind: Kind, actor: User | None) -> Report:
    """Put a report in the queue. Asked again before it is finished, it is the same one."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    must_be_entitled(kind, trial, actor)
    must_fit_stage(kind, trial)
    waiting = trial.reports.unfinished().filter(kind=kind).first()
    if waiting:
        return waiting
    must_be_free(kind, trial)
    must_have_people(trial)
    last = trial.reports.like(kind).aggregate(last=Max("number"))["last"] or 0
    report = Report.objects.create(trial=trial, number=last + 1, kind=kind, asked_by=actor, asked_at=clock.now())
    record("report.asked_for", trial=trial, actor=actor, number=report.number, kind=report.kind)
    return report


def compute_soon(report: Report) -> None:
    """Wake a worker after this commit. With the queue away it only logs: the next minute's run finds the row.

    The task is called by its name: importing it would load the statistics into every web process.
    """
    transaction.on_commit(lambda: celery.send_task(COMPUTE, [report.pk]), robust=True)


def must_be_entitled(kind: Kind, trial: Trial, actor: User | None) -> None:
    """A closed report is for the committee alone, and the program itself does not ask for one either."""
    if kind == Kind.CLOSED and (actor is None or actor.roles_in(trial) != COMMITTEE_ALONE):
        raise ReportRefused(
            "committee",
            _("Only the data monitoring committee, and nobody who works in the trial besides, has closed reports."),
        )


def must_fit_stage(kind: Kind, trial: Trial) -> None:
    is_open = trial.stage == Stage.UNMASKED
    if kind == Kind.REAL and not is_open:
        raise ReportRefused(
            "masked",
            _("The groups are not opened yet, so no report with real groups can be computed. Ask for a rehearsal."),
        )
    if kind == Kind.REHEARSAL and is_open:
        raise ReportRefused("opened", _("The groups are open, so the rehearsal is over. Ask for the report itself."))
    if kind == Kind.CLOSED and is_open:
        raise ReportRefused("opened", _("The groups are open, so there are no closed reports any more."))


def must_be_free(kind: Kind, trial: Trial) -> None:
    if trial.reports.like(kind).unfinished().exists():
        raise ReportRefused(
            "busy", _("Another report of this trial is still under way. Ask again when it is finished.")
        )


def must_have_people(trial: Trial) -> None:
    if not trial.version_in_force():
        raise ReportRefused("protocol", _("No protocol is in force yet, so there is no plan of the analysis."))
    if not CohortPlace.objects.filter(participant__trial=trial, randomised_at__isnull=False).exists():
        raise ReportRefused("nobody", _("Nobody is randomised yet, so there is nothing to analyse."))


def due_reports() -> list[int]:
    """What waits, and what a killed worker left."""
    return list(Report.objects.due(clock.now()).order_by("pk").values_list("pk", flat=True))
