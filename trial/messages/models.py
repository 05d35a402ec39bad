"""The outbox: a mail is a row before it is a message, so that a worker killed in between loses nothing."""

import uuid
from datetime import datetime, timedelta

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from trial.people.models import Participant
from trial.protocol.models import Trial


class Kind(models.TextChoices):
    PERSONAL_LINK = "personal_link", _("personal link")
    CONSENT_COPY = "consent_copy", _("copy of the signed consent")
    WITHDRAWAL = "withdrawal", _("confirmation of leaving")
    STAFF_INVITATION = "staff_invitation", _("invitation to the team")
    WAVE_OPEN = "wave_open", _("questionnaires are open")
    WAVE_REMINDER = "wave_reminder", _("reminder of questionnaires")
    WAVE_RECEIPT = "wave_receipt", _("receipt of questionnaires")
    ALLOCATION = "allocation", _("which group")
    SAFETY_CASE = "safety_case", _("a safety case waits")
    SAFETY_ESCALATION = "safety_escalation", _("a safety case is late")
    RECEIPT = "receipt", _("receipt of a draw")
    LIST_RECEIPT = "list_receipt", _("receipt of a list")
    UNMASKING = "unmasking", _("a group was opened")
    TEST = "test", _("test of the mail")


# A claim older than this belongs to a worker that was killed or failed; the mail goes out again under the same
# Message-ID, and after so many attempts it is left for a person to look at.
CLAIM_LASTS = timedelta(minutes=10)
MOST_ATTEMPTS = 12


# Whose words a trial may change, and the words in braces that each of them knows.
PLACEHOLDERS = {
    Kind.WAVE_OPEN: ("study", "wave", "until", "minutes", "link"),
    Kind.WAVE_REMINDER: ("study", "wave", "until", "minutes", "link"),
    Kind.WAVE_RECEIPT: ("study", "wave", "handed_in", "link"),
    Kind.ALLOCATION: ("study", "link"),
}


# What the ledger of the desk shows. A kind that only some arms get must never stand here.
LEDGER_KINDS = (
    Kind.PERSONAL_LINK,
    Kind.CONSENT_COPY,
    Kind.WAVE_OPEN,
    Kind.WAVE_REMINDER,
    Kind.WAVE_RECEIPT,
    Kind.ALLOCATION,
    Kind.WITHDRAWAL,
)


class State(models.TextChoices):
    SENT = "sent", _("sent")
    WAITS = "waits", _("waits")
    DROPPED = "dropped", _("no longer due")
    FAILED = "failed", _("failed")


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self, now: datetime) -> "OutgoingMailQuerySet":
        """What waits, and what a worker claimed that was killed or failed; not what failed too often."""
        waiting = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LASTS)
        may_leave = Q(not_before__isnull=True) | Q(not_before__lte=now)
        return self.unsettled().filter(waiting, may_leave, attempts__lt=MOST_ATTEMPTS)

    def unsettled(self) -> "OutgoingMailQuerySet":
        return self.filter(sent_at__isnull=True, dropped_at__isnull=True)

    def failed(self) -> "OutgoingMailQuerySet":
        """What failed so often that it waits for a person to look at it."""
        return self.unsettled().filter(attempts__gte=MOST_ATTEMPTS)

    def ledger(self, trial: Trial) -> "OutgoingMailQuerySet":
        """The mails to the participants of a trial with their `state`, the newest first; the same in every arm.

        Of who has left something only what was settled before, and the confirmation: what came of the others would
        tell from what they left.
        """
        settled = Case(
            When(sent_at__isnull=False, then=Value(State.SENT)),
            When(dropped_at__isnull=False, then=Value(State.DROPPED)),
            When(attempts__gte=MOST_ATTEMPTS, then=Value(State.FAILED)),
            default=Value(State.WAITS),
            output_field=models.CharField(),
        )
        of_person = Participant.objects.filter(pk=OuterRef("participant"))
        left = of_person.annotate(first=Min("withdrawals__withdrawn_at")).values("first")
        shown = self.filter(trial=trial, participant__isnull=False, kind__in=LEDGER_KINDS).annotate(
            state=settled,
            settled_at=Coalesce("sent_at", "dropped_at"),
            left_at=Subquery(left),
        )
        still = Q(left_at__isnull=True) | Q(kind=Kind.WITHDRAWAL) | Q(settled_at__lt=F("left_at"))
        return shown.filter(still).select_related("participant").order_by("-pk")


class OutgoingMail(models.Model):
    """One mail to one person. It holds no address and no text: both are looked up when it goes out.

    Of a wave (`wave` is its id in the protocol), each kind and number goes to a person once, whatever happens.
    """

    kind = models.CharField(max_length=20, choices=Kind)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, null=True, related_name="mails")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="mails")
    trial = models.ForeignKey("trial.Trial", on_delete=models.PROTECT, related_name="mails")
    consent = models.ForeignKey("trial.Consent", on_delete=models.PROTECT, null=True, related_name="mails")
    wave = models.CharField(max_length=60, blank=True)
    number = models.PositiveSmallIntegerField(default=0)
    message_id = models.UUIDField(default=uuid.uuid4, unique=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)  # no longer due when it was to be sent

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="mail_kind_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="mail_to_one_person",
                condition=Q(participant__isnull=False, user__isnull=True)
                | Q(participant__isnull=True, user__isnull=False),
            ),
            # Asked for twice before it went out, a mail is one mail.
            models.UniqueConstraint(
                name="mail_waits_once",
                fields=["kind", "trial", "participant", "user", "consent", "wave", "number"],
                condition=Q(claimed_at__isnull=True, sent_at__isnull=True, dropped_at__isnull=True),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                name="mail_of_a_wave_once", fields=["participant", "wave", "kind", "number"], condition=~Q(wave="")
            ),
            models.CheckConstraint(
                name="mail_sent_or_dropped", condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True)
            ),
            models.CheckConstraint(
                name="mail_copies_a_consent",
                condition=Q(kind="consent_copy", consent__isnull=False) | ~Q(kind="consent_copy"),
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.message_id}"

    @property
    def message_id_header(self) -> str:
        """Under which it leaves, however often it has to."""
        return f"<{self.message_id}@{settings.SITE_HOST}>"


class MailText(models.Model):
    """One version of a trial's own words for one kind of mail, with placeholders in braces.

    The newest holds. One without words says that the words of the house hold again.
    """

    trial = models.ForeignKey("trial.Trial", on_delete=models.PROTECT, related_name="mail_texts")
    kind = models.CharField(max_length=20, choices=Kind)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    number = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=150, blank=True)
    body = models.TextField(max_length=4000, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["trial", "kind", "language", "-number"]
        constraints = [
            models.UniqueConstraint(name="mail_text_number_once", fields=["trial", "kind", "language", "number"]),
            models.CheckConstraint(name="mail_text_of_a_wave_or_the_draw", condition=Q(kind__in=list(PLACEHOLDERS))),
            models.CheckConstraint(
                name="mail_text_has_both_or_neither",
                condition=Q(subject="", body="") | (~Q(subject="") & ~Q(body="")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language}) {self.number}"


class MailHour(models.Model):
    """The full hour, local to the trial, at which somebody likes to get our mails."""

    participant = models.OneToOneField(
        Participant, on_delete=models.PROTECT, primary_key=True, related_name="mail_hour"
    )
    hour = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="mail_hour_of_the_day", condition=Q(hour__lte=23))]

    def __str__(self) -> str:
        return f"{self.participant.code} at {self.hour}"
