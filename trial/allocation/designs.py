"""The ways to make an order of arms, and how a protocol's randomisation becomes one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from trial.allocation.lists import BigStick, ListDesign, MaximalProcedure, PermutedBlocks, Simple
from trial.allocation.randomness import SYSTEM, Source, shuffled
from trial.allocation.shares import ArmShare, DesignImpossible, OfArms
from trial.protocol.rules_enrolment import PARAMETERS
from trial.protocol.schema_enrolment import Arm, Randomisation


class Design(Protocol):
    """What every design is. `draw` gives the ids of the arms in the order of the places.

    Raises DesignImpossible for a number of places that the design cannot fill.
    """

    @property
    def arms(self) -> tuple[ArmShare, ...]: ...

    def draw(self, places: int, source: Source = SYSTEM) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class CohortDraw(OfArms):
    """A closed cohort at once: every arm's number is its exact share, rounded down or up by chance.

    The draw, step by step, so that others can repeat it (`n` places, `R` the sum of the ratios):
    1. shuffle the arms; u = a number below R; c = 0
    2. in that order: rest = n * ratio mod R; the arm gets n * ratio div R places, and one more if
       (u - c) mod R < rest; c = c + rest. Thus one more comes with probability rest / R.
    3. write down each arm's id as often as it has places, in the order of the arms, and shuffle.
    """

    method = "cohort_draw"

    def draw(self, places: int, source: Source = SYSTEM) -> tuple[str, ...]:
        numbers = self.numbers(places, source)
        return tuple(shuffled([arm.id for arm in self.arms for _ in range(numbers[arm.id])], source))

    def numbers(self, places: int, source: Source) -> dict[str, int]:
        """Places of each arm."""
        self.check(places)
        order = shuffled(self.arms, source)
        start, passed, numbers = source.randbelow(self.ratio_sum), 0, {}
        for arm in order:
            whole, rest = divmod(places * arm.ratio, self.ratio_sum)
            numbers[arm.id] = whole + ((start - passed) % self.ratio_sum < rest)
            passed += rest
        return numbers

    def check(self, places: int) -> None:
        """Refuse a cohort that cannot be drawn."""
        if places < len(self.arms):
            raise DesignImpossible(
                f"A cohort of {places} cannot be drawn into {len(self.arms)} arms: it needs {len(self.arms)} "
                "participants or more. Close it later, or join it with another."
            )


METHODS: dict[str, Callable[[tuple[ArmShare, ...], Randomisation], CohortDraw | ListDesign]] = {
    "cohort_draw": lambda arms, plan: CohortDraw(arms),
    "maximal": lambda arms, plan: MaximalProcedure(arms, mti=plan.mti or 0),
    "big_stick": lambda arms, plan: BigStick(arms, mti=plan.mti or 0),
    "permuted_blocks": lambda arms, plan: PermutedBlocks(arms, sizes=plan.block_sizes),
    "simple": lambda arms, plan: Simple(arms),
}


def design_of(plan: Randomisation, arms: Sequence[Arm | ArmShare]) -> CohortDraw | ListDesign:
    """The design that a protocol's randomisation and arms state."""
    for key in ("mti", "block_sizes", "list_length"):
        value = getattr(plan, key)
        is_given, is_wanted = value not in (None, ()), key in PARAMETERS[plan.method]
        if is_given and not is_wanted:
            raise DesignImpossible(f"The method {plan.method} knows no {key}, but the protocol says {value}.")
        if is_wanted and not is_given:
            raise DesignImpossible(f"The method {plan.method} needs a value of {key}; the protocol has none.")
    return METHODS[plan.method](tuple(ArmShare(arm.id, arm.ratio) for arm in arms), plan)
