"""By how much the arms' numbers differ in the end: each size with its probability."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from trial.allocation.designs import CohortDraw
from trial.allocation.guessing import steps_of
from trial.allocation.lists import ListDesign, Simple, State
from trial.allocation.randomness import Source
from trial.allocation.shares import spread_of

MOST_STATES = 3_000  # at one place of the list; more take longer than a page may
SIMULATED_LISTS = 2_000
SIMULATED_PLACES = 100_000


@dataclass(frozen=True)
class Imbalances:
    """Pairs of a size (see `shares.spread`) and its probability, the smallest size first.

    `lists`: the number of simulated ones behind the probabilities, 0 where they are exact.
    """

    chances: tuple[tuple[float, float], ...]
    lists: int = 0

    @property
    def largest(self) -> float:
        """That can occur; of simulated ones, that did."""
        return self.chances[-1][0]

    @property
    def mean(self) -> float:
        return sum(size * chance for size, chance in self.chances)

    def within(self, size: float) -> float:
        """Probability of at most that size."""
        return sum(chance for each, chance in self.chances if each <= size)

    def within_error(self, size: float) -> float:
        """Standard error of `within`."""
        chance = self.within(size)
        return math.sqrt(max(chance * (1 - chance), 0) / self.lists) if self.lists else 0.0


def imbalances(design: CohortDraw | ListDesign, places: int, length: int, source: Source) -> Imbalances:
    """After the first places of a list of that length, or of a cohort."""
    if isinstance(design, CohortDraw):
        design.check(places)
    else:
        design.start(length)
    exact = _exact(design, places, length)
    if exact is not None:
        return Imbalances(_sorted(exact))
    drawn = _numbers(design, places, length, source)
    sizes = Counter(spread_of(numbers, design.arms) for numbers in drawn)
    return Imbalances(_sorted({size: number / len(drawn) for size, number in sizes.items()}), lists=len(drawn))


def _sorted(chances: dict[Fraction, float]) -> tuple[tuple[float, float], ...]:
    return tuple((float(size), chance) for size, chance in sorted(chances.items()))


def _exact(design: CohortDraw | ListDesign, places: int, length: int) -> dict[Fraction, float] | None:
    """None when there are too many possibilities to add up."""
    if not isinstance(design, CohortDraw | Simple):
        return _followed(design, places, length)
    if len(design.arms) > 2:
        return None
    first, second = design.arms
    numbers = _rounded_share(design, places) if isinstance(design, CohortDraw) else _tosses(design, places)
    chances: dict[Fraction, float] = defaultdict(float)
    for number, chance in numbers.items():
        chances[abs(Fraction(number, first.ratio) - Fraction(places - number, second.ratio))] += chance
    return chances


def _rounded_share(design: CohortDraw, places: int) -> dict[int, float]:
    """Of two arms: the first one's number with its probability."""
    low, rest = divmod(places * design.arms[0].ratio, design.ratio_sum)
    return {
        low + more: chance / design.ratio_sum for more, chance in ((0, design.ratio_sum - rest), (1, rest)) if chance
    }


def _tosses(design: Simple, places: int) -> dict[int, float]:
    """As `_rounded_share`: the binomial distribution."""
    share = design.arms[0].ratio / design.ratio_sum
    of_one, of_other, ways = math.log(share), math.log1p(-share), math.lgamma(places + 1)
    return {
        number: math.exp(ways - math.lgamma(number + 1) - math.lgamma(left + 1) + number * of_one + left * of_other)
        for number in range(places + 1)
        for left in [places - number]
    }


def _followed(design: ListDesign, places: int, length: int) -> dict[Fraction, float] | None:
    steps = steps_of(design, is_rational=False)
    states: dict[State, float] = {design.start(length): 1.0}
    for _ in range(places):
        following: dict[State, float] = defaultdict(float)
        for state, chance in states.items():
            for _, share, after in steps(state):
                following[after] += chance * share
        if len(following) > MOST_STATES:
            return None
        states = following
    chances: dict[Fraction, float] = defaultdict(float)
    for state, chance in states.items():
        chances[design.imbalance(state)] += chance
    return chances


def _numbers(design: CohortDraw | ListDesign, places: int, length: int, source: Source) -> list[list[int]]:
    """Each arm's number, of simulated lists or cohorts."""
    ids = [arm.id for arm in design.arms]
    if isinstance(design, CohortDraw):
        cohorts = [design.numbers(places, source) for _ in range(SIMULATED_LISTS)]
        return [[numbers[arm] for arm in ids] for numbers in cohorts]
    if isinstance(design, Simple):
        shares = [arm.ratio / design.ratio_sum for arm in design.arms]
        generator = np.random.default_rng(source.randbelow(1 << 128))
        return generator.multinomial(places, shares, size=SIMULATED_LISTS).tolist()
    lists = min(SIMULATED_LISTS, max(10, SIMULATED_PLACES // length))
    drawn = [Counter(design.draw(length, source)[:places]) for _ in range(lists)]
    return [[numbers[arm] for arm in ids] for numbers in drawn]
