"""The mail that says that the groups are drawn. It does not say which: that stands on the person's own page."""

from trial.allocation.models import Allocation
from trial.enrolment.models import Level
from trial.messages.letters import Letter, with_link
from trial.messages.models import OutgoingMail


def allocation(mail: OutgoingMail) -> Letter | None:
    """Due once the person was told, unless they have left the study since."""
    participant = mail.participant
    if participant is None or not Allocation.objects.filter(participant=participant, told_at__isnull=False).exists():
        return None
    if {Level.SESSIONS, Level.QUESTIONNAIRES} <= set(participant.withdrawals.values_list("level", flat=True)):
        return None
    return with_link(participant)
