"""Who there is: staff with a role per trial, and participants, whose contact details stand apart from their code."""

import hashlib
import uuid
from datetime import datetime, timedelta

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from trial.people.encryption import EncryptedTextField, blind_indexes
from trial.protocol.models import Trial


class Role(models.TextChoices):
    """What a member of staff does in one trial. What each may see is in trial.people.permissions."""

    PI = "pi", _("principal investigator")
    RECRUITER = "recruiter", _("recruiting coordinator")
    PROGRAMME = "programme", _("programme coordinator")
    INSTRUCTOR = "instructor", _("instructor")
    STATISTICIAN = "statistician", _("statistician")
    DATA_MANAGER = "data_manager", _("data manager")
    CLINICIAN = "clinician", _("safety clinician")
    MONITOR = "monitor", _("monitor")
    COMMITTEE = "committee", _("data monitoring committee")


# Who can be the second person of an unmasking, beside the principal investigator who asks for it.
SECOND_PERSON = frozenset({Role.STATISTICIAN, Role.MONITOR, Role.COMMITTEE})
# Whose roles in a trial are exactly these may have its closed reports: nobody who works in the trial besides.
COMMITTEE_ALONE = frozenset({Role.COMMITTEE})


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """A member of staff. Participants are not users: they come by personal link."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    def roles_in(self, trial: Trial) -> set[Role]:
        """The roles held in `trial` at this moment (one query)."""
        held = self.memberships.current().filter(trial=trial).values_list("role", flat=True)
        return {Role(role) for role in held}


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> "MembershipQuerySet":
        return self.filter(ended_at__isnull=True)


@pghistory.track()
class Membership(models.Model):
    """One role of one person in one trial. It is ended, never deleted: who could see what must stay known."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["trial", "role", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="membership_held_once", fields=["trial", "user", "role"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(name="membership_role_known", condition=Q(role__in=Role.values)),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}"


@pghistory.track()
class Participant(models.Model):
    """A person in a trial, known by a code. Nothing here names anybody.

    `respondent_key` is who they are in `questionnaires`, which knows nothing else of them.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="participants")
    code = models.CharField(max_length=12)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    respondent_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["trial", "pk"]  # codes are given in order, and as text P-1000 would stand before P-101
        constraints = [models.UniqueConstraint(name="participant_code_once", fields=["trial", "code"])]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="identity_stays", fields=["trial", "code", "respondent_key"]),
        ]

    def __str__(self) -> str:
        return self.code


class ContactQuerySet(models.QuerySet["ContactDetails"]):
    def with_email(self, email: str) -> "ContactQuerySet":
        """Whoever gave this address, found by its keyed hash."""
        return self.filter(email_index__in=blind_indexes(email))


class ContactDetails(models.Model):
    """How to reach a participant, encrypted. Erasing the row leaves the research data pseudonymous.

    Not under change tracking: an erased address must not survive in a history.
    """

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="contact")
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="+")
    name = EncryptedTextField(blank=True)
    email = EncryptedTextField()
    phone = EncryptedTextField(blank=True)
    email_index = models.CharField(max_length=64)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "contact details"
        constraints = [models.UniqueConstraint(name="contact_email_once", fields=["trial", "email_index"])]

    def __str__(self) -> str:
        return f"contact details of {self.participant.code}"


def token_hash(token: str) -> str:
    """Tokens are random 256-bit values, so a plain hash is enough to keep a stolen database from opening doors."""
    return hashlib.sha256(token.encode()).hexdigest()


class PersonalLinkQuerySet(models.QuerySet["PersonalLink"]):
    def usable(self, now: datetime) -> "PersonalLinkQuerySet":
        return self.filter(revoked_at__isnull=True, expires_at__gt=now)


class PersonalLink(models.Model):
    """The address that opens a participant's pages. Only its hash is kept."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = PersonalLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="link_expires_after_creation", condition=Q(expires_at__gt=F("created_at")))
        ]

    def __str__(self) -> str:
        return f"link of {self.participant.code}"

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now


LONGEST_SESSION = timedelta(days=1)
Moment = datetime | Combinable  # a time, or the database's own


class ParticipantSessionQuerySet(models.QuerySet["ParticipantSession"]):
    def alive(self, now: Moment, idle_since: Moment) -> "ParticipantSessionQuerySet":
        """Sessions that still open pages: not ended, used since `idle_since`, no older than a day, link not revoked."""
        recent = self.filter(ended_at__isnull=True, last_seen_at__gte=idle_since, created_at__gt=now - LONGEST_SESSION)
        return recent.filter(link__revoked_at__isnull=True)


class ParticipantSession(models.Model):
    """A participant's device while it is in use. Apart from the sessions of staff, so neither can become the other."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="sessions")
    link = models.ForeignKey(PersonalLink, on_delete=models.PROTECT, related_name="sessions")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipantSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"session of {self.participant.code}"
