"""Mails: asked for inside the transaction that makes them necessary, sent by a worker afterwards."""

from dataclasses import dataclass
from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from questionnaires import clock
from trial.audit.services import record
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Membership, Participant, Role, User
from trial.people.services import add_member, issue_link, register_participant
from trial.protocol.models import Trial

# A claim older than this belongs to a worker that was killed; the mail goes out again under the same Message-ID.
CLAIM_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail needs besides its template."""

    to: str
    language: str
    words: dict[str, str]


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


def ask_for_staff_invitation(user: User, trial: Trial) -> OutgoingMail:
    """A mail by which a new member of staff sets a password."""
    return _ask(Kind.STAFF_INVITATION, trial, user=user)


def _ask(kind: Kind, trial: Trial, *, participant: Participant | None = None, user: User | None = None) -> OutgoingMail:
    mail, _ = OutgoingMail.objects.get_or_create(
        kind=kind,
        trial=trial,
        participant=participant,
        user=user,
        claimed_at=None,
        sent_at=None,
        defaults={"created_at": clock.now()},
    )
    return mail


def send_due_mail() -> int:
    """Send what waits, and what a killed worker left; returns how many went out from here."""
    now = clock.now()
    waiting = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LASTS)
    due = OutgoingMail.objects.filter(waiting, sent_at__isnull=True)
    return sum(send(pk) for pk in due.values_list("pk", flat=True))


def send(mail_pk: int) -> bool:
    """Send one mail, if it is ours to send: the conditional update lets exactly one worker through."""
    now = clock.now()
    waiting = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LASTS)
    claimed = OutgoingMail.objects.filter(waiting, pk=mail_pk, sent_at__isnull=True).update(claimed_at=now)
    if not claimed:
        return False
    mail = OutgoingMail.objects.select_related("participant__contact", "user", "trial").get(pk=mail_pk)
    _message(mail, _letter(mail)).send()
    OutgoingMail.objects.filter(pk=mail_pk).update(sent_at=clock.now())
    return True


def _letter(mail: OutgoingMail) -> Letter:
    if mail.participant:
        return _to_participant(mail.participant)
    if mail.user:
        return _to_staff(mail.user)
    raise ValueError(f"Mail {mail.pk} is to nobody, which the constraint mail_to_one_person forbids.")


def _to_participant(participant: Participant) -> Letter:
    link = reverse("enrolment:link", args=[issue_link(participant=participant)])
    return Letter(participant.contact.email, participant.language, {"link": link})


def _to_staff(user: User) -> Letter:
    key = default_token_generator.make_token(user)
    link = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])
    return Letter(user.email, user.language, {"link": link, "name": user.name})


def _message(mail: OutgoingMail, letter: Letter) -> EmailMultiAlternatives:
    words = {**letter.words, "link": settings.SITE_URL + letter.words["link"], "trial": mail.trial}
    template = f"emails/{mail.kind}"
    with translation.override(letter.language):
        subject = render_to_string(f"{template}-subject.txt", words).strip()
        message = EmailMultiAlternatives(subject, render_to_string(f"{template}-body.txt", words), to=[letter.to])
        message.attach_alternative(render_to_string(f"{template}-body.html", words), "text/html")
    message.extra_headers["Message-ID"] = f"<{mail.message_id}@{settings.SITE_HOST}>"
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message
