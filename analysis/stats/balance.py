"""Standardised differences between two arms before treatment."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.stats.contingency import whole_counts
from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations, counted
from analysis.stats.measurements import is_constant, present


def continuous_difference(a: ArrayLike, b: ArrayLike, variable: str = "the variable") -> float:
    """Return the difference of two means in units of the arms' average spread.

    Parameters
    ----------
    a, b : array_like of float, shapes (n,) and (m,)
        Values of each arm, NaN where missing; two or more present in each.
    variable : str
        What the sentence calls it.

    Returns
    -------
    float
        `a` minus `b`, in standard deviations.

    Raises
    ------
    BadInput
        A value is no number, infinite or in an extreme unit.
    TooFewObservations
        Fewer than two values in an arm.
    ConstantOutcome
        Neither arm has any spread.

    Notes
    -----
    (mean_a - mean_b) / sqrt((var_a + var_b) / 2). Unlike Hedges' g each arm weighs the same and nothing is
    corrected: it describes this sample and estimates no effect.

    References
    ----------
    Austin, P. C. (2009). Statistics in Medicine, 28, 3083-3107, section 2.

    Examples
    --------
    >>> round(continuous_difference([4, 5, 6], [1, 2, 3]), 3)
    3.0
    """
    first, second = present(a, variable), present(b, variable)
    if min(len(first), len(second)) < 2:
        raise TooFewObservations(
            f"{variable} has {len(first)} and {counted(len(second), 'value')} in the two arms: each needs two."
        )
    if is_constant(first) and is_constant(second):
        raise ConstantOutcome(
            f"{variable} is the same for everybody within each arm: a difference cannot be standardised."
        )
    spread = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    return float((first.mean() - second.mean()) / spread)


def categorical_difference(a: ArrayLike, b: ArrayLike, variable: str = "the variable") -> float:
    """Return the distance of two distributions over the same categories, in standard deviations.

    Parameters
    ----------
    a, b : array_like of int, shape (levels,)
        Counts of each arm; each arm has somebody. Levels that nobody has are left out.
    variable : str
        What the sentence calls it.

    Returns
    -------
    float
        Zero or more; 0 where both arms have the same shares. Two levels give |difference of proportions|
        over their average spread.

    Raises
    ------
    TooFewObservations
        An arm has nobody.
    BadInput
        The counts are none, or no level is shared enough for a spread: the distance is infinite.

    Notes
    -----
    sqrt((p_a - p_b)' S^-1 (p_a - p_b)) without one level (which one does not matter), S the average of the
    two multinomial covariance matrices.

    References
    ----------
    Yang, D. & Dalton, J. E. (2012). A unified approach to measuring the effect size between two groups. SAS
    Global Forum, paper 335.

    Examples
    --------
    >>> round(categorical_difference([17, 1], [20, 2]), 3)
    0.136
    """
    counts = whole_counts([a, b])
    if (counts.sum(axis=1) == 0).any():
        raise TooFewObservations(f"{variable} has no value in one of the arms.")
    counts = counts[:, counts.sum(axis=0) > 0]
    first, second = counts / counts.sum(axis=1, keepdims=True)
    if np.allclose(first, second, rtol=0, atol=1e-12):
        return 0.0
    both = [np.diag(p) - np.outer(p, p) for p in (first, second)]
    spread = (both[0] + both[1])[1:, 1:] / 2
    apart = (first - second)[1:]
    if np.linalg.matrix_rank(spread, hermitian=True) < len(apart):
        raise BadInput(
            f"{variable}: the arms have no category in common, so their standardised difference is infinite. "
            "Merge categories or leave the variable out."
        )
    return float(np.sqrt(apart @ np.linalg.solve(spread, apart)))
