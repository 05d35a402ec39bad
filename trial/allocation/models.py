"""Draws, lists, receipts, and who was allocated to what. `Allocation.arm` is read through `visibility` alone."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trial.allocation import triggers
from trial.enrolment.models import SHA256, Cohort, append_only
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Trial


class Environment(models.TextChoices):
    """A simulated trial allocates in the test environment; nothing of the one serves the other."""

    LIVE = "live", _("live")
    TEST = "test", _("test")


class Draw(models.Model):
    """The draw of a closed cohort: committed to, then drawn, then told. One a cohort.

    `codes` are those who are randomised, in ascending order; `sealed` is the secret from which the draw follows,
    under a key that is not in the database; `commitment` is published before the draw.
    """

    cohort = models.OneToOneField(Cohort, on_delete=models.PROTECT, related_name="draw")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    environment = models.CharField(max_length=4, choices=Environment)
    codes = models.JSONField()
    commitment = models.CharField(max_length=64, unique=True)
    sealed = models.BinaryField()
    committed_at = models.DateTimeField()
    drawn_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["cohort"]
        constraints = [
            models.CheckConstraint(name="draw_environment_known", condition=Q(environment__in=Environment.values)),
            models.CheckConstraint(name="draw_commitment_is_hex", condition=Q(commitment__regex=SHA256)),
            models.CheckConstraint(
                name="draw_told_after_drawn", condition=Q(told_at__isnull=True) | Q(drawn_at__isnull=False)
            ),
        ]
        triggers = [
            triggers.DRAW_OF_CLOSED_COHORT,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="commitment_stays",
                fields=["cohort", "protocol_version", "environment", "codes", "commitment", "sealed", "committed_at"],
            ),
            triggers.DRAW_ONCE,
        ]

    def __str__(self) -> str:
        return f"draw of cohort {self.cohort_id}"


class AllocationList(models.Model):
    """A sealed list for people who come one by one. `root` is published before the first place is used.

    Places are given with the trial's row locked, so in order and without gaps; this row itself never changes.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="allocation_lists")
    number = models.PositiveSmallIntegerField()
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    environment = models.CharField(max_length=4, choices=Environment)
    list_id = models.CharField(max_length=64, unique=True)
    root = models.CharField(max_length=64)
    length = models.PositiveIntegerField()
    sealed_salt = models.BinaryField()
    sealed_at = models.DateTimeField()
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["trial", "number"]
        constraints = [
            models.UniqueConstraint(name="list_number_once", fields=["trial", "number"]),
            models.CheckConstraint(name="list_environment_known", condition=Q(environment__in=Environment.values)),
            models.CheckConstraint(name="list_id_is_hex", condition=Q(list_id__regex=SHA256)),
            models.CheckConstraint(name="list_root_is_hex", condition=Q(root__regex=SHA256)),
            models.CheckConstraint(name="list_has_places", condition=Q(length__gte=1)),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"list {self.number} of trial {self.trial_id}"


class SealedSlot(models.Model):
    """One place of a list: arm and nonce encrypted, of the same length whatever the arm; and its leaf."""

    list = models.ForeignKey(AllocationList, on_delete=models.PROTECT, related_name="slots")
    index = models.PositiveIntegerField()
    leaf = models.CharField(max_length=64)
    sealed = models.BinaryField()

    class Meta:
        ordering = ["list", "index"]
        constraints = [
            models.UniqueConstraint(name="slot_index_once", fields=["list", "index"]),
            models.CheckConstraint(name="slot_counts_from_1", condition=Q(index__gte=1)),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"slot {self.index} of list {self.list_id}"


class Allocation(models.Model):
    """Somebody's arm, for good. From a cohort's draw, or from the place `index` of a list.

    Not under change tracking, which would copy the arm. `told_at` is when the person could read it.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="allocations")
    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="allocation")
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, null=True, related_name="allocations")
    list = models.ForeignKey(AllocationList, on_delete=models.PROTECT, null=True, related_name="allocations")
    index = models.PositiveIntegerField(null=True)
    arm = models.CharField(max_length=40)
    allocated_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["participant"]
        constraints = [
            models.UniqueConstraint(name="allocation_of_a_slot_once", fields=["list", "index"]),
            models.CheckConstraint(
                name="allocation_from_draw_or_list",
                condition=Q(draw__isnull=False, list__isnull=True, index__isnull=True)
                | Q(draw__isnull=True, list__isnull=False, index__isnull=False),
            ),
        ]
        triggers = [
            triggers.ALLOCATION_AFTER_BASELINE,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="allocation_stays",
                fields=["trial", "participant", "draw", "list", "index", "arm", "allocated_at"],
            ),
            pgtrigger.Protect(
                name="told_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__told_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"allocation of {self.participant_id}"


class StoredReceipt(models.Model):
    """One link of a chain of receipts (`receipts.Receipt`), of a list or of a cohort's draw. Free of arms."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="receipts")
    of = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    event = models.CharField(max_length=12)
    at = models.CharField(max_length=27)
    previous = models.CharField(max_length=64)
    participant = models.CharField(max_length=12, blank=True)
    leaf = models.CharField(max_length=64, blank=True)
    sealed = models.TextField(blank=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["of", "number"]
        constraints = [models.UniqueConstraint(name="receipt_number_once", fields=["of", "number"])]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"receipt {self.number} of {self.of[:12]}"


class Unmasking(models.Model):
    """The arms are opened: asked for by one person with a reason, confirmed by another.

    Without a participant it is the whole trial's, after the data are locked; with one it is an emergency, which
    nobody confirms and everybody who leads the trial hears of.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="unmaskings")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, null=True, related_name="unmaskings")
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                name="unmasking_of_a_trial_once", fields=["trial"], condition=Q(participant__isnull=True)
            ),
            models.CheckConstraint(
                name="unmasking_by_two_people",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="unmasking_confirmed_by_somebody",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
            ),
        ]
        triggers = [
            triggers.UNMASKING_IN_ITS_TIME,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="unmasking_stays", fields=["trial", "participant", "reason", "asked_by", "asked_at"]
            ),
            pgtrigger.Protect(
                name="confirmed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__confirmed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"unmasking in trial {self.trial_id}"


class EnteredInError(models.Model):
    """Somebody was randomised who should not have been: flagged by two people, and analysed as randomised."""

    allocation = models.OneToOneField(Allocation, on_delete=models.PROTECT, related_name="entered_in_error")
    reason = models.TextField()
    flagged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    flagged_at = models.DateTimeField()
    seconded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    seconded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "entered in error"
        constraints = [
            models.CheckConstraint(
                name="error_flagged_by_two_people",
                condition=Q(seconded_by__isnull=True) | ~Q(seconded_by=models.F("flagged_by")),
            ),
            models.CheckConstraint(
                name="error_seconded_by_somebody",
                condition=Q(seconded_by__isnull=True, seconded_at__isnull=True)
                | Q(seconded_by__isnull=False, seconded_at__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="flag_stays", fields=["allocation", "reason", "flagged_by", "flagged_at"]),
            pgtrigger.Protect(
                name="seconded_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__seconded_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"allocation {self.allocation_id} entered in error"
