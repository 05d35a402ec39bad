"""Mails: asked for inside the transaction that makes them necessary, sent by a worker afterwards."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation

from questionnaires import clock
from trial.audit.services import record
from trial.messages.letters import Later, Letter, letter
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Membership, Participant, Role, User
from trial.people.services import add_member, register_participant
from trial.protocol.models import Trial

logger = logging.getLogger(__name__)

WaveKey = tuple[int, str, str, int]


@transaction.atomic
def invite_participant(*, trial: Trial, email: str, name: str, language: str, actor: User) -> Participant:
    """Register somebody and queue the mail with their link: both or neither."""
    participant = register_participant(trial=trial, email=email, name=name, language=language, actor=actor)
    ask_for_personal_link(participant, actor=actor)
    return participant


@transaction.atomic
def invite_member(*, trial: Trial, email: str, name: str, role: Role, actor: User | None) -> Membership:
    """Give somebody a role and, while they have no password yet, queue the mail by which they choose one."""
    membership = add_member(trial=trial, email=email, name=name, role=role, actor=actor)
    if not membership.user.has_usable_password():
        ask_for_staff_invitation(membership.user, trial)
    return membership


@transaction.atomic
def ask_for_personal_link(participant: Participant, *, actor: User | None = None) -> OutgoingMail:
    """A mail with a new personal link, asked for by staff or by the participant.

    Asking again before it has gone out is recorded and sends nothing more.
    """
    record(
        "link.asked_for", trial=participant.trial, actor=actor, participant=participant, by_participant=actor is None
    )
    return _ask(Kind.PERSONAL_LINK, participant.trial, participant=participant)


def ask_for_consent_copy(consent: Any, participant: Participant) -> OutgoingMail:
    """A mail with the text that was signed."""
    return _ask(Kind.CONSENT_COPY, participant.trial, participant=participant, consent=consent)


def ask_for_withdrawal_letter(participant: Participant) -> OutgoingMail:
    """A mail that confirms what the person has left."""
    return _ask(Kind.WITHDRAWAL, participant.trial, participant=participant)


def ask_for_staff_invitation(user: User, trial: Trial) -> OutgoingMail:
    """A mail by which a new member of staff sets a password."""
    return _ask(Kind.STAFF_INVITATION, trial, user=user)


def ask_for_allocation_letter(participant: Participant) -> OutgoingMail:
    """A mail that says that the groups are drawn, and where to read which; the same words for every arm."""
    return _ask(Kind.ALLOCATION, participant.trial, participant=participant)


@transaction.atomic
def ask_for_test_mail(*, trial: Trial, actor: User) -> OutgoingMail:
    """A mail to oneself, which shows that mails leave; asked for before the trial goes live."""
    record("mail.tested", trial=trial, actor=actor)
    return _ask(Kind.TEST, trial, user=actor)


def ask_staff(kind: Kind, trial: Trial, roles: frozenset[Role], *, number: int = 0) -> None:
    """A mail to everybody who holds one of these roles; `number` says to the writer what it is about.

    Several of a kind and number that still wait are one.
    """
    members = trial.memberships.current().filter(role__in=roles).select_related("user").order_by("user_id")
    for membership in members.distinct("user_id"):
        _ask(kind, trial, user=membership.user, number=number)


@dataclass(frozen=True, slots=True)
class OfWave:
    """A mail of a wave: each kind and number goes to a person once, whatever happens."""

    participant: Participant
    kind: Kind
    wave: str
    number: int = 0

    @property
    def key(self) -> WaveKey:
        return (self.participant.pk, self.kind, self.wave, self.number)


def ask_for_wave_mails(wanted: Iterable[OfWave]) -> int:
    """Rows for those that have none yet; returns how many. Two beats at once write each row once (two queries)."""
    by_key = {each.key: each for each in wanted}
    people = {participant for participant, *_ in by_key}
    rows = OutgoingMail.objects.filter(participant__in=people).exclude(wave="")
    there = set(rows.values_list("participant", "kind", "wave", "number"))
    now = clock.now()
    new = [
        OutgoingMail(
            kind=each.kind,
            trial_id=each.participant.trial_id,
            participant=each.participant,
            wave=each.wave,
            number=each.number,
            created_at=now,
        )
        for key, each in by_key.items()
        if key not in there
    ]
    OutgoingMail.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _ask(
    kind: Kind,
    trial: Trial,
    *,
    participant: Participant | None = None,
    user: User | None = None,
    consent: Any = None,
    number: int = 0,
) -> OutgoingMail:
    mail, _ = OutgoingMail.objects.get_or_create(
        kind=kind,
        trial=trial,
        participant=participant,
        user=user,
        consent=consent,
        number=number,
        claimed_at=None,
        sent_at=None,
        dropped_at=None,
        defaults={"created_at": clock.now()},
    )
    return mail


def send_due_mail() -> int:
    """Send what is due; returns how many went out from here. One that cannot go out holds up no other."""
    sent = 0
    for pk in OutgoingMail.objects.due(clock.now()).values_list("pk", flat=True):
        try:
            sent += send(pk)
        except Exception:  # whatever is wrong with this one: a server that is away, an address, a template
            logger.exception("A mail could not be sent")
    return sent


def send(mail_pk: int) -> bool:
    """Send one mail, if it is ours to send: the conditional update lets exactly one worker through.

    A mail that is no longer due is dropped instead, which its row keeps. The row is held while the mail leaves, and
    PostgreSQL frees it when a worker dies: whoever finds a claim of ten minutes ago and gets the row knows that
    nobody is sending any more, and asks the mail server before the mail goes out once more.
    """
    now = clock.now()
    claim = OutgoingMail.objects.due(now).filter(pk=mail_pk)
    if not claim.update(claimed_at=now, attempts=F("attempts") + 1):
        return False
    people = ("participant__contact", "participant__trial", "user", "trial", "consent")
    with transaction.atomic():  # a link that was made for a mail that did not leave opens nothing
        held = OutgoingMail.objects.unsettled().select_for_update(of=("self",), skip_locked=True)
        mail = held.select_related(*people).filter(pk=mail_pk).first()
        return mail is not None and _settle(mail)


def _settle(mail: OutgoingMail) -> bool:
    """What becomes of a mail that is held; whether it has left from here."""
    row = OutgoingMail.objects.filter(pk=mail.pk)
    if mail.attempts > 1 and _has_arrived(mail):
        row.update(sent_at=clock.now())
        return False
    written = letter(mail)
    if written is None:
        row.update(dropped_at=clock.now())
        return False
    if isinstance(written, Later):
        row.update(not_before=written.not_before, claimed_at=None, attempts=F("attempts") - 1)
        return False
    _message(mail, written).send()
    row.update(sent_at=clock.now())
    return True


def _has_arrived(mail: OutgoingMail) -> bool:
    """Whether the mail server says that it has this Message-ID. Most cannot be asked, and then it is a no."""
    ask = getattr(get_connection(), "has_message", None)
    return ask is not None and ask(mail.message_id_header)


def _message(mail: OutgoingMail, written: Letter) -> EmailMultiAlternatives:
    template = f"emails/{mail.kind}"
    with translation.override(written.language):
        words = {"link": settings.SITE_URL + written.link, "trial": mail.trial, "study": mail.trial.name}
        words |= written.words
        subject = render_to_string(f"{template}-subject.txt", words).strip()
        message = EmailMultiAlternatives(subject, render_to_string(f"{template}-body.txt", words), to=[written.to])
        message.attach_alternative(render_to_string(f"{template}-body.html", words), "text/html")
    for attachment in written.attachments:
        message.attach(attachment.name, attachment.content, attachment.content_type)
    message.extra_headers["Message-ID"] = mail.message_id_header
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message
