"""What must agree in the parts about scores: safety thresholds, outcomes, and their analysis."""

from collections.abc import Iterator

from trial.protocol.kinds import InstrumentScores
from trial.protocol.mistakes import Mistake, entry, listed
from trial.protocol.reader import shown
from trial.protocol.rules_enrolment import before_randomisation
from trial.protocol.schema import Protocol
from trial.protocol.schema_analysis import AnalysisSet, Contrast, Norm, Outcome, ReliableChange
from trial.protocol.schema_conduct import SafetyRule
from trial.protocol.schema_enrolment import Arm
from trial.protocol.unread import NotRead, named, of_each

NORMS_OF_CUT_OFF = {
    "a": ("dysfunctional",),
    "b": ("functional",),
    "c": ("functional", "dysfunctional"),
    "none": (),
}


def score_exists(
    protocol: Protocol, place: str, part: SafetyRule | Outcome, instruments: InstrumentScores
) -> Iterator[Mistake]:
    scores = instruments.get(part.instrument or "")
    if scores is not None and part.score is not None and part.score not in scores:
        allowed = f"a score of {part.instrument}: {listed(scores)}"
        yield Mistake(f"{place}.score", shown(part.score), allowed)


def score_range(instruments: InstrumentScores, slug: str, score: str) -> tuple[float, float]:
    """Lowest and highest value. What does not exist has been noted elsewhere and counts as not read."""
    if slug not in instruments or score not in instruments[slug]:
        raise NotRead
    return instruments[slug][score]


@of_each("safety.rules")
def thresholds(protocol: Protocol, place: str, rule: SafetyRule, instruments: InstrumentScores) -> Iterator[Mistake]:
    """A threshold is one that some scores reach and others do not."""
    low, high = score_range(instruments, rule.instrument, rule.score)
    if (rule.at_least is None) == (rule.at_most is None):
        found = "neither" if rule.at_least is None else "both"
        yield Mistake(place, found, "one of at_least and at_most")
    elif rule.at_least is not None and not low < rule.at_least <= high:
        allowed = f"a number above {low:g} up to {high:g}, the range of {rule.score}"
        yield Mistake(f"{place}.at_least", f"{rule.at_least:g}", allowed)
    elif rule.at_most is not None and not low <= rule.at_most < high:
        allowed = f"a number from {low:g} and below {high:g}, the range of {rule.score}"
        yield Mistake(f"{place}.at_most", f"{rule.at_most:g}", allowed)


@of_each("safety.rules")
def each_safety_rule(
    protocol: Protocol, place: str, rule: SafetyRule, instruments: InstrumentScores
) -> Iterator[Mistake]:
    asked = sorted({slug for wave in protocol.waves for slug in wave.instruments})
    soonest = protocol.safety.escalates_after_hours
    if rule.deadline_hours <= soonest:
        allowed = f"more than {soonest}, the hours after which it escalates"
        yield Mistake(f"{place}.deadline_hours", f"{rule.deadline_hours}", allowed)
    if rule.instrument in instruments and rule.instrument not in asked:
        allowed = f"one that a wave asks: {listed(asked)}"
        yield Mistake(f"{place}.instrument", shown(rule.instrument), allowed)


@of_each("outcomes")
def each_outcome(protocol: Protocol, place: str, outcome: Outcome, instruments: InstrumentScores) -> Iterator[Mistake]:
    """Either a score or a measurement, collected at the reference wave and at every wave of a contrast."""
    needed = dict.fromkeys([protocol.analysis.reference_wave, *(c.wave for c in protocol.analysis.contrasts)])
    keys = ("instrument", "score", "measurement")
    given = tuple(key for key in keys if getattr(outcome, key) is not None)
    if given not in (("instrument", "score"), ("measurement",)):
        yield Mistake(place, listed(given, "and"), "either instrument and score, or measurement")
        return
    source = outcome.measurement or outcome.instrument
    for wave in [named(protocol.waves, id) for id in needed]:
        if source not in (*wave.instruments, *wave.measurements):
            found = f"{shown(source)}, which the wave {wave.id} does not collect"
            yield Mistake(f"{place}.{given[0]}", found, "one that every analysed wave collects")


def a_primary_outcome(protocol: Protocol, instruments: InstrumentScores) -> Iterator[Mistake]:
    if "primary" not in [outcome.priority for outcome in protocol.outcomes]:
        yield Mistake("outcomes", "no outcome whose priority is primary", "at least one")


@of_each("outcomes")
def each_reliable_change(
    protocol: Protocol, place: str, outcome: Outcome, instruments: InstrumentScores
) -> Iterator[Mistake]:
    change, where = outcome.reliable_change, f"{place}.reliable_change"
    if change is None:
        return
    if outcome.higher_is == "neither":
        yield Mistake(where, "a table", "none for an outcome of which higher is neither better nor worse")
    yield from _norms_needed(where, change)
    low, high = score_range(instruments, outcome.instrument or "", outcome.score or "")
    for key, norm in _norms(change).items():
        if not low <= norm.mean <= high:
            allowed = f"a number from {low:g} to {high:g}, the range of {outcome.score}"
            yield Mistake(f"{where}.{key}.mean", f"{norm.mean:g}", allowed)


def _norms(change: ReliableChange) -> dict[str, Norm]:
    both = {"functional": change.functional, "dysfunctional": change.dysfunctional}
    return {key: norm for key, norm in both.items() if norm is not None}


def _norms_needed(place: str, change: ReliableChange) -> Iterator[Mistake]:
    reasons = dict.fromkeys(NORMS_OF_CUT_OFF[change.cut_off], f"the cut-off {change.cut_off}")
    if change.sd_from != "baseline":
        reasons[change.sd_from] = f"sd_from {change.sd_from}"
    for key, reason in reasons.items():
        if key not in _norms(change):
            yield Mistake(f"{place}.{key}", "nothing", f"a table with mean, sd and source for {reason}")


def reference_wave(protocol: Protocol, instruments: InstrumentScores) -> Iterator[Mistake]:
    before = before_randomisation(protocol)
    wave = named(protocol.waves, protocol.analysis.reference_wave)
    if wave.id not in before:
        allowed = f"a wave before randomisation: {listed(before)}"
        yield Mistake("analysis.reference_wave", shown(wave.id), allowed)


@of_each("analysis.contrasts")
def each_contrast(
    protocol: Protocol, place: str, contrast: Contrast, instruments: InstrumentScores
) -> Iterator[Mistake]:
    """Between two arms, at a wave after randomisation and not after one of them has crossed over."""
    before = before_randomisation(protocol)
    if contrast.arm == contrast.against:
        yield Mistake(f"{place}.against", shown(contrast.against), "another arm than the contrast's arm")
    if contrast.wave in before:
        yield Mistake(f"{place}.wave", shown(contrast.wave), "a wave after randomisation")
    for arm in (named(protocol.arms, contrast.arm), named(protocol.arms, contrast.against)):
        if contrast.wave in _after_crossing(protocol, arm):
            allowed = f"a wave up to {arm.crosses_over_after}, after which {arm.id} crosses over"
            yield Mistake(f"{place}.wave", shown(contrast.wave), allowed)


def _after_crossing(protocol: Protocol, arm: Arm) -> list[str]:
    if arm.crosses_over_after is None:
        return []
    waves = [wave.id for wave in protocol.waves]
    return waves[waves.index(named(protocol.waves, arm.crosses_over_after).id) + 1 :]


def analysis_sets(protocol: Protocol, instruments: InstrumentScores) -> Iterator[Mistake]:
    primary = [a_set.id for a_set in protocol.analysis.sets if a_set.is_primary]
    if len(primary) != 1:
        yield Mistake("analysis.sets", f"{len(primary)} primary sets", "one set with is_primary = true")


@of_each("analysis.sets")
def each_analysis_set(
    protocol: Protocol, place: str, a_set: AnalysisSet, instruments: InstrumentScores
) -> Iterator[Mistake]:
    sessions = min(len(programme.sessions) for programme in protocol.programmes)
    if a_set.at_least_sessions is not None and a_set.at_least_sessions > sessions:
        allowed = f"1 to {sessions}, the number of sessions"
        yield Mistake(f"{place}.at_least_sessions", f"{a_set.at_least_sessions}", allowed)
    for number, id in enumerate(a_set.leaves_out, start=1):
        if named(protocol.criteria, id).kind == "inclusion":
            allowed = "the id of an exclusion criterion"
            yield Mistake(entry(f"{place}.leaves_out", number), shown(id), allowed)


def change_categories(protocol: Protocol, instruments: InstrumentScores) -> Iterator[Mistake]:
    plan, order = protocol.analysis.reliable_change, [wave.id for wave in protocol.waves]
    changing = [outcome.id for outcome in protocol.outcomes if outcome.reliable_change is not None]
    if plan is None:
        if changing:
            allowed = f"a table, since the outcome {changing[0]} has reliable_change"
            yield Mistake("analysis.reliable_change", "nothing", allowed)
        return
    first, second = named(protocol.waves, plan.from_wave).id, named(protocol.waves, plan.to_wave).id
    if order.index(first) >= order.index(second):
        yield Mistake("analysis.reliable_change.to_wave", shown(second), f"a wave after {first}")


RULES = (
    of_each("safety.rules")(score_exists),
    of_each("outcomes")(score_exists),
    thresholds,
    each_safety_rule,
    each_outcome,
    a_primary_outcome,
    each_reliable_change,
    reference_wave,
    each_contrast,
    analysis_sets,
    each_analysis_set,
    change_categories,
)
