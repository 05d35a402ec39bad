"""The effects that a simulated trial is made with, and totals of answers that hold them.

Every draw follows from a seed, the person's code and the outcome, so that nothing has to be remembered between waves.
"""

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("planted.toml")


@dataclass(frozen=True, slots=True)
class Planted:
    """One outcome, in its own unit. `waiting` and `effect` have one value for each wave after the draw."""

    baseline: float
    waiting: tuple[float, ...]
    effect: tuple[float, ...]
    sd_between_people: float
    sd_within_people: float


@dataclass(frozen=True, slots=True)
class Scale:
    """The whole numbers that a total of items can have, and how many of its units make one of the score."""

    low: int
    high: int
    per_score: int = 1


@cache
def planted() -> Mapping[str, Planted]:
    """By the outcome's id in the model trial's protocol."""
    return {
        outcome: Planted(
            each["baseline"],
            tuple(each["waiting"]),
            tuple(each["effect"]),
            each["sd_between_people"],
            each["sd_within_people"],
        )
        for outcome, each in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
    }


def first_totals(outcome: str, codes: Sequence[str], scale: Scale, *, seed: str) -> dict[str, int]:
    """Totals before the draw, around the planted mean of all."""
    of = planted()[outcome]
    wanted = {code: of.baseline + _own(of, outcome, code, 0, seed) for code in codes}
    return _with_mean(of.baseline, wanted, scale, random.Random(f"{seed} {outcome} 0"))  # noqa: S311  a simulation


def later_totals(
    outcome: str, first: Mapping[str, int], scale: Scale, *, wave: int, in_programme: bool, seed: str
) -> dict[str, int]:
    """Totals of one arm's people at the `wave`-th wave after the draw, from 1; `first` holds theirs before it.

    Their mean lies as far from their own mean before the draw as was planted, but for rounding.
    """
    of = planted()[outcome]
    before = sum(first.values()) / len(first) / scale.per_score
    change = of.waiting[wave - 1] + (of.effect[wave - 1] if in_programme else 0.0)
    wanted = {code: before + change + _own(of, outcome, code, wave, seed) for code in first}
    return _with_mean(before + change, wanted, scale, random.Random(f"{seed} {outcome} {wave} {in_programme}"))  # noqa: S311


def _own(of: Planted, outcome: str, code: str, wave: int, seed: str) -> float:
    """How far a person is from the mean: always by their own part, and by chance at this wave."""
    lasting = random.Random(f"{seed} {outcome} {code}").gauss(0, of.sd_between_people)  # noqa: S311
    passing = random.Random(f"{seed} {outcome} {code} {wave}").gauss(0, of.sd_within_people)  # noqa: S311
    return lasting + passing


def _with_mean(mean: float, wanted: Mapping[str, float], scale: Scale, chance: random.Random) -> dict[str, int]:
    """Whole totals within the scale, as near to the wanted ones as lets their mean be the one asked for."""
    totals = {code: min(scale.high, max(scale.low, round(value * scale.per_score))) for code, value in wanted.items()}
    aim = min(scale.high * len(totals), max(scale.low * len(totals), round(mean * scale.per_score * len(totals))))
    while (missing := aim - sum(totals.values())) != 0:
        step = 1 if missing > 0 else -1
        movable = [code for code, total in totals.items() if scale.low <= total + step <= scale.high]
        for code in chance.sample(movable, min(abs(missing), len(movable))):
            totals[code] += step
    return totals
