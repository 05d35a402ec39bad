"""What must agree in the parts about arms, criteria, questions, consent and randomisation."""

from collections.abc import Iterator, Sequence

from trial.protocol.mistakes import Mistake, entry, listed
from trial.protocol.reader import shown
from trial.protocol.schema import Protocol
from trial.protocol.schema_enrolment import Arm, ConsentDocument, Criterion, Passes, Question
from trial.protocol.unread import named, of_each

WITH_PROGRAMME = ("programme", "active_control")
PARAMETERS = {
    "cohort_draw": (),
    "maximal": ("mti", "list_length"),
    "big_stick": ("mti", "list_length"),
    "permuted_blocks": ("block_sizes", "list_length"),
    "simple": ("list_length",),
}
OWN_KEYS = {"options": "choice", "unit": "number", "lowest": "number", "highest": "number"}
TWO_EQUAL_ARMS = ("maximal", "big_stick")


def arms(protocol: Protocol) -> Iterator[Mistake]:
    if "programme" not in [arm.role for arm in protocol.arms]:
        yield Mistake("arms", "no arm whose role is programme", "at least one")


@of_each("arms")
def each_arm(protocol: Protocol, place: str, arm: Arm) -> Iterator[Mistake]:
    if arm.role in WITH_PROGRAMME and arm.programme is None:
        yield Mistake(f"{place}.programme", "nothing", f"the id of a programme for the role {arm.role}")
    if arm.role not in WITH_PROGRAMME and arm.programme is not None:
        yield Mistake(f"{place}.programme", shown(arm.programme), f"none for the role {arm.role}")


@of_each("arms")
def crossing_over(protocol: Protocol, place: str, arm: Arm) -> Iterator[Mistake]:
    """To another arm that has a programme, after a wave that follows randomisation."""
    if arm.role == "waitlist" and arm.crosses_over_to is None:
        yield Mistake(f"{place}.crosses_over_to", "nothing", "an arm for the role waitlist")
    if (arm.crosses_over_to is None) != (arm.crosses_over_after is None):
        missing = "crosses_over_to" if arm.crosses_over_to is None else "crosses_over_after"
        allowed = "both crosses_over_to and crosses_over_after, or none"
        yield Mistake(f"{place}.{missing}", "nothing", allowed)
    if arm.crosses_over_to is not None:
        target = named(protocol.arms, arm.crosses_over_to)
        if target.id == arm.id or target.programme is None:
            allowed = "another arm that has a programme"
            yield Mistake(f"{place}.crosses_over_to", shown(target.id), allowed)
    if arm.crosses_over_after is not None:
        after = named(protocol.waves, arm.crosses_over_after)
        if after.id in before_randomisation(protocol):
            yield Mistake(f"{place}.crosses_over_after", shown(after.id), "a wave after randomisation")


def before_randomisation(protocol: Protocol) -> tuple[str, ...]:
    """Ids of the waves to be submitted before it."""
    named(protocol.waves, protocol.randomisation.after_wave)
    return tuple(wave.id for wave in protocol.waves_before_randomisation)


@of_each("criteria")
def each_criterion(protocol: Protocol, place: str, criterion: Criterion) -> Iterator[Mistake]:
    """What the participant judges is a question with a passing answer; nobody else judges by one."""
    is_asked = criterion.judged_by == "participant"
    for key, wanted in (("asks", "the id of a question"), ("passes", "a table")):
        value = getattr(criterion, key)
        if is_asked and value is None:
            yield Mistake(f"{place}.{key}", "nothing", f"{wanted} for a criterion judged by the participant")
        if not is_asked and value is not None:
            yield Mistake(f"{place}.{key}", wanted, f"none for a criterion judged by {criterion.judged_by}")
    if is_asked and criterion.asks is not None and criterion.passes is not None:
        question = named(protocol.questions, criterion.asks)
        yield from _passing(f"{place}.passes", criterion.passes, question)


def _passing(place: str, passes: Passes, question: Question) -> Iterator[Mistake]:
    has_range = passes.at_least is not None or passes.at_most is not None
    wants_answers, wants_range = bool(question.answers), question.kind in ("number", "date")
    if bool(passes.answers) != wants_answers or has_range != wants_range:
        found = "answers" if passes.answers else "a range" if has_range else "nothing"
        allowed = "answers" if wants_answers else "at_least or at_most" if wants_range else "none"
        yield Mistake(place, found, f"{allowed} for a question of kind {question.kind}")
    elif not _rises(passes.at_least, passes.at_most):
        allowed = f"a number from {passes.at_least:g}, at_least, upwards"
        yield Mistake(f"{place}.at_most", f"{passes.at_most:g}", allowed)
    for number, answer in enumerate(passes.answers, start=1):
        if wants_answers and answer not in question.answers:
            yield Mistake(entry(f"{place}.answers", number), shown(answer), listed(question.answers))


def _rises(lowest: float | None, highest: float | None) -> bool:
    return lowest is None or highest is None or lowest <= highest


def criteria_of_each_wave(protocol: Protocol) -> Iterator[Mistake]:
    """A criterion judged at each wave has its question in every wave."""
    for criterion in protocol.criteria:
        if criterion.moment == "each_wave" and criterion.asks is not None:
            yield from asked_in_every_wave(protocol, criterion.asks, f"the criterion {criterion.id}")


def asked_in_every_wave(protocol: Protocol, question: str, reason: str) -> Iterator[Mistake]:
    for number, wave in enumerate(protocol.waves, start=1):
        if question not in wave.questions:
            place = f"{entry('waves', number)}.questions"
            yield Mistake(place, f"no {question}", f"a list with {question}, because of {reason}")


@of_each("questions")
def each_question(protocol: Protocol, place: str, question: Question) -> Iterator[Mistake]:
    if question.kind == "choice" and len(question.options) < 2:
        yield Mistake(f"{place}.options", f"a list of {len(question.options)}", "two or more for a choice")
    for key, kind in OWN_KEYS.items():
        if question.kind != kind and getattr(question, key) not in (None, ()):
            yield Mistake(f"{place}.{key}", f"a question of kind {question.kind}", f"{key} for a {kind} only")
    if not _rises(question.lowest, question.highest):
        allowed = f"a number from {question.lowest:g}, the lowest, upwards"
        yield Mistake(f"{place}.highest", f"{question.highest:g}", allowed)


@of_each("questions")
def shown_if(protocol: Protocol, place: str, question: Question) -> Iterator[Mistake]:
    """A condition names an answer of a question that comes earlier wherever both are asked."""
    if question.shown_if is None:
        return
    condition = named(protocol.questions, question.shown_if.question)
    for number, answer in enumerate(question.shown_if.answers, start=1):
        if answer not in condition.answers:
            allowed = listed(condition.answers) if condition.answers else "a choice or yes_no question"
            yield Mistake(entry(f"{place}.shown_if.answers", number), shown(answer), allowed)
    for list_place, asked in _asked_lists(protocol):
        if question.id in asked and condition.id not in asked[: asked.index(question.id)]:
            allowed = f"a question that stands before {question.id} in {list_place}"
            yield Mistake(f"{place}.shown_if.question", shown(condition.id), allowed)


def _asked_lists(protocol: Protocol) -> Iterator[tuple[str, Sequence[str]]]:
    screening = tuple(criterion.asks for criterion in protocol.criteria if criterion.asks is not None)
    yield "sociodemographic.questions", screening + protocol.sociodemographic.questions
    for number, wave in enumerate(protocol.waves, start=1):
        yield f"{entry('waves', number)}.questions", wave.questions


def questions_are_asked(protocol: Protocol) -> Iterator[Mistake]:
    asked = {question for _, questions in _asked_lists(protocol) for question in questions}
    for number, question in enumerate(protocol.questions, start=1):
        if question.id not in asked:
            place = f"{entry('questions', number)}.id"
            yield Mistake(place, shown(question.id), "a question that a criterion, the sheet or a wave asks")


@of_each("consent_documents")
def consent(protocol: Protocol, place: str, document: ConsentDocument) -> Iterator[Mistake]:
    if not any(statement.is_required for statement in document.statements):
        yield Mistake(f"{place}.statements", "no required statement", "at least one")


def randomisation_parameters(protocol: Protocol) -> Iterator[Mistake]:
    plan = protocol.randomisation
    for key in ("mti", "block_sizes", "list_length"):
        value = getattr(plan, key)
        is_given, is_wanted = value not in (None, ()), key in PARAMETERS[plan.method]
        if is_given != is_wanted:
            found = "nothing" if is_wanted else shown(list(value) if isinstance(value, tuple) else value)
            allowed = "a value" if is_wanted else "none"
            yield Mistake(f"randomisation.{key}", found, f"{allowed} for the method {plan.method}")


def randomisation_sizes(protocol: Protocol) -> Iterator[Mistake]:
    plan, ratios = protocol.randomisation, [arm.ratio for arm in protocol.arms]
    if plan.list_length is not None and plan.list_length < protocol.target_sample_size:
        allowed = f"{protocol.target_sample_size}, the target sample size, or more"
        yield Mistake("randomisation.list_length", f"{plan.list_length}", allowed)
    for number, size in enumerate(plan.block_sizes, start=1):
        if size % sum(ratios):
            place = entry("randomisation.block_sizes", number)
            yield Mistake(place, f"{size}", f"a multiple of {sum(ratios)}, the sum of the arms' ratios")
    if plan.method in TWO_EQUAL_ARMS and (len(ratios) != 2 or ratios[0] != ratios[1]):
        found = f"{plan.method} for arms {' : '.join(str(ratio) for ratio in ratios)}"
        yield Mistake("randomisation.method", found, "cohort_draw, permuted_blocks or simple for such arms")


RULES = (
    arms,
    each_arm,
    crossing_over,
    each_criterion,
    criteria_of_each_wave,
    each_question,
    shown_if,
    questions_are_asked,
    consent,
    randomisation_parameters,
    randomisation_sizes,
)
