"""Guesses of one who knows a list's design and every earlier arm, and always names the likeliest next.

What he knows is a belief: with which probability the design is in which state. For most designs the earlier arms
tell the state, and beliefs are few; with blocks of random sizes the borders stay hidden and beliefs multiply.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from trial.allocation.lists import ListDesign, PermutedBlocks, State
from trial.allocation.randomness import Source

MOST_BELIEFS = 1_000  # at one place of the list; more take longer than a page may
RATIONAL_UP_TO = 200  # places; with more, fractions grow so long that floating point has to do
SIMULATED_PLACES = 30_000  # in all simulated lists together
FEWEST_LISTS = 10

Number = Fraction | float
Belief = tuple[tuple[State, Number], ...]
Steps = Callable[[State], tuple[tuple[int, Number, State], ...]]


@dataclass(frozen=True)
class Guesses:
    """`right`: expected share of right guesses, 0 to 1. `certain`: expected number of places whose arm is known
    beforehand. Standard errors and the number of lists are 0 where the figures are exact."""

    right: float
    certain: float
    right_error: float = 0.0
    certain_error: float = 0.0
    lists: int = 0


def guesses(design: ListDesign, places: int, length: int, source: Source, most_beliefs: int = MOST_BELIEFS) -> Guesses:
    """For the first places of a list of that length: exact, or simulated when there are too many beliefs."""
    return _followed(design, places, length, most_beliefs) or _simulated(design, places, length, source)


def steps_of(design: ListDesign, *, is_rational: bool) -> Steps:
    """A function of a state: each way on as arm, probability and next state."""

    @cache
    def steps(state: State) -> tuple[tuple[int, Number, State], ...]:
        moves = design.moves(state)
        total = sum(move.weight for move in moves)
        # Two whole numbers too long for floating point still have a quotient that is not.
        return tuple(
            (move.arm, Fraction(move.weight, total) if is_rational else move.weight / total, move.state)
            for move in moves
        )

    return steps


def _followed(design: ListDesign, places: int, length: int, most_beliefs: int) -> Guesses | None:
    """Exact figures from all beliefs, each with its probability; None when there are too many."""
    is_rational = places <= RATIONAL_UP_TO and not _has_hidden_states(design)
    steps, number = steps_of(design, is_rational=is_rational), Fraction if is_rational else float
    beliefs: dict[Belief, Number] = {((design.start(length), number(1)),): number(1)}
    right, certain = number(0), number(0)
    for _ in range(places):
        following: dict[Belief, Number] = defaultdict(number)
        for belief, chance in beliefs.items():
            ways = _ways(steps, belief)
            right += chance * max(share for share, _ in ways.values())
            certain += chance * (len(ways) == 1)
            for share, after in ways.values():
                following[after] += chance * share
        if len(following) > most_beliefs:
            return None
        beliefs = following
    return Guesses(right=float(right / places), certain=float(certain))


def _has_hidden_states(design: ListDesign) -> bool:
    return isinstance(design, PermutedBlocks) and len(design.sizes) > 1


def _ways(steps: Steps, belief: Belief) -> dict[int, tuple[Number, Belief]]:
    """For each arm that may be next: its probability, and the belief of one who has seen it."""
    onward: dict[int, dict[State, Number]] = {}
    for state, chance in belief:
        for arm, share, following in steps(state):
            states = onward.setdefault(arm, {})
            states[following] = states.get(following, 0) + chance * share
    return {arm: _seen(states) for arm, states in onward.items()}


def _seen(states: dict[State, Number]) -> tuple[Number, Belief]:
    """Their probability together, and their probabilities once one of them is known to hold."""
    share = sum(states.values())
    if isinstance(share, Fraction):
        return share, tuple(sorted((state, chance / share) for state, chance in states.items()))
    # Rounding joins beliefs that differ by the order of additions only.
    return share, tuple(sorted((state, round(chance / share, 11)) for state, chance in states.items()))


def _simulated(design: ListDesign, places: int, length: int, source: Source) -> Guesses:
    """From drawn lists; at each place the guesser's probability counts, not whether he happens to be right."""
    lists = max(FEWEST_LISTS, SIMULATED_PLACES // places)
    chances_of = _follower(design, length)
    chances = np.array([chances_of(design.draw(length, source)[:places]) for _ in range(lists)])
    rights, certains = chances.mean(axis=1), (chances == 1).sum(axis=1)
    return Guesses(
        right=float(rights.mean()),
        certain=float(certains.mean()),
        right_error=float(rights.std(ddof=1) / math.sqrt(lists)),
        certain_error=float(certains.std(ddof=1) / math.sqrt(lists)),
        lists=lists,
    )


def _follower(design: ListDesign, length: int) -> Callable[[Sequence[str]], list[float]]:
    """A function of a drawn list: at each place, the probability that the best guess is right."""
    steps, positions = steps_of(design, is_rational=False), {arm.id: at for at, arm in enumerate(design.arms)}
    known: dict[Belief, dict[int, tuple[Number, Belief]]] = {}

    def chances_of(drawn: Sequence[str]) -> list[float]:
        belief: Belief = ((design.start(length), 1.0),)
        chances = []
        for arm in drawn:
            if belief not in known:
                known[belief] = _ways(steps, belief)
            ways = known[belief]
            # Sums of rounded numbers may miss 1 by a hair; one way on is certainty.
            chances.append(1.0 if len(ways) == 1 else float(max(share for share, _ in ways.values())))
            belief = ways[positions[arm]][1]
        return chances

    return chances_of
