"""Whether the study is right for a person: screening, judgements of staff, the sheet about the person."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import record
from trial.enrolment import guards
from trial.enrolment.answers import (
    Stored,
    judged_by_staff,
    kept,
    screening_criteria,
    screening_questions,
    sheet_questions,
    unmet,
)
from trial.enrolment.guards import EnrolmentRefused, refusals_recorded
from trial.enrolment.models import (
    Cohort,
    CohortPlace,
    CriterionJudgement,
    Outcome,
    Screening,
    SociodemographicAnswers,
)
from trial.messages.services import ask_for_personal_link
from trial.people.models import Participant, User
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.schema_enrolment import Criterion
from trial.protocol.screening import Answer


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a door is open; else which guard holds, and the sentence for the person."""

    is_open: bool
    guard: str = ""
    sentence: str = ""

    def __bool__(self) -> bool:
        return self.is_open


@refusals_recorded
def submit_screening(*, participant: Participant, answers: Mapping[str, Answer | None]) -> Screening:
    """Store the answers and what they decide. A second submit changes nothing and returns the first."""
    participant = guards.locked(participant)
    version = guards.version_in_force(participant.trial)
    facts = guards.facts_of(participant, version)
    guards.must_answer_questionnaires(facts)
    guards.must_have_consented(facts)
    if earlier := guards.current_screening(participant):
        return earlier
    guards.must_recruit(participant.trial)
    stored = kept(screening_questions(version.protocol), answers)
    if open_ones := [id for id, answer in stored.items() if answer is None]:
        raise EnrolmentRefused("answers", _("Some questions are open: %(ids)s.") % {"ids": ", ".join(open_ones)})
    return _screen(participant, version, stored)


def _screen(participant: Participant, version: ProtocolVersion, stored: dict[str, Stored]) -> Screening:
    protocol, now = version.protocol, clock.now()
    failed = unmet(protocol, stored, on=clock.today(version.zone))
    waits = not failed and bool(judged_by_staff(protocol))
    screening = Screening.objects.create(
        participant=participant,
        consent=participant.consents.latest("given_at"),
        protocol_version=version,
        answers=stored,
        outcome=Outcome.FAILED if failed else Outcome.WAITING if waits else Outcome.PASSED,
        submitted_at=now,
    )
    CriterionJudgement.objects.bulk_create(
        _judgement(screening, criterion, is_met=criterion not in failed, actor=None)
        for criterion in screening_criteria(protocol)
        if criterion not in judged_by_staff(protocol)
    )
    record(f"screening.{screening.outcome}", trial=participant.trial, participant=participant, by_participant=True)
    return screening


def _judgement(screening: Screening, criterion: Criterion, *, is_met: bool, actor: User | None) -> CriterionJudgement:
    return CriterionJudgement(
        screening=screening,
        criterion=criterion.id,
        moment=criterion.moment,
        judged_by=criterion.judged_by,
        is_met=is_met,
        judged_at=clock.now(),
        actor=actor,
    )


def still_to_judge(participant: Participant) -> tuple[Criterion, ...]:
    """The criteria of a waiting screening that staff have not judged yet."""
    screening = guards.current_screening(participant)
    if screening is None or screening.outcome != Outcome.WAITING:
        return ()
    done = set(screening.judgements.values_list("criterion", flat=True))
    protocol = screening.protocol_version.protocol
    return tuple(each for each in judged_by_staff(protocol) if each.id not in done)


@refusals_recorded
def judge_criterion(*, trial: Trial, participant: Participant, criterion: str, is_met: bool, actor: User) -> Screening:
    """A member of staff decides a criterion that is theirs; with the last one the screening is settled."""
    guards.must_be_of(trial, participant)
    participant = guards.locked(participant)
    guards.must_recruit(participant.trial)
    guards.must_not_have_withdrawn(participant)
    waiting = {each.id: each for each in still_to_judge(participant)}
    screening = guards.current_screening(participant)
    if screening is None or criterion not in waiting:
        raise EnrolmentRefused("judgement", _("This criterion is not waiting for a judgement. Load the page again."))
    _judgement(screening, waiting[criterion], is_met=is_met, actor=actor).save(force_insert=True)
    record("criterion.judged", trial=trial, participant=participant, actor=actor, criterion=criterion)
    if not is_met or len(waiting) == 1:
        screening.outcome = Outcome.PASSED if is_met else Outcome.FAILED
        screening.save(update_fields=["outcome"])
        record(f"screening.{screening.outcome}", trial=trial, participant=participant, actor=actor)
        ask_for_personal_link(participant, actor=actor)
    return screening


@refusals_recorded
def reopen_screening(*, trial: Trial, participant: Participant, actor: User, reason: str) -> None:
    """Let a person answer the screening again; the earlier answers stay stored beside the new ones."""
    guards.must_be_of(trial, participant)
    participant = guards.locked(participant)
    guards.must_recruit(participant.trial)
    guards.must_not_have_withdrawn(participant)
    if not reason.strip():
        raise EnrolmentRefused("reason", _("Nothing was changed. Write a reason, so that the audit trail can tell it."))
    _must_not_be_settled(participant)
    reopened = participant.screenings.filter(reopened_at__isnull=True).update(reopened_at=clock.now())
    if not reopened:
        raise EnrolmentRefused("screening", _("There are no screening answers to reopen."))
    record("screening.reopened", trial=trial, participant=participant, actor=actor, reason=reason.strip())


def _must_not_be_settled(participant: Participant) -> None:
    place = CohortPlace.objects.filter(participant=participant).select_related("cohort").first()
    if place and (place.randomised_at or place.cohort.closed_at):
        raise EnrolmentRefused(
            "closed", _("This person's cohort is closed, so the screening stays as it was. Nothing was changed.")
        )


@refusals_recorded
def submit_sheet(*, participant: Participant, answers: Mapping[str, Answer | None]) -> SociodemographicAnswers:
    """Store the sheet about the person, who then has a place in the cohort that is open, if one is.

    A second submit changes nothing and returns the first.
    """
    participant = guards.locked(participant)
    version = guards.version_in_force(participant.trial)
    _must_be_ready(participant, version)
    earlier = SociodemographicAnswers.objects.filter(participant=participant).first()
    if earlier:
        return earlier
    questions = sheet_questions(version.protocol)
    screening = participant.screenings.get(reopened_at__isnull=True)
    stored = kept(questions, answers, screening.answers)
    required = {question.id for question in questions if not question.may_be_skipped}
    if open_ones := [id for id, answer in stored.items() if answer is None and id in required]:
        raise EnrolmentRefused("answers", _("Some questions are open: %(ids)s.") % {"ids": ", ".join(open_ones)})
    sheet = SociodemographicAnswers.objects.create(
        participant=participant,
        screening=screening,
        protocol_version=version,
        answers=stored,
        submitted_at=clock.now(),
    )
    record("sheet.submitted", trial=participant.trial, participant=participant, by_participant=True)
    if cohort := Cohort.objects.open().filter(trial=participant.trial).first():
        CohortPlace.objects.create(cohort=cohort, participant=participant, joined_at=sheet.submitted_at)
    return sheet


def may_answer_baseline(participant: Participant) -> Decision:
    """Whether the questionnaires before randomisation are open to the person, as far as enrolment goes.

    Asked by the room of waves inside its own transaction, after `guards.locked`.
    """
    try:
        _must_be_ready(participant, guards.version_in_force(participant.trial))
    except EnrolmentRefused as refusal:
        return Decision(False, refusal.guard, str(refusal))
    return Decision(True)


def _must_be_ready(participant: Participant, version: ProtocolVersion) -> None:
    facts = guards.facts_of(participant, version)
    guards.must_answer_questionnaires(facts)
    guards.must_have_consented(facts)
    guards.must_be_eligible(facts)
    guards.must_recruit(participant.trial)
