"""What is done about a crossed threshold: who answers for it, until when, and how it ended. Nothing here knows arms."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from questionnaires.models import Crossing
from trial.people.encryption import EncryptedTextField
from trial.people.models import Participant
from trial.protocol.models import Trial


class Outcome(models.TextChoices):
    """How a case ended."""

    SPOKEN = "spoken", _("spoken with the person")
    WRITTEN = "written", _("written to the person, who did not want to talk")
    REFERRED = "referred", _("passed on to other care")
    NOT_REACHED = "not_reached", _("not reached in spite of several attempts")
    ERROR = "error", _("the answer was a mistake, says the person")


class SafetyCaseQuerySet(models.QuerySet["SafetyCase"]):
    def open(self) -> "SafetyCaseQuerySet":
        return self.filter(closed_at__isnull=True)


class SafetyCase(models.Model):
    """One crossing and what becomes of it. Somebody is to answer by `answer_by`; `owner` is who said they would.

    The note of the end is encrypted: it may say what was talked about.
    """

    crossing = models.OneToOneField(Crossing, on_delete=models.PROTECT, related_name="safety_case")
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="safety_cases")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="safety_cases")
    opened_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    owned_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    note = EncryptedTextField(blank=True)

    objects = SafetyCaseQuerySet.as_manager()

    class Meta:
        ordering = ["answer_by", "pk"]
        constraints = [
            models.CheckConstraint(name="case_answered_after_opening", condition=Q(answer_by__gte=F("opened_at"))),
            models.CheckConstraint(
                name="case_owned_by_somebody",
                condition=Q(owner__isnull=True, owned_at__isnull=True) | Q(owner__isnull=False, owned_at__isnull=False),
            ),
            models.CheckConstraint(
                name="case_closed_by_its_owner_with_an_outcome",
                condition=Q(closed_at__isnull=True, outcome="") | (Q(owner__isnull=False) & ~Q(outcome="")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="case_stays", fields=["crossing", "trial", "participant", "opened_at", "answer_by"]
            ),
            pgtrigger.Protect(
                name="closed_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__closed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"safety case {self.pk} of {self.participant_id}"


class ContactAttempt(models.Model):
    """One attempt to reach somebody, or a thought on a case, in the order in which they were written."""

    case = models.ForeignKey(SafetyCase, on_delete=models.PROTECT, related_name="attempts")
    words = EncryptedTextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"attempt in case {self.case_id}"
