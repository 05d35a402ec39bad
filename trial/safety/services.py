"""Crossed thresholds become cases with an owner, a deadline and an end.

A crossing is written with the answers themselves. From there `open_cases` finds it, whatever was killed in between:
it asks which crossings have no case yet.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Crossing
from trial.audit.services import Refused, record, recording_refusals
from trial.messages.models import Kind
from trial.messages.services import ask_staff
from trial.people.models import Participant, Role, User
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.schema_conduct import Staff
from trial.safety.models import ContactAttempt, Outcome, SafetyCase

logger = logging.getLogger(__name__)

ROLES: dict[Staff, Role] = {
    "safety_clinician": Role.CLINICIAN,
    "principal_investigator": Role.PI,
    "programme_coordinator": Role.PROGRAMME,
}


class SafetyRefused(Refused):
    """A guard of the safety room held."""


refusals_recorded = recording_refusals("safety")


def open_cases() -> int:
    """Make a case of each crossing that has none, and queue a mail to each of those who answer; returns how many."""
    opened = 0
    for crossing in Crossing.objects.filter(safety_case__isnull=True).select_related("sitting").order_by("pk"):
        try:
            opened += _open(crossing)
        except Exception:  # whatever is wrong with this one holds up no other
            logger.exception("A safety case could not be opened")
    return opened


@transaction.atomic
def _open(crossing: Crossing) -> bool:
    participant = (
        Participant.objects.select_related("trial").filter(respondent_key=crossing.sitting.respondent_id).first()
    )
    if participant is None:
        return False
    version = _version(participant.trial)
    hours = _deadline_hours(version, crossing.rule)
    case, is_new = SafetyCase.objects.get_or_create(
        crossing=crossing,
        defaults={
            "trial": participant.trial,
            "participant": participant,
            "opened_at": crossing.crossed_at,
            "answer_by": crossing.crossed_at + timedelta(hours=hours),
        },
    )
    if is_new:
        record("safety.case_opened", trial=case.trial, participant=participant, case=case.pk)
        role = ROLES[version.protocol.safety.answered_by]
        ask_staff(Kind.SAFETY_CASE, case.trial, frozenset({role}))
    return is_new


def escalate_late_cases() -> int:
    """Write to those above, once, about each case that nobody has taken in time; returns how many."""
    escalated = 0
    for case in SafetyCase.objects.open().filter(owner__isnull=True, escalated_at__isnull=True).select_related("trial"):
        try:
            safety = _version(case.trial).protocol.safety
            if case.opened_at + timedelta(hours=safety.escalates_after_hours) <= clock.now():
                escalated += _escalate(case, ROLES[safety.escalates_to])
        except Exception:  # likewise
            logger.exception("A safety case could not be escalated")
    return escalated


@transaction.atomic
def _escalate(case: SafetyCase, role: Role) -> int:
    waiting = SafetyCase.objects.filter(pk=case.pk, owner__isnull=True, escalated_at__isnull=True)
    claimed = waiting.update(escalated_at=clock.now())
    if claimed:
        record("safety.case_escalated", trial=case.trial, participant=case.participant, case=case.pk, role=role.value)
        ask_staff(Kind.SAFETY_ESCALATION, case.trial, frozenset({role}))
    return claimed


def _version(trial: Trial) -> ProtocolVersion:
    version = trial.version_in_force()
    if version is None:
        raise SafetyRefused("protocol", _("This study has no protocol in force."))
    return version


def _deadline_hours(version: ProtocolVersion, rule: str) -> int:
    """Of the rule as it reads now. If an amendment took it away: the strictest of those left, else until escalation."""
    hours = {each.id: each.deadline_hours for each in version.protocol.safety.rules}
    strictest = min(hours.values(), default=version.protocol.safety.escalates_after_hours)
    return hours.get(rule, strictest)


@refusals_recorded
def take_case(*, trial: Trial, case: SafetyCase, actor: User) -> SafetyCase:
    """Answer for a case. Taking one's own again changes nothing; somebody else's stays theirs."""
    held = _held(trial, case)
    if held.owner_id == actor.pk:
        return held
    if held.owner is not None:
        raise SafetyRefused("owner", _("%(name)s answers for this case already.") % {"name": held.owner.name})
    safety = _version(trial).protocol.safety
    answering = {ROLES[safety.answered_by], *({ROLES[safety.escalates_to]} if held.escalated_at else ())}
    if not answering & actor.roles_in(trial):
        raise SafetyRefused("role", _("This case is not yours to take as long as it is not late."))
    held.owner, held.owned_at = actor, clock.now()
    held.save(update_fields=["owner", "owned_at"])
    record("safety.case_taken", trial=trial, actor=actor, participant=held.participant, case=held.pk)
    return held


@refusals_recorded
def hand_over(*, trial: Trial, case: SafetyCase, to: User, actor: User) -> SafetyCase:
    """Give one's case to somebody else who may answer for it."""
    held = _must_own(trial, case, actor)
    safety = _version(trial).protocol.safety
    if not {ROLES[safety.answered_by], ROLES[safety.escalates_to]} & to.roles_in(trial):
        raise SafetyRefused("owner", _("%(name)s does not answer for safety in this trial.") % {"name": to.name})
    held.owner, held.owned_at = to, clock.now()
    held.save(update_fields=["owner", "owned_at"])
    record("safety.case_handed_over", trial=trial, actor=actor, participant=held.participant, case=held.pk, user=to.pk)
    return held


@refusals_recorded
def note_attempt(*, trial: Trial, case: SafetyCase, words: str, actor: User) -> ContactAttempt:
    """Write down an attempt to reach the person."""
    held = _must_own(trial, case, actor)
    if not words.strip():
        raise SafetyRefused("words", _("Nothing was stored. Write what you did, and when."))
    attempt = ContactAttempt.objects.create(case=held, words=words.strip(), written_by=actor, written_at=clock.now())
    record("safety.attempt_noted", trial=trial, actor=actor, participant=held.participant, case=held.pk)
    return attempt


@refusals_recorded
def close_case(*, trial: Trial, case: SafetyCase, outcome: Outcome, note: str, actor: User) -> SafetyCase:
    """End a case with how it ended and a note. There is no way back; a new crossing is a new case."""
    held = _must_own(trial, case, actor)
    if not note.strip():
        raise SafetyRefused("note", _("The case is still open. Write how it ended."))
    held.closed_at, held.outcome, held.note = clock.now(), outcome, note.strip()
    held.save(update_fields=["closed_at", "outcome", "note"])
    record("safety.case_closed", trial=trial, actor=actor, participant=held.participant, case=held.pk)
    return held


def _held(trial: Trial, case: SafetyCase) -> SafetyCase:
    held = SafetyCase.objects.select_for_update(of=("self",)).select_related("participant", "owner").get(pk=case.pk)
    if held.trial_id != trial.pk:
        raise SafetyRefused("trial", _("This case is not in this study. Nothing was changed."))
    if held.closed_at is not None:
        raise SafetyRefused("closed", _("This case is closed. Nothing was changed."))
    return held


def _must_own(trial: Trial, case: SafetyCase, actor: User) -> SafetyCase:
    held = _held(trial, case)
    if held.owner_id != actor.pk:
        raise SafetyRefused("owner", _("Take the case first: whoever answers for it writes in it."))
    return held


def score_of(case: SafetyCase) -> float | None:
    """The score that crossed, computed from the answers in force; for whoever may see a case."""
    rule = next(each for each in case.crossing.sitting.thresholds if each["id"] == case.crossing.rule)
    sheet = case.crossing.sitting.sheets.get(instrument=rule["instrument"])
    return answering.scores(sheet)[rule["score"]]
