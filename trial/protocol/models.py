"""A trial and the versions of its protocol."""

from functools import lru_cache
from zoneinfo import ZoneInfo

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trial.protocol import triggers
from trial.protocol.kinds import Text
from trial.protocol.reading import read_stored
from trial.protocol.schema import Protocol


class Stage(models.TextChoices):
    """Where a trial stands. It only moves forward."""

    DRAFT = "draft", _("Draft")
    RECRUITING = "recruiting", _("Recruiting")
    CLOSED = "closed", _("Closed")
    LOCKED = "locked", _("Data locked")
    UNMASKED = "unmasked", _("Unmasked")


class TrialQuerySet(models.QuerySet["Trial"]):
    def public(self) -> "TrialQuerySet":
        """Trials that have a page for everybody."""
        return self.exclude(stage=Stage.DRAFT)


@pghistory.track()
class Trial(models.Model):
    """One study. What it is about stands in its protocol; here is only how it is addressed and where it stands.

    `names` repeats the protocol's short name: pairs of language and text, the trial's own language first.
    """

    slug = models.SlugField(max_length=40, unique=True)
    names = models.JSONField()
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.DRAFT)
    is_simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [models.CheckConstraint(name="trial_stage_known", condition=Q(stage__in=Stage.values))]
        triggers = [
            triggers.STAGE_HAS_DOORS,
            pgtrigger.ReadOnly(name="identity_stays", fields=["slug", "is_simulated"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The short name in the language of the page, else in the trial's own."""
        return Text(tuple(self.names)).in_language(get_language() or "en")

    def _in_force(self) -> "models.QuerySet[ProtocolVersion]":
        return self.protocol_versions.filter(in_force_from__isnull=False).order_by("-number")

    def version_in_force(self) -> "ProtocolVersion | None":
        return self._in_force().first()

    def draft(self) -> "ProtocolVersion | None":
        return self.protocol_versions.filter(in_force_from__isnull=True).first()

    def latest_version(self) -> "ProtocolVersion | None":
        """The version in force, or the draft of a trial that has none in force yet."""
        return self.version_in_force() or self.draft()

    def protocol_on_pages(self) -> Protocol | None:
        """The protocol of that version. Its text, which is long, is read where this process has not read it yet."""
        found = self._in_force().values_list("pk", "sha256").first()
        if found:
            return stored(*found)
        draft = self.draft()
        return draft.protocol if draft else None


@lru_cache(maxsize=64)
def parsed(source: str) -> Protocol:
    """Reading takes milliseconds and every page needs it; a source never changes, so it is read once a process."""
    return read_stored(source.encode())


@lru_cache(maxsize=64)
def stored(pk: int, sha256: str) -> Protocol:
    """What is in force never changes; the hash says so as well."""
    return parsed(ProtocolVersion.objects.values_list("source", flat=True).get(pk=pk, sha256=sha256))


class ProtocolVersionQuerySet(models.QuerySet["ProtocolVersion"]):
    def in_force_of(self, trials: models.QuerySet[Trial]) -> "ProtocolVersionQuerySet":
        """The version in force of each of these trials, with the trial (one query for all)."""
        in_force = self.filter(trial__in=trials, in_force_from__isnull=False).select_related("trial")
        return in_force.order_by("trial__slug", "-number").distinct("trial__slug")


class ProtocolVersion(models.Model):
    """One text of the protocol. It is a draft until it has a date from which it holds; then it never changes."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="protocol_versions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    in_force_from = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = ProtocolVersionQuerySet.as_manager()

    class Meta:
        ordering = ["trial", "number"]
        constraints = [
            models.UniqueConstraint(name="protocol_number_once", fields=["trial", "number"]),
            models.UniqueConstraint(
                name="protocol_one_draft", fields=["trial"], condition=Q(in_force_from__isnull=True)
            ),
            models.CheckConstraint(name="protocol_sha256_is_hex", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="protocol_in_force_after_creation",
                condition=Q(in_force_from__isnull=True) | Q(in_force_from__gte=F("created_at")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="in_force_stays_as_it_is",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__in_force_from__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.trial.slug} {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.in_force_from is None

    @property
    def protocol(self) -> Protocol:
        return parsed(self.source)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.protocol.time_zone)
