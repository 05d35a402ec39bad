"""The flow of participants, counted once for the page and for the report."""

from dataclasses import dataclass

from trial.allocation.visibility import arms_once_unmasked
from trial.flow.counting import Way, flow_counts, members, way_of
from trial.flow.counts import POOLED, Enrolment, FlowCounts
from trial.flow.services.facts import TrialFacts, facts_of
from trial.protocol.models import Trial

NOTHING = FlowCounts(None, ())


@dataclass(frozen=True, slots=True)
class TrialFlow:
    """The counts, how each person went, and the arms of those whose arm may be known: none while masked."""

    counts: FlowCounts
    ways: tuple[Way, ...] = ()
    arms: dict[str, str] | None = None

    @property
    def waves(self) -> tuple[str, ...]:
        """Those after the draw."""
        return tuple(wave.wave for wave in self.counts.arms[0].waves)

    def members(self, box: str, arm: str = POOLED) -> tuple[str, ...] | None:
        """The codes of those in a box, in order; None when there is no such box, or it may not be known."""
        if box.startswith("wave-") and box.removeprefix("wave-") not in self.waves:
            return None
        found = members(self.ways, box)
        if arm == POOLED or found is None:
            return found
        if self.arms is None or arm not in {each.arm for each in self.counts.arms}:
            return None
        return tuple(code for code in found if self.arms.get(code) == arm)


def flow_of(trial: Trial) -> FlowCounts:
    """The counts alone, for a report. By arm once the trial is unmasked; before, everybody together."""
    facts = facts_of(trial)
    return flow_from(trial, facts).counts if facts else NOTHING


def flow_from(trial: Trial, facts: TrialFacts) -> TrialFlow:
    """The flow from facts that were read already (two queries more, for the arms)."""
    ways = tuple(way_of(person, facts.at) for person in facts.people)
    arms = None if facts.at.is_masked else arms_once_unmasked(trial)
    return TrialFlow(flow_counts(ways, facts.at, arms), ways, arms)


def enrolment_counts(trial: Trial) -> Enrolment | None:
    """What happened before randomisation, which no arm has a part in."""
    return flow_of(trial).enrolment
