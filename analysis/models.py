"""The registry of reports: who asked when for what, what it was made from, how far it is, and its files."""

from datetime import datetime, timedelta

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analysis.triggers import CLOSED_FOR_COMMITTEE, REAL_ONCE_UNMASKED
from trial.enrolment.models import SHA256, append_only
from trial.protocol.models import ProtocolVersion, Trial


class Kind(models.TextChoices):
    """Before the trial is unmasked: with shuffled labels, or, for the committee alone, with the real groups under
    letters. After: with the real groups by name."""

    REHEARSAL = "rehearsal", _("rehearsal: shuffled labels")
    CLOSED = "closed", _("closed: groups under letters")
    REAL = "real", _("real groups")


class Status(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Complete")
    FAILED = "failed", _("Failed")


class Doing(models.TextChoices):
    """The words beside the progress bar."""

    QUEUED = "queued", _("It waits for a free worker.")
    READING = "reading", _("The answers are read and scored.")
    MODELS = "models", _("The models are fitted.")
    FILES = "files", _("Tables, figures and PDF are written.")
    FINISHED = "finished", _("It is complete.")


class Failure(models.TextChoices):
    """Why there is no report. What the data lack stands in `detail`."""

    OPENED = "opened", _("The groups were opened while it waited. The report itself can be computed now.")
    MASKED = "masked", _("The groups are not opened yet, so nothing can be computed with real labels.")
    NOBODY = "nobody", _("Nobody is randomised yet, so there is nothing to analyse.")
    DATA = "data", _("The data do not allow it.")
    GAVE_UP = "gave_up", _("It was begun several times and never finished. Tell the operator, who finds the log.")


# A claim without a sign of life for so long belongs to a worker that was killed; another one begins again.
CLAIM_LASTS = timedelta(minutes=2)
MOST_ATTEMPTS = 3
UNFINISHED = (Status.WAITING, Status.RUNNING)
# Closed reports have numbers of their own and do not keep others waiting: nobody else learns that there are any.
_IS_CLOSED = Q(kind="closed")
_IS_UNFINISHED = Q(status__in=["waiting", "running"])


class ReportQuerySet(models.QuerySet["Report"]):
    def unfinished(self) -> "ReportQuerySet":
        return self.filter(status__in=UNFINISHED)

    def like(self, kind: str) -> "ReportQuerySet":
        """Those that are counted together with reports of this kind."""
        return self.filter(_IS_CLOSED) if kind == Kind.CLOSED else self.exclude(_IS_CLOSED)

    def existing_for(self, *, closed: bool, others: bool) -> "ReportQuerySet":
        """What exists for somebody who may read closed reports, the others, both or neither."""
        if closed and others:
            return self.all()
        return self.like(Kind.CLOSED) if closed else self.like(Kind.REAL) if others else self.none()

    def named(self, name: str) -> "ReportQuerySet":
        """The one whose `name` this is."""
        kind, _dash, number = name.rpartition("-")
        return self.like(kind).filter(number=int(number))

    def due(self, now: datetime) -> "ReportQuerySet":
        """What waits, and what a worker began that gave no sign of life since."""
        silent = Q(status=Status.RUNNING, beat_at__lt=now - CLAIM_LASTS)
        return self.filter(Q(status=Status.WAITING) | silent)


class Report(models.Model):
    """One report. Its run (times, user, number) stands here and nowhere in its files.

    `claim` names the worker's run that may write; `beat_at` is its last sign of life. `data_read_at` is the moment
    whose data it shows.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=Kind)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    doing = models.CharField(max_length=8, choices=Doing, default=Doing.QUEUED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, null=True, related_name="+")
    plan_sha256 = models.CharField(max_length=64, blank=True)
    data_sha256 = models.CharField(max_length=64, blank=True)
    data_read_at = models.DateTimeField(null=True)
    code_version = models.CharField(max_length=16, blank=True)
    failure = models.CharField(max_length=7, choices=Failure, blank=True)
    detail = models.TextField(blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["trial", "-number"]
        constraints = [
            models.UniqueConstraint(name="report_number_once", fields=["trial", "number"], condition=~_IS_CLOSED),
            models.UniqueConstraint(name="closed_report_number_once", fields=["trial", "number"], condition=_IS_CLOSED),
            models.UniqueConstraint(
                name="report_unfinished_once", fields=["trial"], condition=_IS_UNFINISHED & ~_IS_CLOSED
            ),
            models.UniqueConstraint(
                name="closed_report_unfinished_once", fields=["trial"], condition=_IS_UNFINISHED & _IS_CLOSED
            ),
            models.CheckConstraint(name="report_kind_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="report_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="report_progress_in_percent", condition=Q(progress__lte=100)),
            models.CheckConstraint(
                name="report_done_says_from_what",
                condition=~Q(status="done")
                | Q(plan_sha256__regex=SHA256, data_sha256__regex=SHA256, protocol_version__isnull=False),
            ),
            models.CheckConstraint(
                name="report_failed_says_why", condition=Q(status="failed") & ~Q(failure="") | ~Q(status="failed")
            ),
        ]
        triggers = [
            REAL_ONCE_UNMASKED,
            CLOSED_FOR_COMMITTEE,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="report_stays", fields=["trial", "number", "kind", "asked_by", "asked_at"]),
            pgtrigger.Protect(
                name="finished_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__in=["done", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.name} of trial {self.trial_id}"

    @property
    def name(self) -> str:
        """Which it is, in addresses: "3" or "closed-3"."""
        return f"closed-{self.number}" if self.is_closed else f"{self.number}"

    @property
    def heading(self) -> str:
        words = gettext("Closed report %(number)s") if self.is_closed else gettext("Report %(number)s")
        return words % {"number": self.number}

    @property
    def is_done(self) -> bool:
        return self.status == Status.DONE

    @property
    def is_under_way(self) -> bool:
        return self.status in UNFINISHED

    @property
    def is_closed(self) -> bool:
        return self.kind == Kind.CLOSED


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    def to_download(self) -> "ReportFileQuerySet":
        """Without their content, and without the documents that the page shows."""
        return self.exclude(kind="document").defer("content")


class ReportFile(models.Model):
    """One file of a report, in the database: in its backup, and for its trial's members alone."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=8)
    set_id = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=5, blank=True)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        ordering = ["report", "pk"]
        constraints = [
            models.UniqueConstraint(name="report_file_name_once", fields=["report", "name"]),
            models.CheckConstraint(name="report_file_sha256_is_hex", condition=Q(sha256__regex=SHA256)),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return self.name
