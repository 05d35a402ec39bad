"""Mails about allocation. None says a group: a participant's own stands on their page, and a proof is free of it."""

from django.urls import reverse

from trial.allocation.models import Allocation
from trial.allocation.services.proof import published
from trial.enrolment.models import Level
from trial.messages.letters import Letter, with_link
from trial.messages.models import OutgoingMail
from trial.people.models import Participant


def allocation(mail: OutgoingMail) -> Letter | None:
    """Due once the person was told, unless they have left the study since."""
    participant = mail.participant
    if participant is None or not Allocation.objects.filter(participant=participant, told_at__isnull=False).exists():
        return None
    return None if has_left(participant) else with_link(participant)


def has_left(participant: Participant) -> bool:
    """Whether the person has left the study as a whole."""
    return {Level.SESSIONS, Level.QUESTIONNAIRES} <= set(participant.withdrawals.values_list("level", flat=True))


def receipt(mail: OutgoingMail) -> Letter | None:
    """For witnesses: what was published of the cohort with this number, so that it stands in their mailbox too."""
    return _published(mail, "cohort")


def list_receipt(mail: OutgoingMail) -> Letter | None:
    """The same of the list with this number: its root, and the last of its receipts."""
    return _published(mail, "list")


def _published(mail: OutgoingMail, kind: str) -> Letter | None:
    found = [each for each in published(mail.trial) if (each.kind, each.number) == (kind, mail.number)]
    if not found or mail.user is None:
        return None
    link = reverse("allocation:proof", args=[mail.trial.slug])
    return Letter(mail.user.email, mail.user.language, link, {"name": mail.user.name, "published": found[0]})


def unmasking(mail: OutgoingMail) -> Letter | None:
    """For those who lead the trial: that one participant's group was opened, by whom and why stands in the trail."""
    if mail.user is None:
        return None
    link = reverse("desk:trail", args=[mail.trial.slug])
    return Letter(mail.user.email, mail.user.language, link, {"name": mail.user.name, "number": mail.number})
