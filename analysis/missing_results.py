"""What stands in the place of a result that does not exist: the sentence that says why. Pure."""

from collections.abc import Callable
from typing import TypeVar

from analysis.stats.errors import StatisticsError

Found = TypeVar("Found")


def or_why(compute: Callable[[], Found]) -> Found | str:
    """Return what `compute` returns, or the sentence of its refusal, so that one result does not stop the others."""
    try:
        return compute()
    except StatisticsError as problem:
        return str(problem)
