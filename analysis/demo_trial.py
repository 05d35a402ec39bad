"""The demo's content: the model trial in recruitment, a finished twin of it, and one member of staff a role.

Both trials are simulated (analysis.twin), and every page of them says so.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from allauth.mfa import app_settings as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from analysis import services as reports
from analysis import twin
from analysis.models import Kind
from questionnaires import clock
from questionnaires.models import Sitting
from trial.audit.models import AuditEntry
from trial.people.encryption import decrypt, encrypt
from trial.people.models import Participant, Role, User
from trial.people.services import issue_link
from trial.protocol import services as protocols
from trial.protocol.models import Trial

PASSWORD = "equipoise-demo"  # noqa: S105  the demo answers on this machine only
PROTOCOL = settings.BASE_DIR / "trial" / "protocols" / "cct.toml"
WEEKS_SINCE_START = 40


@dataclass(frozen=True, slots=True)
class Login:
    """How one role signs in at this moment."""

    role: str
    email: str
    secret: str
    code: str


class NotTheDemosDatabase(Exception):
    """People or trials are in the database that the demo has not made."""


def load() -> None:
    """Make what is missing; what is there stays as it is. Raises NotTheDemosDatabase before it changes anything."""
    users, trials = User.objects.count(), Trial.objects.count()
    if (users or trials) and not is_loaded():
        raise NotTheDemosDatabase(
            f"The database holds {users} users and {trials} trials that are not the demo's, "
            "and the demo's people have a known password. Give the demo a database of its own."
        )
    _make(_slug(), _recruiting_trial)
    _make(_twins_slug(), _finished_trial)


def is_loaded() -> bool:
    """Whether the demo's trial is here, and made by the demo; what people have added to it since is theirs to add."""
    return AuditEntry.objects.filter(
        trial__slug=_slug(), action="trial.stage_moved", reason=twin.REASON, trial__is_simulated=True
    ).exists()


def _make(slug: str, build: Callable[[dict[Role, User]], Trial]) -> None:
    """Build a trial whole or not at all. Receipts of an attempt that was killed go first."""
    if Trial.objects.filter(slug=slug).exists():
        return
    shutil.rmtree(Path(settings.RECEIPTS_FOLDER) / slug, ignore_errors=True)
    with transaction.atomic():
        build({role: _member(role) for role in Role})


def _recruiting_trial(team: dict[Role, User]) -> Trial:
    return twin.recruiting_trial(PROTOCOL.read_bytes(), today=_today(), team=team)


def _finished_trial(team: dict[Role, User]) -> Trial:
    """The twin, with its report asked for: a worker computes it as soon as the site runs."""
    source = PROTOCOL.read_text(encoding="utf-8")
    for own, twins in (
        (f'slug = "{_slug()}"', f'slug = "{_twins_slug()}"'),
        ('short_name.en = "Compassion study"', 'short_name.en = "Compassion study, finished"'),
        ('short_name.es = "Estudio sobre la compasión"', 'short_name.es = "Estudio sobre la compasión, terminado"'),
    ):
        source = source.replace(own, twins, 1)
    starts_on = _today() - timedelta(weeks=WEEKS_SINCE_START)
    trial = twin.finished_trial(source.encode(), starts_on=starts_on, team=team)
    reports.ask_for_report(trial=trial, kind=Kind.REAL, actor=team[Role.PI])
    return trial


def _today() -> date:
    return clock.today(ZoneInfo(protocols.check(PROTOCOL.read_bytes()).time_zone))


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
    """The path of a fresh personal link of somebody whose questionnaires are open and not begun, after `load`."""
    begun = Sitting.objects.filter(respondent=OuterRef("respondent_key"))
    waiting = Participant.objects.filter(~Exists(begun), trial__slug=_slug(), place__isnull=False)
    return reverse("enrolment:link", args=[issue_link(participant=waiting.latest("pk"))])


def code_now(secret: str) -> str:
    """The six digits that an app with this secret shows at this moment."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // mfa.TOTP_PERIOD))


def _email(role: Role) -> str:
    return f"{role.value.replace('_', '-')}@example.org"


@cache
def _slug() -> str:
    return protocols.check(PROTOCOL.read_bytes()).slug


def _twins_slug() -> str:
    return f"{_slug()}-finished"


def _member(role: Role) -> User:
    user, _created = User.objects.get_or_create(
        email=_email(role), defaults={"name": str(role.label).capitalize(), "password": make_password(PASSWORD)}
    )
    return user


def _second_factor(user: User) -> str:
    """The secret for an authenticator app, made on the first call."""
    authenticator, _ = Authenticator.objects.get_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt(generate_totp_secret())}}
    )
    return decrypt(authenticator.data["secret"])
