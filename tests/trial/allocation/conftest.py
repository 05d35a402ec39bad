"""Arms, chance that repeats itself, and a list and a cohort that were used as they should be."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from trial.allocation.designs import CohortDraw
from trial.allocation.lists import MaximalProcedure
from trial.allocation.proofs import AllocationList, Cohort, Facts, new_cohort, new_list
from trial.allocation.receipts import Receipt, next_receipt
from trial.allocation.shares import ArmShare

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TWO = (ArmShare("cct", 1), ArmShare("waitlist", 1))
FACTS = Facts("live", "alpha", "5e" * 32, TWO)


class Dice:
    """A source that repeats itself, so that a statistical test cannot fail by chance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def randbelow(self, n: int, /) -> int:
        return self._random.randrange(n)


@pytest.fixture
def dice() -> Dice:
    return Dice(1)


@pytest.fixture(scope="session")
def two() -> tuple[ArmShare, ...]:
    return TWO


@pytest.fixture(scope="session")
def facts() -> Facts:
    return FACTS


@pytest.fixture(scope="session")
def allocation_list() -> AllocationList:
    """Twelve slots."""
    return new_list(FACTS, MaximalProcedure(TWO, mti=4).draw(12))


@pytest.fixture(scope="session")
def used(allocation_list: AllocationList) -> tuple[Receipt, ...]:
    """Receipts of its first seven slots."""
    return receipts_of(allocation_list, 7)


@pytest.fixture(scope="session")
def use() -> Callable[[AllocationList, int], tuple[Receipt, ...]]:
    return receipts_of


def receipts_of(allocation_list: AllocationList, number: int) -> tuple[Receipt, ...]:
    receipts: list[Receipt] = []
    for at, leaf in enumerate(allocation_list.leaves[:number]):
        receipts.append(
            next_receipt(
                allocation_list.id,
                receipts[-1] if receipts else None,
                event="allocated",
                at=START + timedelta(hours=at),
                participant=f"P{at + 1:03}",
                leaf=leaf,
            )
        )
    return tuple(receipts)


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    """Nine participants: one place is odd."""
    return new_cohort(FACTS, [f"P{number:03}" for number in range(9)])


@pytest.fixture(scope="session")
def told(cohort: Cohort) -> tuple[Receipt, ...]:
    """Receipts of its commitment, its draw and its telling."""
    return receipts_of_cohort(cohort)


def receipts_of_cohort(cohort: Cohort) -> tuple[Receipt, ...]:
    committed = next_receipt(cohort.commitment, None, event="committed", at=START, sealed="c2VhbGVk")
    drawn = next_receipt(cohort.commitment, committed, event="drawn", at=START + timedelta(minutes=5))
    return committed, drawn, next_receipt(cohort.commitment, drawn, event="told", at=START + timedelta(minutes=9))


@pytest.fixture(scope="session")
def draw_cohort(two: tuple[ArmShare, ...]) -> CohortDraw:
    return CohortDraw(two)
