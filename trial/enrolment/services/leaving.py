"""Withdrawal: from any point, at once, without a reason, at three levels."""

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from questionnaires import clock
from questionnaires import services as answering
from trial.audit.services import record
from trial.enrolment import guards
from trial.enrolment.models import Level, Withdrawal
from trial.messages.services import ask_for_withdrawal_letter
from trial.people.models import Participant


class Choice(models.TextChoices):
    """What a person can leave with one answer."""

    SESSIONS = "sessions", _("The sessions. I go on with the questionnaires.")
    QUESTIONNAIRES = "questionnaires", _("The questionnaires. I go on with the sessions.")
    STUDY = "study", _("The whole study. What I have given so far may be used.")
    STUDY_AND_DATA = (
        "study_and_data",
        _("The whole study. Do not use what of my data is not analysed yet."),
    )


LEVELS = {
    Choice.SESSIONS: (Level.SESSIONS,),
    Choice.QUESTIONNAIRES: (Level.QUESTIONNAIRES,),
    Choice.STUDY: (Level.SESSIONS, Level.QUESTIONNAIRES),
    Choice.STUDY_AND_DATA: (Level.SESSIONS, Level.QUESTIONNAIRES, Level.DATA),
}


@transaction.atomic
def withdraw(*, participant: Participant, choice: Choice) -> tuple[Level, ...]:
    """Leave what was chosen, now; returns what is left anew. No guard stands before this door.

    The trail says that the person withdrew, and not from what: masked staff read it.
    """
    participant = guards.locked(participant)
    now, before = clock.now(), levels_left(participant)
    new = tuple(level for level in LEVELS[choice] if level not in before)
    for level in new:
        Withdrawal.objects.create(participant=participant, level=level, withdrawn_at=now)
    if Level.QUESTIONNAIRES in new:
        answering.stop(participant.respondent_key)
    if new:
        record("participant.withdrew", trial=participant.trial, participant=participant, by_participant=True)
        ask_for_withdrawal_letter(participant)
    return new


def levels_left(participant: Participant) -> tuple[Level, ...]:
    """In the order of `Level`."""
    left = set(participant.withdrawals.values_list("level", flat=True))
    return tuple(level for level in Level if level in left)
