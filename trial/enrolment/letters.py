"""The mails of enrolment, written when they are sent."""

import dataclasses

from trial.enrolment.models import Level
from trial.enrolment.pdf import consent_copy as print_copy
from trial.enrolment.services import levels_left
from trial.messages.letters import Attachment, Letter, with_link
from trial.messages.models import OutgoingMail


def personal_link(mail: OutgoingMail) -> Letter | None:
    """Not due if the person has left, or the links were revoked, since it was asked for; asking again brings it."""
    participant = mail.participant
    if participant is None or participant.links.filter(revoked_at__gt=mail.created_at).exists():
        return None
    has_left_since = participant.withdrawals.filter(withdrawn_at__gt=mail.created_at).exists()
    if has_left_since and {Level.SESSIONS, Level.QUESTIONNAIRES} <= set(levels_left(participant)):
        return None
    return with_link(participant)


def consent_copy(mail: OutgoingMail) -> Letter | None:
    """Due as long as the signature stands: the copy is the person's own, also after leaving."""
    consent, participant = mail.consent, mail.participant
    if consent is None or participant is None or not hasattr(consent, "signature"):
        return None
    copy = Attachment(f"{participant.trial.slug}-{participant.code}.pdf", print_copy(consent), "application/pdf")
    return Letter(participant.contact.email, consent.language, attachments=(copy,))


def withdrawal(mail: OutgoingMail) -> Letter | None:
    """What the person has left, and a link to read it again."""
    participant = mail.participant
    if participant is None:
        return None
    words: dict[str, object] = {"levels": levels_left(participant)}
    return dataclasses.replace(with_link(participant), words=words)
