"""A finished report in the registry, without a worker: the published data under the name of any trial."""

import json
from dataclasses import replace
from functools import cache

from django.conf import settings
from django.utils import translation

from analysis.closed import closed_protocol
from analysis.computing import LABELS_OF, stored
from analysis.frames import TrialFrames
from analysis.models import Doing, Failure, Kind, Report, ReportFile, Status
from analysis.plan import plan_of
from analysis.report.files import MadeFile
from analysis.report.writing import write_document
from analysis.results import set_results
from questionnaires import clock
from tests import factories
from tests.analysis.cct_frames import cct_frames, cct_plan, cct_protocol
from trial.allocation import services as allocation
from trial.people.models import Role
from trial.protocol import services as protocols
from trial.protocol.models import Stage, Trial

# A few of each priority: axe looks at every cell of every table.
SOME = ("compassion_for_others", "stress", "exhaustion", "emotion_dysregulation_total")


@cache
def documents(kind: Kind) -> tuple[MadeFile, ...]:
    """The primary set in both languages; the other files are stand-ins."""
    protocol = closed_protocol(cct_protocol()) if kind == Kind.CLOSED else cct_protocol()
    frames = under_letters(cct_frames()) if kind == Kind.CLOSED else cct_frames()
    frames = replace(frames, labels=LABELS_OF[kind])
    plan = replace(plan_of(protocol), outcomes=tuple(cct_plan().outcome(id) for id in SOME))
    results = set_results(frames, plan, "as_published")
    found = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            document = write_document(protocol, plan, frames, results, "Equipoise 0123456789abcdef")
        content = json.dumps(document.as_json()).encode()
        name = f"document-as_published-{language}.json"
        found.append(MadeFile(name, "document", "as_published", language, content))
        found.append(MadeFile(f"report-as_published-{language}.pdf", "pdf", "as_published", language, b"%PDF-"))
    source = ("closed-plan.zip", "plan") if kind == Kind.CLOSED else ("data.zip", "data")
    return (*found, MadeFile(*source, "", "", b"PK"))


def under_letters(frames: TrialFrames) -> TrialFrames:
    """The same people, X for the course and Y for those who wait."""
    letters = {"cct": "X", "waitlist": "Y"}
    scores = frames.scores.assign(arm=frames.scores["arm"].map(letters))
    participants = frames.participants.assign(arm=frames.participants["arm"].map(letters))
    return replace(frames, scores=scores, participants=participants)


def store_report(trial: Trial, *, kind: Kind = Kind.REHEARSAL) -> Report:
    """A complete report. One with real groups needs an unmasked trial, as everywhere, and a closed one a committee."""
    report = waiting_report(trial, kind=kind)
    ReportFile.objects.bulk_create(stored(report, file) for file in documents(kind))
    Report.objects.filter(pk=report.pk).update(
        status=Status.DONE,
        doing=Doing.FINISHED,
        progress=100,
        finished_at=clock.now(),
        protocol_version=trial.latest_version(),
        plan_sha256=cct_plan().sha256,
        data_sha256=cct_frames().sha256,
        data_read_at=clock.now(),
    )
    report.refresh_from_db()
    return report


def failed_report(trial: Trial) -> Report:
    report = waiting_report(trial)
    Report.objects.filter(pk=report.pk).update(status=Status.FAILED, failure=Failure.NOBODY, finished_at=clock.now())
    return report


def waiting_report(trial: Trial, *, kind: Kind = Kind.REHEARSAL) -> Report:
    number = trial.reports.like(kind).count() + 1
    committee = trial.memberships.current().filter(role=Role.COMMITTEE).first() if kind == Kind.CLOSED else None
    asked_by = committee.user if committee else None
    return Report.objects.create(trial=trial, number=number, kind=kind, asked_by=asked_by, asked_at=clock.now())


def move_to(trial: Trial, stage: Stage) -> Trial:
    """The trial on, as far as `stage`."""
    if stage == Stage.CLOSED:
        return protocols.move_to(trial=trial, stage=stage, actor=None)
    if stage not in (Stage.LOCKED, Stage.UNMASKED):
        return trial
    if trial.stage != Stage.LOCKED:
        trial = factories.lock(trial)
    if stage == Stage.UNMASKED:
        pi, monitor = (factories.make_member(trial, role) for role in (Role.PI, Role.MONITOR))
        allocation.ask_unmasking(trial=trial, actor=pi, reason="the analysis is due")
        allocation.confirm_unmasking(trial=trial, actor=monitor)
    return Trial.objects.get(pk=trial.pk)
