"""What a person signed, answered before the first questionnaires, and left. Rows are added, hardly ever changed."""

import hashlib
import secrets

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from trial.enrolment import triggers
from trial.enrolment.wording import Wording, wording
from trial.people.encryption import EncryptedTextField
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Trial

SHA256 = r"^[0-9a-f]{64}$"


def append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Consent(models.Model):
    """One signature under one version of one document. Who signed stands apart, in `ConsentSignature`.

    `text_sha256` is that of the wording in `language` (see trial.enrolment.wording); the text itself stands in
    `protocol_version`, which never changes. `statements` are the ids that were ticked.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="consents")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    document = models.CharField(max_length=40)
    version = models.CharField(max_length=200)
    language = models.CharField(max_length=5)
    text_sha256 = models.CharField(max_length=64)
    statements = models.JSONField()
    name_sha256 = models.CharField(max_length=64)
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["given_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="consent_given_once", fields=["participant", "document", "version"]),
            models.CheckConstraint(name="consent_text_sha256_is_hex", condition=Q(text_sha256__regex=SHA256)),
            models.CheckConstraint(name="consent_name_sha256_is_hex", condition=Q(name_sha256__regex=SHA256)),
        ]
        triggers = [append_only(), triggers.CONSENT_TO_OWN_TRIAL]

    def __str__(self) -> str:
        return f"{self.participant.code}: {self.document} {self.version}"

    @property
    def wording(self) -> Wording:
        """The text that was signed, in the language it was read in."""
        protocol = self.protocol_version.protocol
        document = next(each for each in protocol.consent_documents if each.id == self.document)
        return wording(protocol, document, self.language)


class ConsentSignature(models.Model):
    """The name typed under a consent, encrypted. Erasing the row leaves the consent, and nobody's name.

    The consent holds a hash of salt and name, so that a name put in later does not pass for the one signed.
    """

    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="signature")
    name = EncryptedTextField()
    salt = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"signature of {self.consent}"

    @property
    def is_the_signed_one(self) -> bool:
        return name_hash(self.salt, self.name) == self.consent.name_sha256


def name_hash(salt: str, name: str) -> str:
    return hashlib.sha256(f"{salt}\n{name}".encode()).hexdigest()


def new_salt() -> str:
    return secrets.token_hex(32)


class Outcome(models.TextChoices):
    PASSED = "passed", _("may take part")
    FAILED = "failed", _("not eligible")
    WAITING = "waiting", _("waits for a judgement")


class Screening(models.Model):
    """One person's answers to the screening questions, and what follows from them. The current one is not reopened."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="screenings")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    submitted_at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["submitted_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="screening_current_once", fields=["participant"], condition=Q(reopened_at__isnull=True)
            ),
            models.CheckConstraint(name="screening_outcome_known", condition=Q(outcome__in=Outcome.values)),
        ]
        triggers = [
            triggers.SCREENING_AFTER_CONSENT,
            triggers.SCREENING_OF_THE_DRAW,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="answers_stay",
                fields=["participant", "consent", "protocol_version", "answers", "submitted_at"],
            ),
            pgtrigger.Protect(
                name="outcome_settled_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__outcome__df=pgtrigger.F("new__outcome"))
                & ~pgtrigger.Q(old__outcome="waiting"),
            ),
            pgtrigger.Protect(
                name="reopened_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__reopened_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"screening of {self.participant.code}"


class CriterionJudgement(models.Model):
    """Whether one criterion is met, by whom it was judged and at which moment of the protocol.

    The criterion's id is also the id of the reason that is counted when it is not met. No words of anybody.
    """

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="judgements")
    criterion = models.CharField(max_length=40)
    moment = models.CharField(max_length=20)
    judged_by = models.CharField(max_length=24)
    is_met = models.BooleanField()
    judged_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(name="criterion_judged_once", fields=["screening", "criterion"])]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.criterion}: {'met' if self.is_met else 'not met'}"


class SociodemographicAnswers(models.Model):
    """The sheet “About you”. A question left open or not answered on purpose holds null."""

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="sociodemographic")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="+")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()
    submitted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "sociodemographic answers"
        triggers = [append_only(), triggers.SHEET_AFTER_SCREENING]

    def __str__(self) -> str:
        return f"about {self.participant.code}"


class Level(models.TextChoices):
    """From what one withdraws. Leaving the study as a whole is sessions and questionnaires."""

    SESSIONS = "sessions", _("the sessions")
    QUESTIONNAIRES = "questionnaires", _("the questionnaires")
    DATA = "data", _("the use of data not yet analysed")


class Withdrawal(models.Model):
    """A participant has left something. Never shown to masked staff but as “withdrawn”."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="withdrawals")
    level = models.CharField(max_length=14, choices=Level)
    withdrawn_at = models.DateTimeField()

    class Meta:
        ordering = ["withdrawn_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="withdrawn_once", fields=["participant", "level"]),
            models.CheckConstraint(name="withdrawal_level_known", condition=Q(level__in=Level.values)),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.participant.code} left {self.get_level_display()}"


class CohortQuerySet(QuerySet["Cohort"]):
    def open(self) -> "CohortQuerySet":
        """Cohorts that still take people up; a trial has at most one."""
        return self.filter(closed_at__isnull=True)


class Cohort(models.Model):
    """People who start together. Waves hang on its two dates; closing it settles who is randomised.

    The dates are local days of the trial, and the same for every arm.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="cohorts")
    number = models.PositiveSmallIntegerField()
    programme_starts_on = models.DateField()
    programme_ends_on = models.DateField()
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = ["trial", "number"]
        constraints = [
            models.UniqueConstraint(name="cohort_number_once", fields=["trial", "number"]),
            models.UniqueConstraint(name="cohort_open_once", fields=["trial"], condition=Q(closed_at__isnull=True)),
            models.CheckConstraint(
                name="cohort_starts_before_it_ends",
                condition=Q(programme_starts_on__lte=F("programme_ends_on")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="closed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__closed_at__isnull=False)
                & pgtrigger.Q(old__closed_at__df=pgtrigger.F("new__closed_at")),
            ),
        ]

    def __str__(self) -> str:
        return _("Cohort %(number)s") % {"number": self.number}


class CohortPlace(models.Model):
    """Somebody's place in a cohort, taken with the sheet about the person. `randomised_at` says nothing of an arm."""

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="places")
    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="place")
    joined_at = models.DateTimeField()
    randomised_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["cohort", "participant"]
        triggers = [
            triggers.PLACE_AFTER_SHEET,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="place_stays", fields=["cohort", "participant", "joined_at"]),
            pgtrigger.Protect(
                name="randomised_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__randomised_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant.code} in cohort {self.cohort_id}"


def with_progress(participants: QuerySet[Participant]) -> QuerySet[Participant]:
    """Adds, without a further query: has_consented, screening_outcome (or None), has_sheet, has_withdrawn."""
    own = {"participant": OuterRef("pk")}
    current = Screening.objects.filter(**own, reopened_at__isnull=True)
    return participants.annotate(
        has_consented=Exists(Consent.objects.filter(**own)),
        screening_outcome=Subquery(current.values("outcome")[:1]),
        has_sheet=Exists(SociodemographicAnswers.objects.filter(**own)),
        has_withdrawn=Exists(Withdrawal.objects.filter(**own)),
    )
