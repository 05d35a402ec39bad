"""A worker's run of one report: claimed, computed, and stored once. It loads the statistics; the pages never do."""

import hashlib
import logging
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from analysis.closed import closed_protocol
from analysis.code_version import code_version, made_with
from analysis.datasets import trial_frames
from analysis.frames import TrialFrames
from analysis.models import MOST_ATTEMPTS, Doing, Failure, Kind, Report, ReportFile, Status
from analysis.plan import Plan, plan_of
from analysis.report.files import MadeFile, Step, report_files
from analysis.stats.errors import StatisticsError
from questionnaires import clock
from trial.allocation.visibility import Labels, labels_for_analysis, labels_for_committee
from trial.audit.services import record
from trial.protocol.models import ProtocolVersion
from trial.protocol.schema import Protocol

LABELS_OF = {Kind.REHEARSAL: "shuffled", Kind.CLOSED: "closed", Kind.REAL: "real"}

logger = logging.getLogger(__name__)


class Overtaken(Exception):
    """Another worker has taken this report over, since this one gave no sign of life."""


class NotComputed(Exception):
    """There can be no report; `failure` says why."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(failure)
        self.failure, self.detail = failure, detail


@dataclass(frozen=True)
class Source:
    """What a report is made from. The protocol and the plan of a closed one know arms by letters alone."""

    version: ProtocolVersion
    protocol: Protocol
    plan: Plan
    frames: TrialFrames


@dataclass(frozen=True)
class Run:
    """One worker's run of one report: it may write as long as its claim stands."""

    report: Report
    claim: uuid.UUID

    def say(self, doing: Doing, progress: int) -> None:
        """Write how far it is, which is also a sign of life."""
        mine = Report.objects.filter(pk=self.report.pk, claim=self.claim, status=Status.RUNNING)
        if not mine.update(doing=doing, progress=progress, beat_at=clock.now()):
            raise Overtaken


def compute_report(report_pk: int) -> bool:
    """Compute one report, if it is ours to compute; returns whether it was finished here.

    The claim lets exactly one worker through, and its files are stored with the row that says done, or not at all.
    What fails for a reason that another attempt may not meet is left to the next one.
    """
    run = _claim(report_pk)
    if run is None:
        return False
    try:
        source = _read(run)
        files = list(report_files(source.protocol, source.frames, source.plan, made_with(), _teller(run)))
        _finish(run, source, files)
    except NotComputed as problem:
        _fail(run, problem.failure, problem.detail)
    except StatisticsError as problem:
        _fail(run, Failure.DATA, str(problem))
    except Overtaken:
        logger.warning("Report %s was taken over by another worker", report_pk)
        return False
    return True


def _claim(report_pk: int) -> Run | None:
    now, claim = clock.now(), uuid.uuid4()
    due = Report.objects.due(now).filter(pk=report_pk)
    if due.filter(attempts__gte=MOST_ATTEMPTS).update(status=Status.FAILED, failure=Failure.GAVE_UP, finished_at=now):
        return None
    begun = due.update(
        status=Status.RUNNING,
        claim=claim,
        attempts=F("attempts") + 1,
        started_at=now,
        beat_at=now,
        doing=Doing.READING,
        progress=0,
    )
    return Run(Report.objects.select_related("trial").get(pk=report_pk), claim) if begun else None


def _read(run: Run) -> Source:
    """The plan and the data of this moment, with the labels that this kind of report may have."""
    trial, moment = run.report.trial, clock.now()
    version = trial.version_in_force()
    if version is None:
        raise NotComputed(Failure.NOBODY)
    labels = _labels(run.report)
    protocol = closed_protocol(version.protocol) if labels.kind == "closed" else version.protocol
    plan = plan_of(protocol)
    frames = trial_frames(trial, version, plan, labels, now=moment)
    if frames.participants.empty:
        raise NotComputed(Failure.NOBODY)
    Report.objects.filter(pk=run.report.pk, claim=run.claim).update(data_read_at=moment)
    run.say(Doing.READING, 5)
    return Source(version, protocol, plan, frames)


def _labels(report: Report) -> Labels:
    """Whatever the row says: what the door gives at this moment must be what this kind of report is made of."""
    read = labels_for_committee if report.kind == Kind.CLOSED else labels_for_analysis
    labels = read(report.trial)
    if labels.kind != LABELS_OF[Kind(report.kind)]:
        raise NotComputed(Failure.OPENED if labels.kind == "real" else Failure.MASKED)
    return labels


def _teller(run: Run) -> Step:
    """Turn the part that is done into percent, and write it when it has moved or something else is being done."""
    said = (Doing.READING, 5)

    def tell(name: str, part: float) -> None:
        nonlocal said
        now = (Doing(name), 5 + int(90 * part))
        if now != said:
            said = now
            run.say(*now)

    return tell


@transaction.atomic
def _finish(run: Run, source: Source, files: list[MadeFile]) -> None:
    """Files and row in one transaction; only the run whose claim still stands comes through."""
    mine = Report.objects.select_for_update(no_key=True).filter(
        pk=run.report.pk, claim=run.claim, status=Status.RUNNING
    )
    report = mine.first()
    if report is None:
        raise Overtaken
    ReportFile.objects.bulk_create(stored(report, file) for file in files)
    mine.update(
        status=Status.DONE,
        doing=Doing.FINISHED,
        progress=100,
        finished_at=clock.now(),
        protocol_version=source.version,
        plan_sha256=source.plan.sha256,
        data_sha256=source.frames.sha256,
        code_version=code_version(),
    )
    _note("report.finished", report)


def stored(report: Report, file: MadeFile) -> ReportFile:
    """The row that keeps a file, with its size and hash; not saved."""
    return ReportFile(
        report=report,
        name=file.name,
        kind=file.kind,
        set_id=file.set_id,
        language=file.language,
        content=file.content,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
    )


@transaction.atomic
def _fail(run: Run, failure: Failure, detail: str) -> None:
    mine = Report.objects.filter(pk=run.report.pk, claim=run.claim, status=Status.RUNNING)
    if mine.update(status=Status.FAILED, failure=failure, detail=detail, finished_at=clock.now()):
        _note("report.failed", run.report)


def _note(action: str, report: Report) -> None:
    """Into the trail. What became of a closed report follows from the real groups, so that stands in its row alone."""
    if report.kind != Kind.CLOSED:
        record(action, trial=report.trial, number=report.number, kind=report.kind)
