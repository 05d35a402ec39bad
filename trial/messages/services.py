"""Mails: asked for inside the transaction that makes them necessary, sent by a worker afterwards."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import Refused, record, recording_refusals
from trial.messages.hours import hours_to_choose
from trial.messages.letters import Later, Letter, letter
from trial.messages.models import Kind, MailHour, OutgoingMail
from trial.messages.texts import services as texts
from trial.people.models import Membership, Participant, Role, User
from trial.people.services import add_member, register_participant
from trial.protocol.models import Trial

logger = logging.getLogger(__name__)

refusals_recorded = recording_refusals("mail")

WaveKey = tuple[int, str, str, int]


class MailRefused(Refused):
    """A guard of the mails held."""


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


@transaction.atomic(savepoint=False)  # a row is held within a transaction only, and most callers have theirs
def _ask(
    kind: Kind,
    trial: Trial,
    *,
    participant: Participant | None = None,
    user: User | None = None,
    consent: Any = None,
    number: int = 0,
) -> OutgoingMail:
    """The row of a mail that waits, held until it is certain what it is about: a worker takes it after that, and not
    meanwhile, when it would find nothing due and drop it. One that a worker has taken already is not this one."""
    mail, _created = OutgoingMail.objects.select_for_update(no_key=True).get_or_create(
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
    with translation.override(written.language):
        words = {"link": settings.SITE_URL + written.link, "trial": mail.trial, "study": mail.trial.name}
        subject, text, page = texts.rendered(mail.trial, mail.kind, written.language, words | written.words)
    message = EmailMultiAlternatives(subject, text, to=[written.to])
    message.attach_alternative(page, "text/html")
    for attachment in written.attachments:
        message.attach(attachment.name, attachment.content, attachment.content_type)
    message.extra_headers["Message-ID"] = mail.message_id_header
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message


@refusals_recorded
def try_again(*, trial: Trial, mail_pk: int, actor: User) -> OutgoingMail:
    """Let a mail that has failed too often go out once more, because somebody has put right what held it."""
    failed = OutgoingMail.objects.failed().filter(trial=trial, pk=mail_pk, participant__isnull=False)
    if not failed.update(attempts=1, claimed_at=None):  # it may have left at its last attempt: the server is asked
        raise MailRefused("failed", _("This mail has left or waits already. Nothing was changed."))
    mail = OutgoingMail.objects.select_related("participant").get(pk=mail_pk)
    record("mail.tried_again", trial=trial, actor=actor, participant=mail.participant, kind=mail.kind)
    return mail


@refusals_recorded
def choose_mail_hour(*, participant: Participant, hour: int | None) -> None:
    """At which full hour somebody wants our mails; None for the hour of the study."""
    version = participant.trial.version_in_force()
    if version is None:
        raise MailRefused("protocol", _("This study has not begun yet."))
    if hour is not None and hour not in hours_to_choose(version.protocol.messages):
        raise MailRefused("quiet", _("At that hour we write to nobody. Choose another one."))
    if hour is None:
        MailHour.objects.filter(participant=participant).delete()
    else:
        MailHour.objects.update_or_create(participant=participant, defaults={"hour": hour})
    record("mail.hour_chosen", trial=participant.trial, participant=participant, by_participant=True)
