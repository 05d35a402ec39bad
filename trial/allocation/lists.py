"""The designs for participants who come one by one: a list, drawn before the first of them.

A list design walks: in each state it has some moves, each to an arm, with whole numbers as weights. Drawing and
predicting both follow these moves, so that a figure is always about the design that draws.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar, NamedTuple

from trial.allocation.randomness import SYSTEM, Source
from trial.allocation.shares import DesignImpossible, OfArms, spread_of

LONGEST_LIST = 100_000
LONGEST_COUNTED_LIST = 5_000  # the counts of the maximal procedure have as many binary digits as the list has places

State = tuple[int, ...]


class Move(NamedTuple):
    """One way on: to the arm at that position among the arms, `weight` times as likely as a move of weight 1."""

    arm: int
    weight: int
    state: State


@dataclass(frozen=True)
class ListDesign(OfArms, ABC):
    """Drawn in advance for participants who come one by one."""

    longest: ClassVar[int] = LONGEST_LIST

    def draw(self, places: int, source: Source = SYSTEM) -> tuple[str, ...]:
        state, drawn = self.start(places), []
        for _ in range(places):
            move = _chosen(self.moves(state), source)
            state = move.state
            drawn.append(self.arms[move.arm].id)
        return tuple(drawn)

    def start(self, places: int) -> State:
        """The state before the first place of a list of that length."""
        if not 1 <= places <= self.longest:
            raise DesignImpossible(
                f"A list of {places:,} places cannot be drawn by the method {self.method}; allowed are 1 to "
                f"{self.longest:,}. A longer one can follow as a second list."
            )
        return self._start(places)

    @abstractmethod
    def _start(self, places: int) -> State: ...

    @abstractmethod
    def moves(self, state: State) -> tuple[Move, ...]:
        """Every way on, each with a weight above 0."""

    @abstractmethod
    def imbalance(self, state: State) -> Fraction:
        """The largest difference between two arms' numbers, each divided by its ratio."""


def _chosen(moves: tuple[Move, ...], source: Source) -> Move:
    if len(moves) == 1:
        return moves[0]
    rank = source.randbelow(sum(move.weight for move in moves))
    for move in moves:
        rank -= move.weight
        if rank < 0:
            return move
    raise AssertionError("The source gave a number that is not below the one asked for.")


@dataclass(frozen=True)
class Simple(ListDesign):
    """Each place by itself, as by a coin or a die. The state is the number of places of each arm."""

    method = "simple"

    def _start(self, places: int) -> State:
        return (0,) * len(self.arms)

    def moves(self, state: State) -> tuple[Move, ...]:
        return tuple(Move(at, arm.ratio, _changed(state, at, +1)) for at, arm in enumerate(self.arms))

    def imbalance(self, state: State) -> Fraction:
        return spread_of(state, self.arms)


@dataclass(frozen=True)
class PermutedBlocks(ListDesign):
    """Blocks in random order, each with every arm by its ratio; of several sizes, one by chance for each block.

    The state is what is left of each arm in the block; nothing left is the border between two blocks.
    """

    sizes: tuple[int, ...]
    method = "permuted_blocks"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.sizes:
            raise DesignImpossible("Permuted blocks need one block size or several; found none.")
        for size in self.sizes:
            if size < 1 or size % self.ratio_sum:
                raise DesignImpossible(
                    f"A block of {size} does not hold the arms in their ratio; it must be a multiple of "
                    f"{self.ratio_sum}, the sum of the ratios."
                )

    def _start(self, places: int) -> State:
        return (0,) * len(self.arms)

    def moves(self, state: State) -> tuple[Move, ...]:
        if any(state):
            return tuple(Move(at, left, _changed(state, at, -1)) for at, left in enumerate(state) if left)
        blocks = [tuple(arm.ratio * (size // self.ratio_sum) for arm in self.arms) for size in self.sizes]
        # The share of an arm is the same in blocks of every size, so the sizes stay equally likely.
        return tuple(
            Move(at, arm.ratio, _changed(block, at, -1)) for block in blocks for at, arm in enumerate(self.arms)
        )

    def imbalance(self, state: State) -> Fraction:
        return spread_of(state, self.arms)


@dataclass(frozen=True)
class WithinTolerance(ListDesign):
    """Two equal arms whose numbers never differ by more than `mti`, the maximum tolerated imbalance."""

    mti: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.has_two_equal_arms:
            found = " : ".join(str(arm.ratio) for arm in self.arms)
            raise DesignImpossible(
                f"The method {self.method} is for two arms with equal ratios; found {found}. Take cohort_draw, "
                "permuted_blocks or simple for such arms."
            )
        if self.mti < 1:
            raise DesignImpossible(f"The maximum tolerated imbalance is {self.mti}; it must be 1 or more.")

    def imbalance(self, state: State) -> Fraction:
        return Fraction(abs(state[-1]))


@dataclass(frozen=True)
class BigStick(WithinTolerance):
    """A coin for each place, except at the limit, where the smaller arm is next (Soares & Wu 1983).

    The state is the lead of the first arm.
    """

    method = "big_stick"

    def _start(self, places: int) -> State:
        return (0,)

    def moves(self, state: State) -> tuple[Move, ...]:
        leads = (state[0] + 1, state[0] - 1)
        return tuple(Move(at, 1, (lead,)) for at, lead in enumerate(leads) if abs(lead) <= self.mti)


@dataclass(frozen=True)
class MaximalProcedure(WithinTolerance):
    """Every list within the limit is equally likely (Berger, Ivanova & Knoll 2003), by exact counting.

    With `ends_level`, only lists that end with equal numbers. The state is the length of the list, the places
    left, and the lead of the first arm; a move weighs as many lists as it leaves possible.
    """

    ends_level: bool = False
    method = "maximal"
    longest = LONGEST_COUNTED_LIST

    def _start(self, places: int) -> State:
        if self.ends_level and places % 2:
            raise DesignImpossible(f"A list of {places} places cannot end with equal numbers; take an even number.")
        return (places, places, 0)

    def moves(self, state: State) -> tuple[Move, ...]:
        places, left, lead = state
        ways = _completions(self.mti, self.ends_level, places)[left - 1]
        onward = [Move(at, ways.get(to, 0), (places, left - 1, to)) for at, to in enumerate((lead + 1, lead - 1))]
        return tuple(move for move in onward if move.weight)

    def admissible(self, places: int) -> int:
        """How many lists of that length there are."""
        state = self.start(places)
        return _completions(self.mti, self.ends_level, places)[places][state[-1]]


@lru_cache(maxsize=2)
def _completions(mti: int, ends_level: bool, places: int) -> tuple[dict[int, int], ...]:
    """At [left][lead]: the ways to fill the places left without ever passing the limit."""
    layers = [{lead: int(lead == 0 or not ends_level) for lead in range(-mti, mti + 1)}]
    for _ in range(places):
        last = layers[-1]
        layers.append({lead: last.get(lead + 1, 0) + last.get(lead - 1, 0) for lead in last})
    return tuple(layers)


def _changed(state: State, at: int, by: int) -> State:
    return (*state[:at], state[at] + by, *state[at + 1 :])
