"""Staff join and leave trials; participants are registered and come in by personal link."""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import record
from trial.people.encryption import blind_index
from trial.people.models import (
    ContactDetails,
    Membership,
    Participant,
    ParticipantSession,
    PersonalLink,
    Role,
    User,
    token_hash,
)
from trial.protocol.models import Stage, Trial

OLD_LINK_LASTS = timedelta(days=7)  # once a newer one is made, so that none lies about in a mailbox for a year
LINK_DAYS = 365  # as long as the longest trial a person is followed without asking for a new link


class PeopleError(Exception):
    """A rule of this room was about to be broken; the message is for the person who tried."""


@transaction.atomic
def add_member(*, trial: Trial, email: str, name: str, role: Role, actor: User | None) -> Membership:
    """Give a person a role in `trial`, and an account if they have none yet. Twice is the same as once.

    Nobody gives a role to themselves: another role may see what one's own must not.
    """
    if actor is not None and actor.email == email.strip().lower():
        raise PeopleError(_("You cannot give a role to yourself. Another principal investigator can."))
    user, _created = User.objects.get_or_create(
        email=email.strip().lower(), defaults={"name": name, "password": make_password(None)}
    )
    membership, created = Membership.objects.get_or_create(
        trial=trial, user=user, role=role, ended_at=None, defaults={"created_at": clock.now()}
    )
    if created:
        record("member.added", trial=trial, actor=actor, user=user.pk, role=role.value)
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, actor: User, reason: str) -> None:
    """Take a role away; effective with that person's next request."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=membership.trial_id)
    leading = trial.memberships.current().filter(role=Role.PI, user__last_login__isnull=False)
    others = leading.exclude(pk=membership.pk)
    if membership.role == Role.PI and not others.exists():
        raise PeopleError(
            _("%(name)s is the only principal investigator who has ever signed in. Somebody else must do so first.")
            % {"name": membership.user.name}
        )
    ended = Membership.objects.current().filter(pk=membership.pk).update(ended_at=clock.now())
    if ended:
        record("member.ended", trial=trial, actor=actor, reason=reason, user=membership.user_id, role=membership.role)


def record_account_event(
    user: User, event: str, *, thing: str = "account", actor: User | None, reason: str = ""
) -> None:
    """What happened to somebody's account (a password, a second factor), in the trail of each of their trials."""
    for membership in user.memberships.current().select_related("trial").order_by("trial_id").distinct("trial_id"):
        record(f"{thing}.{event}", trial=membership.trial, actor=actor, reason=reason, user=user.pk)


@transaction.atomic
def register_participant(*, trial: Trial, email: str, name: str, language: str, actor: User | None) -> Participant:
    """Take a person up under the next free code. The same address twice in one trial is refused."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)  # codes are given in order, without gaps
    if trial.stage != Stage.RECRUITING:
        raise PeopleError(
            _("The trial is in stage “%(stage)s” and takes nobody up.") % {"stage": trial.get_stage_display()}
        )
    _refuse_known_address(trial, email)
    code = f"P-{trial.participants.count() + 1:03d}"
    participant = Participant.objects.create(trial=trial, code=code, language=language, created_at=clock.now())
    ContactDetails.objects.create(
        participant=participant, trial=trial, name=name, email=email.strip(), email_index=blind_index(email)
    )
    record("participant.registered", trial=trial, actor=actor, participant=participant)
    return participant


def _refuse_known_address(trial: Trial, email: str, but: Participant | None = None) -> None:
    known = ContactDetails.objects.with_email(email).filter(trial=trial).select_related("participant").first()
    if known and known.participant != but:
        raise PeopleError(_("%(code)s has this e-mail address already.") % {"code": known.participant.code})


@transaction.atomic
def correct_contact(*, participant: Participant, email: str, name: str, actor: User, reason: str) -> None:
    """Put a mistyped address or name right. The trail says that it was done, and never what it was."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=participant.trial_id)
    _refuse_known_address(trial, email, but=participant)
    contact = ContactDetails.objects.select_for_update().get(participant=participant)
    contact.name, contact.email, contact.email_index = name, email.strip(), blind_index(email)
    contact.save(update_fields=["name", "email", "email_index"])
    record("contact.corrected", trial=trial, actor=actor, participant=participant, reason=reason)


@transaction.atomic
def issue_link(*, participant: Participant) -> str:
    """Make a new personal link and return its token, which is shown or sent once and kept nowhere.

    Earlier links open the pages for another week.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    participant.links.usable(now).filter(expires_at__gt=now + OLD_LINK_LASTS).update(expires_at=now + OLD_LINK_LASTS)
    PersonalLink.objects.create(
        participant=participant,
        token_sha256=token_hash(token),
        created_at=now,
        expires_at=now + timedelta(days=LINK_DAYS),
    )
    record("link.issued", trial=participant.trial, participant=participant)
    return token


@transaction.atomic
def revoke_links(*, participant: Participant, actor: User, reason: str) -> int:
    """End every link and every open session of a participant at once; returns how many links were open."""
    now = clock.now()
    revoked = participant.links.usable(now).update(revoked_at=now)
    participant.sessions.filter(ended_at__isnull=True).update(ended_at=now)
    record("link.revoked", trial=participant.trial, actor=actor, participant=participant, reason=reason, links=revoked)
    return revoked


def usable_link(token: str) -> PersonalLink | None:
    """The link that `token` opens, if it still does."""
    links = PersonalLink.objects.usable(clock.now()).select_related("participant__trial")
    return links.filter(token_sha256=token_hash(token)).first()


@transaction.atomic
def open_session(*, link: PersonalLink) -> str:
    """Start a session on the device that holds the link; returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    ParticipantSession.objects.create(
        participant=link.participant, link=link, token_sha256=token_hash(token), created_at=now, last_seen_at=now
    )
    record("session.opened", trial=link.participant.trial, participant=link.participant, by_participant=True)
    return token


def current_session(token: str) -> ParticipantSession | None:
    """The session behind a cookie, kept awake; None when it has ended, lay idle too long, or its link was revoked."""
    now = clock.expression()
    idle_since = now - timedelta(minutes=settings.PARTICIPANT_SESSION_IDLE_MINUTES)
    sessions = ParticipantSession.objects.alive(now, idle_since).select_related("participant__trial").annotate(now=now)
    session = sessions.filter(token_sha256=token_hash(token)).first()
    if session and session.now - session.last_seen_at > timedelta(minutes=1):  # one write a minute is enough
        ParticipantSession.objects.filter(pk=session.pk).update(last_seen_at=session.now)
    return session


def end_session(*, session: ParticipantSession) -> None:
    """Leave this device: nothing opens from it until the personal link is used again."""
    ParticipantSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(ended_at=clock.now())


def remove_ended_sessions() -> int:
    """Delete sessions that ended or fell idle more than a day ago; the audit trail keeps that they were opened."""
    yesterday = clock.now() - timedelta(days=1)
    return ParticipantSession.objects.filter(last_seen_at__lt=yesterday).delete()[0]


def choose_language(code: str, *, participant: Participant | None, user: Any) -> None:
    """Remember the language for the person who asks, if we know who that is."""
    if participant:
        Participant.objects.filter(pk=participant.pk).update(language=code)
    elif user.is_authenticated:
        User.objects.filter(pk=user.pk).update(language=code)
