"""Tests of baseline differences, for the plans that ask for them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import ttest_ind

from analysis.stats.contingency import chi_square
from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations
from analysis.stats.exact import fisher_freeman_halton
from analysis.stats.measurements import is_constant, present

CONTINUOUS_TESTS = ("student", "welch")
CATEGORICAL_TESTS = ("chi_square", "chi_square_corrected", "fisher")


def baseline_test(
    test: str,
    groups: Sequence[ArrayLike],
    variable: str = "the variable",
    *,
    rng: np.random.Generator | None = None,
) -> tuple[float | None, float | None, float]:
    """Return statistic, df and p of one test.

    Parameters
    ----------
    test : str
        One of `CONTINUOUS_TESTS` or `CATEGORICAL_TESTS`.
    groups : sequence of array_like
        One an arm: float values with NaN where missing, or integer counts of each category.
    variable : str
        What the sentence calls it.
    rng : Generator, optional
        For "fisher" where the table is too large to enumerate.

    Returns
    -------
    tuple of float
        t (second arm minus first) or chi-square, its df and two-sided p in [0, 1]; statistic and df are
        None for the exact test.

    Raises
    ------
    BadInput
        The test is unknown, t is asked for other than two arms, Yates' correction beyond 2 x 2, an
        exact test of a large table without `rng`.
    TooFewObservations
        Everybody is in the same category, or an arm has fewer than two values.
    ConstantOutcome
        Neither arm has any spread.

    Notes
    -----
    Student pools the variances (df n - 2), Welch does not (Satterthwaite df).

    References
    ----------
    Student (1908). Biometrika, 6, 1-25. Welch, B. L. (1947). Biometrika, 34, 28-35.

    Examples
    --------
    >>> t, df, p = baseline_test("student", [np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])])
    >>> round(t, 3), df
    (1.549, 4.0)
    """
    if test in CONTINUOUS_TESTS:
        return _t(test, groups, variable)
    if test == "fisher":
        return None, None, fisher_freeman_halton(groups, rng=rng).p
    if test in CATEGORICAL_TESTS:
        found = chi_square(groups, correction=test == "chi_square_corrected")
        return found.statistic, float(found.df), found.p
    raise BadInput(f"There is no test {test!r}; there are {', '.join(CONTINUOUS_TESTS + CATEGORICAL_TESTS)}.")


def _t(test: str, groups: Sequence[ArrayLike], variable: str) -> tuple[float, float, float]:
    if len(groups) != 2:
        raise BadInput(f"A t test compares two arms; {variable} has {len(groups)}. Ask for no test.")
    first, second = (present(values, variable) for values in groups)
    if min(len(first), len(second)) < 2:
        raise TooFewObservations(f"{variable} has fewer than two values in an arm: there is no t test.")
    if is_constant(first) and is_constant(second):
        raise ConstantOutcome(f"{variable} is the same for everybody within each arm: there is no t test.")
    found = ttest_ind(second, first, equal_var=test == "student")
    return float(found.statistic), float(found.df), float(found.pvalue)
