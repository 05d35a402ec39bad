"""Arms and their shares, which every design divides places by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, NamedTuple

LARGEST_RATIO = 1_000


class DesignImpossible(ValueError):
    """Arms, numbers and method do not go together; the message says which and what would."""


class ArmShare(NamedTuple):
    """An arm and its part of the ratio: 2 and 1 are two thirds and one third."""

    id: str
    ratio: int


@dataclass(frozen=True)
class OfArms:
    """Two to many arms, each with a ratio of one or more."""

    arms: tuple[ArmShare, ...]
    method: ClassVar[str]

    def __post_init__(self) -> None:
        if len(self.arms) < 2 or len({arm.id for arm in self.arms}) < len(self.arms):
            named = ", ".join(arm.id for arm in self.arms) or "none"
            raise DesignImpossible(f"A design needs two or more different arms; found {named}.")
        for arm in self.arms:
            if not 1 <= arm.ratio <= LARGEST_RATIO:
                raise DesignImpossible(
                    f"The arm {arm.id} has the ratio {arm.ratio}; it must be a whole number from 1 to {LARGEST_RATIO}."
                )

    @property
    def ratio_sum(self) -> int:
        return sum(arm.ratio for arm in self.arms)

    @property
    def has_two_equal_arms(self) -> bool:
        return len(self.arms) == 2 and self.arms[0].ratio == self.arms[1].ratio


def spread_of(numbers: Sequence[int], arms: Sequence[ArmShare]) -> Fraction:
    parts = [Fraction(number, arm.ratio) for number, arm in zip(numbers, arms, strict=True)]
    return max(parts) - min(parts)


def spread(drawn: Iterable[str], arms: Sequence[ArmShare]) -> Fraction:
    """The imbalance of a drawn order: the largest difference between two arms' numbers divided by their ratios."""
    order = list(drawn)
    return spread_of([order.count(arm.id) for arm in arms], arms)
