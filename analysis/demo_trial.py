"""The demo's content: the model trial in recruitment, one member of staff a role, one participant."""

import time
from dataclasses import dataclass
from functools import cache

from allauth.mfa import app_settings as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from trial.audit.models import AuditEntry
from trial.people.encryption import decrypt, encrypt
from trial.people.models import Participant, Role, User
from trial.people.services import add_member, issue_link, register_participant
from trial.protocol import services as protocols
from trial.protocol.models import Stage, Trial

PASSWORD = "equipoise-demo"  # noqa: S105  the demo answers on this machine only
REASON = "the demo"  # in the audit trail: by this the demo knows its own database
PROTOCOL = settings.BASE_DIR / "trial" / "protocols" / "cct.toml"


@dataclass(frozen=True, slots=True)
class Login:
    """How one role signs in at this moment."""

    role: str
    email: str
    secret: str
    code: str


class NotTheDemosDatabase(Exception):
    """People or trials are in the database that the demo has not made."""


@transaction.atomic
def load() -> Trial:
    """Make what is missing; what is there stays as it is. Raises NotTheDemosDatabase before it changes anything."""
    users, trials = User.objects.count(), Trial.objects.count()
    if (users or trials) and not is_loaded():
        raise NotTheDemosDatabase(
            f"The database holds {users} users and {trials} trials that are not the demo's, "
            "and the demo's people have a known password. Give the demo a database of its own."
        )
    trial = _trial()
    for role in Role:
        _member(trial, role)
    _participant(trial)
    return trial


def is_loaded() -> bool:
    """Whether the demo's trial is here, and made by the demo; what people have added to it since is theirs to add."""
    return AuditEntry.objects.filter(trial__slug=_slug(), action="trial.stage_moved", reason=REASON).exists()


def logins() -> list[Login]:
    """How each role of the demo signs in; nothing in a database that is not the demo's."""
    if not is_loaded():
        return []
    return [
        Login(str(role.label), user.email, secret, code_now(secret))
        for role in Role
        for user in User.objects.filter(email=_email(role))
        for secret in [_second_factor(user)]
    ]


def participant_page() -> str:
    """The path of a fresh personal link of the demo's participant, after `load`."""
    participant = Participant.objects.filter(trial__slug=_slug()).earliest("pk")
    return reverse("enrolment:link", args=[issue_link(participant=participant)])


def code_now(secret: str) -> str:
    """The six digits that an app with this secret shows at this moment."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // mfa.TOTP_PERIOD))


def _email(role: Role) -> str:
    return f"{role.value.replace('_', '-')}@example.org"


@cache
def _slug() -> str:
    return protocols.check(PROTOCOL.read_bytes()).slug


def _trial() -> Trial:
    found = Trial.objects.filter(slug=_slug()).first()
    if found:
        return found
    trial = protocols.create_trial(source=PROTOCOL.read_bytes())
    protocols.put_in_force(version=trial.protocol_versions.get(), actor=None)
    return protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None, reason=REASON)


def _member(trial: Trial, role: Role) -> None:
    name = str(role.label).capitalize()
    membership = add_member(trial=trial, email=_email(role), name=name, role=role, actor=None)
    if not membership.user.has_usable_password():
        membership.user.set_password(PASSWORD)
        membership.user.save(update_fields=["password"])


def _second_factor(user: User) -> str:
    """The secret for an authenticator app, made on the first call."""
    authenticator, _ = Authenticator.objects.get_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt(generate_totp_secret())}}
    )
    return decrypt(authenticator.data["secret"])


def _participant(trial: Trial) -> Participant:
    return trial.participants.first() or register_participant(
        trial=trial, email="participant@example.org", name="A participant", language="en", actor=None
    )
