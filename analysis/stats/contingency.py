"""Tables of counts: the check they must pass and Pearson's chi-square."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2_contingency

from analysis.stats.errors import BadInput, TooFewObservations, counted

LARGEST_COUNT = 10**12


@dataclass(frozen=True)
class ChiSquare:
    """Pearson's chi-square test of a table.

    Attributes
    ----------
    statistic : float
        Zero or more.
    df : int
        (rows - 1) (columns - 1) of the table without its empty rows and columns.
    p : float
        In [0, 1].
    corrected : bool
        Whether Yates' continuity correction was applied (only ever to a 2 x 2 table).
    smallest_expected : float
        Smallest expected count; below 5 the chi-square distribution is a poor approximation.
    n : int
        Sum of the counts.
    """

    statistic: float
    df: int
    p: float
    corrected: bool
    smallest_expected: float
    n: int


def whole_counts(table: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.int64]:
    """Return a table of counts, or refuse what is none.

    Parameters
    ----------
    table : array_like of whole numbers, shape (r, c)

    Raises
    ------
    BadInput
        The table is not two-dimensional, or an entry is no whole number from zero to a million million.

    Examples
    --------
    >>> whole_counts([[3.0, 1.0]])
    array([[3, 1]])
    """
    try:
        given = np.asarray(table)
    except ValueError:
        raise BadInput("A table of counts has rows of equal length.") from None
    if given.ndim != 2:
        raise BadInput(f"A table of counts has rows and columns; {counted(given.ndim, 'dimension')} given.")
    if given.dtype.kind not in "iuf" or not np.isfinite(given).all() or (given != np.floor(given)).any():
        raise BadInput("A table of counts holds whole numbers only; proportions, text or missing were found.")
    if (given < 0).any():
        raise BadInput(f"A count cannot be negative; the smallest is {given.min()}.")
    if (given > LARGEST_COUNT).any():
        raise BadInput(f"A count of {given.max():g} cannot be one of people.")
    return given.astype(np.int64)


def counts_without_empties(table: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.int64]:
    """Return a table of counts without its empty rows and columns.

    Parameters
    ----------
    table : array_like of whole numbers, shape (r, c)

    Returns
    -------
    ndarray of int64, shape (r' >= 2, c' >= 2)

    Raises
    ------
    BadInput
        It is no table of counts, see `whole_counts`.
    TooFewObservations
        Fewer than two rows or columns have a count.

    Examples
    --------
    >>> counts_without_empties([[3, 0, 1], [2, 0, 4]])
    array([[3, 1],
           [2, 4]])
    """
    counts = whole_counts(table)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        raise TooFewObservations(
            f"Only {counted(counts.shape[0], 'row')} and {counted(counts.shape[1], 'column')} with a count: "
            "with everybody in the same category there is nothing to compare."
        )
    return counts


def chi_square(table: ArrayLike | Sequence[ArrayLike], *, correction: bool = False) -> ChiSquare:
    """Return Pearson's chi-square test of independence, empty rows and columns dropped.

    Parameters
    ----------
    table : array_like of whole numbers, shape (r, c)
    correction : bool
        Yates' continuity correction; it exists only for a 2 x 2 table.

    Returns
    -------
    ChiSquare

    Raises
    ------
    BadInput
        No table of counts, or a correction is asked of a table larger than 2 x 2.
    TooFewObservations
        Fewer than two rows or columns have a count.

    Notes
    -----
    sum (observed - expected)^2 / expected on (r - 1)(c - 1) degrees of freedom. Where expected counts are
    below 5 prefer `exact.fisher_freeman_halton`.

    References
    ----------
    Pearson, K. (1900). Philosophical Magazine, 50, 157-175. Yates, F. (1934). Supplement to the Journal of
    the Royal Statistical Society, 1, 217-235.

    Examples
    --------
    >>> test = chi_square([[17, 1], [20, 2]])
    >>> round(test.statistic, 2), test.df, round(test.p, 2)
    (0.18, 1, 0.67)
    """
    counts = counts_without_empties(table)
    if correction and counts.shape != (2, 2):
        raise BadInput(
            f"The continuity correction exists for a 2 x 2 table; this one is {counts.shape[0]} x "
            f"{counts.shape[1]}. Ask for the test without it, or for the exact test."
        )
    found = chi2_contingency(counts, correction=correction)
    return ChiSquare(
        statistic=float(found.statistic),
        df=int(found.dof),
        p=float(found.pvalue),
        corrected=correction,
        smallest_expected=float(found.expected_freq.min()),
        n=int(counts.sum()),
    )
