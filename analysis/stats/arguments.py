"""What a number given by the caller must be: counts, shares, confidence levels."""

from typing import Literal

import numpy as np

from analysis.stats.errors import BadInput


def whole_number(value: object, name: str, least: int) -> int:
    """Return a count, or refuse what is none.

    Parameters
    ----------
    value : int
        Python's or NumPy's.
    name : str
        What the sentence calls it.
    least : int
        The smallest that is allowed.

    Raises
    ------
    BadInput
        `value` is no whole number or is below `least`.

    Examples
    --------
    >>> whole_number(44, "total_n", least=2)
    44
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise BadInput(f"{name} must be a whole number of at least {least}; {value!r} was given.")
    return int(value)


def number_between(
    value: object, name: str, low: float, high: float, *, closed: Literal["neither", "low", "both"] = "neither"
) -> float:
    """Return a number of an interval, or refuse what is none.

    Parameters
    ----------
    value : float
    name : str
        What the sentence calls it.
    low, high : float
    closed : {"neither", "low", "both"}
        Which of the ends are allowed.

    Raises
    ------
    BadInput
        `value` is no number or is outside.

    Examples
    --------
    >>> number_between(0.05, "alpha", 0, 1)
    0.05
    """
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        at_end = (value == low and closed != "neither") or (value == high and closed == "both")
        if low < value < high or at_end:
            return float(value)
    left, right = "(" if closed == "neither" else "[", "]" if closed == "both" else ")"
    raise BadInput(f"{name} must be a number in {left}{low:g}, {high:g}{right}; {value!r} was given.")


def confidence_level(level: object) -> float:
    """Return the confidence level of an interval, in (0, 1), or refuse what is none.

    Raises
    ------
    BadInput
        `level` is no number between 0 and 1: most often a percentage.

    Examples
    --------
    >>> confidence_level(0.95)
    0.95
    """
    return number_between(level, "The confidence level", 0, 1)
