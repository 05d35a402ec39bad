"""What measured values must be: real, finite numbers or missing, and not all the same."""

from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.stats.errors import BadInput

# Sums of squares of numbers up to this one stay far from overflow, those of its inverse from zero.
LARGEST = 1e140


def as_numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return values as float64, missing ones as NaN.

    Parameters
    ----------
    values : array_like, shape (n,)
        Integers or floats, NumPy's, pandas' nullable ones or Python objects. Numbers in the form of text are
        refused: whoever wrote them knows whether the comma is a decimal sign.
    name : str
        What the sentence calls them.

    Returns
    -------
    ndarray of float64, shape (n,)
        Finite or NaN.

    Raises
    ------
    BadInput
        A value is text, true/false, a date or complex, or is infinite.

    Examples
    --------
    >>> as_numbers([3, None], "stress")
    array([ 3., nan])
    """
    try:
        column = values if isinstance(values, pd.Series) else pd.Series(values)
    except ValueError:
        raise BadInput(f"{name} must be one number a row; a table was given.") from None
    kind = pd.api.types
    if kind.is_bool_dtype(column) or kind.is_complex_dtype(column) or not kind.is_numeric_dtype(column):
        _refuse_words(column, name)
        column = column.astype(object)
    try:
        found = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except OverflowError:
        raise BadInput(f"{name} has a whole number of more than 308 digits; correct it or leave it empty.") from None
    _refuse_infinite(found, name)
    return found


def _refuse_words(column: pd.Series, name: str) -> None:
    values = column.tolist()
    strange = [row for row, value in enumerate(values) if not _is_number_or_missing(value)]
    if strange:
        # Where all was read as text, the word is the mistake and the digits before it are not.
        row = next((row for row in strange if not _is_digits(values[row])), strange[0])
        value = values[row]
        what = "text" if isinstance(value, str) else type(value).__name__
        raise BadInput(f"{name} has {what} in row {row + 1} ({value!r}); it must hold numbers.")
    if isinstance(column.dtype, pd.CategoricalDtype) and column.notna().any():
        raise BadInput(f"{name} is categorical; it must hold numbers.")


def _is_number_or_missing(value: object) -> bool:
    if isinstance(value, (bool, np.bool_)) or not pd.api.types.is_scalar(value):
        return False
    return isinstance(value, (Real, Decimal)) or bool(pd.isna(value))


def _is_digits(value: object) -> bool:
    return isinstance(value, str) and bool(pd.notna(pd.to_numeric(value, errors="coerce")))


def _refuse_infinite(values: NDArray[np.float64], name: str) -> None:
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise BadInput(f"{name} has an infinite value in {first_row(infinite)}; correct it or leave it empty.")


def first_row(positions: NDArray[np.intp]) -> str:
    """Write where something was found, counted from 1.

    Examples
    --------
    >>> first_row(np.array([4, 7]))
    'row 5 and 1 more'
    """
    more = f" and {positions.size - 1} more" if positions.size > 1 else ""
    return f"row {positions[0] + 1}{more}"


def refuse_extreme(values: NDArray[np.float64], name: str) -> None:
    """Refuse values whose squares leave the range of a computer's numbers.

    Raises
    ------
    BadInput
        The largest is beyond 1e140, or below 1e-140 and not zero.

    Examples
    --------
    >>> refuse_extreme(np.array([1e9, 0.0]), "cortisol")
    """
    largest = np.nanmax(np.abs(values), initial=0.0)
    if largest > LARGEST or 0 < largest < 1 / LARGEST:
        raise BadInput(f"{name} has values of the size of {largest:.0e}; write it in another unit.")


def present(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return the values that are not missing, in a unit whose squares can be added; see `as_numbers`.

    Examples
    --------
    >>> present([3, None], "stress")
    array([3.])
    """
    found = as_numbers(values, name)
    refuse_extreme(found, name)
    return found[~np.isnan(found)]


def is_constant(values: NDArray[np.float64]) -> bool:
    """Whether all values, one or more, are the same but for rounding.

    Examples
    --------
    >>> is_constant(np.array([0.3, 0.1 + 0.2]))
    True
    """
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())
