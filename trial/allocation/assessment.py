"""One protocol's randomisation, weighed: its figures, what speaks against it, and what would be better."""

from dataclasses import dataclass
from functools import lru_cache

from trial.allocation.advice import Recommendation, Sentence, figures, recommendation, warnings
from trial.allocation.designs import CohortDraw, design_of
from trial.allocation.lists import ListDesign
from trial.allocation.predictability import Predictability, predictability
from trial.allocation.shares import ArmShare, DesignImpossible
from trial.protocol.schema import Protocol
from trial.protocol.schema_enrolment import Randomisation

ON_THE_PROGRAMME = ("programme_start", "programme_end")


@dataclass(frozen=True)
class Assessment:
    """`recommended` is None where the design is the recommended one already."""

    design: CohortDraw | ListDesign
    found: Predictability
    figures: Sentence
    warnings: tuple[Sentence, ...]
    recommended: Recommendation | None

    @property
    def right_percent(self) -> float:
        return round(100 * self.found.right, 1)

    @property
    def certain(self) -> float:
        return round(self.found.certain, 1)

    @property
    def error_points(self) -> float:
        """Standard error of the right guesses in percentage points; 0 where they are exact."""
        return round(100 * self.found.guesses.right_error, 2)


def assess_protocol(protocol: Protocol) -> Assessment | None:
    """For the planned number of participants; None for a design that cannot be drawn."""
    shares = tuple(ArmShare(arm.id, arm.ratio) for arm in protocol.arms)
    in_cohorts = any(wave.anchor in ON_THE_PROGRAMME for wave in protocol.waves)
    try:
        return assess(protocol.randomisation, shares, protocol.target_sample_size, in_cohorts=in_cohorts)
    except DesignImpossible:
        return None


@lru_cache(maxsize=128)
def assess(plan: Randomisation, arms: tuple[ArmShare, ...], participants: int, *, in_cohorts: bool) -> Assessment:
    """Kept for the next reader of the page: the same design always has the same figures. Raises DesignImpossible."""
    design = design_of(plan, arms)
    found = predictability(design, participants, list_length=plan.list_length)
    better = recommendation(arms, in_cohorts=in_cohorts)
    return Assessment(
        design,
        found,
        figures(found),
        warnings(design, found, in_cohorts=in_cohorts),
        None if better.design == design else better,
    )
