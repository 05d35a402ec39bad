"""Answers to the trial's own questions: which are asked, how they are kept, and which criteria they meet."""

from collections.abc import Mapping
from datetime import date

from trial.protocol.schema import Protocol
from trial.protocol.schema_enrolment import Criterion, Question
from trial.protocol.screening import Answer, meets

# An answer as it is stored: text, a number, a date in ISO form, or None for "I prefer not to answer".
Stored = str | int | float | None

AT_SCREENING = ("screening", "consent")


def screening_criteria(protocol: Protocol) -> tuple[Criterion, ...]:
    """The criteria decided before the first questionnaires, in the protocol's order."""
    return tuple(each for each in protocol.criteria if each.moment in AT_SCREENING)


def judged_by_staff(protocol: Protocol) -> tuple[Criterion, ...]:
    """Those of them that a member of staff judges. The system's own, consent, is kept by its guard."""
    return tuple(each for each in screening_criteria(protocol) if each.judged_by not in ("participant", "system"))


def screening_questions(protocol: Protocol) -> tuple[Question, ...]:
    asked = dict.fromkeys(each.asks for each in screening_criteria(protocol) if each.asks is not None)
    return tuple(protocol.question(id) for id in asked)


def sheet_questions(protocol: Protocol) -> tuple[Question, ...]:
    """Those of the sociodemographic sheet that screening has not asked."""
    asked = {question.id for question in screening_questions(protocol)}
    return tuple(protocol.question(id) for id in protocol.sociodemographic.questions if id not in asked)


def is_asked(question: Question, answers: Mapping[str, Stored]) -> bool:
    """Whether the question's condition, if it has one, is met by the answers before it."""
    condition = question.shown_if
    return condition is None or answers.get(condition.question) in condition.answers


def kept(
    questions: tuple[Question, ...], given: Mapping[str, Answer | None], earlier: Mapping[str, Stored] | None = None
) -> dict[str, Stored]:
    """The answers to be stored: those to questions that do not concern the person are left out.

    `earlier` are answers stored before, on which a question may depend as well.
    """
    answers: dict[str, Stored] = {}
    for question in questions:
        if is_asked(question, {**(earlier or {}), **answers}):
            answers[question.id] = _stored(question, given.get(question.id))
    return answers


def _stored(question: Question, answer: Answer | None) -> Stored:
    if answer is None or answer == "":
        return None
    if isinstance(answer, date):
        return answer.isoformat()
    if question.kind == "number":
        return int(answer) if question.is_whole else float(answer)
    return answer


def unmet(protocol: Protocol, answers: Mapping[str, Stored], *, on: date) -> tuple[Criterion, ...]:
    """The criteria judged by the participant's answers that are not met on the local day `on`."""
    asked = [each for each in screening_criteria(protocol) if each.asks is not None and each.asks in answers]
    return tuple(each for each in asked if not meets(each, _answer(protocol, each, answers), on=on))


def _answer(protocol: Protocol, criterion: Criterion, answers: Mapping[str, Stored]) -> Answer:
    stored = answers[criterion.asks or ""]
    if protocol.question(criterion.asks or "").kind == "date":
        return date.fromisoformat(str(stored))
    return stored if stored is not None else ""
