"""Mails: asked for inside the transaction that makes them necessary, sent by a worker afterwards."""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation

from questionnaires import clock
from trial.audit.services import record
from trial.messages.letters import Letter, letter
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Membership, Participant, Role, User
from trial.people.services import add_member, register_participant
from trial.protocol.models import Trial

logger = logging.getLogger(__name__)


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


def ask_for_staff_mail(kind: Kind, user: User, trial: Trial) -> OutgoingMail:
    """A mail to one member of staff. Several of a kind that wait are one: it says where to look, not at what."""
    return _ask(kind, trial, user=user)


def _ask(
    kind: Kind,
    trial: Trial,
    *,
    participant: Participant | None = None,
    user: User | None = None,
    consent: Any = None,
) -> OutgoingMail:
    mail, _ = OutgoingMail.objects.get_or_create(
        kind=kind,
        trial=trial,
        participant=participant,
        user=user,
        consent=consent,
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

    A mail that is no longer due is dropped instead, which its row keeps.
    """
    now = clock.now()
    claim = OutgoingMail.objects.due(now).filter(pk=mail_pk)
    if not claim.update(claimed_at=now, attempts=F("attempts") + 1):
        return False
    people = ("participant__contact", "participant__trial", "user", "trial", "consent")
    mail = OutgoingMail.objects.select_related(*people).get(pk=mail_pk)
    with transaction.atomic():  # a link that was made for a mail that did not leave opens nothing
        written = letter(mail)
        if written is None:
            OutgoingMail.objects.filter(pk=mail_pk).update(dropped_at=clock.now())
            return False
        OutgoingMail.objects.filter(pk=mail_pk).update(sent_at=clock.now())
        _message(mail, written).send()
    return True


def _message(mail: OutgoingMail, written: Letter) -> EmailMultiAlternatives:
    words = {**written.words, "link": settings.SITE_URL + written.link, "trial": mail.trial}
    template = f"emails/{mail.kind}"
    with translation.override(written.language):
        subject = render_to_string(f"{template}-subject.txt", words).strip()
        message = EmailMultiAlternatives(subject, render_to_string(f"{template}-body.txt", words), to=[written.to])
        message.attach_alternative(render_to_string(f"{template}-body.html", words), "text/html")
    for attachment in written.attachments:
        message.attach(attachment.name, attachment.content, attachment.content_type)
    message.extra_headers["Message-ID"] = f"<{mail.message_id}@{settings.SITE_HOST}>"
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message
