"""The profiled criterion of the random-intercept model, a function of one variance ratio, and its optimum.

With G = s2 [X y]' V^-1 [X y] its Cholesky factor gives log |X' V^-1 X| and the residual sum of squares r, and

    ML   deviance = sum_i log(1 + n_i tau) + N (1 + log(2 pi r / N))
    REML deviance = sum_i log(1 + n_i tau) + log |M| + (N - p) (1 + log(2 pi r / (N - p)))

where M = s2 X' V^-1 X.

References
----------
Bates, Maechler, Bolker & Walker (2015), Journal of Statistical Software 67(1), equations 34 and 41.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from analysis.stats.errors import ConstantOutcome, DidNotConverge, TooFewObservations
from analysis.stats.participant_sums import ParticipantSums

Array = NDArray[np.float64]

# Three points a decade of the variance ratio, zero included: from an intraclass correlation of 0.00001 up to
# 1 - 0.0000001. Between two neighbours the criterion has one minimum.
RATIO_GRID = np.concatenate([[0.0], np.logspace(-5, 7, 37)])
NO_RESIDUAL = 1e-12


@dataclass(frozen=True)
class Optimum:
    """Fixed effects and variances at the best variance ratio.

    Attributes
    ----------
    ratio : float
        tau = variance between participants / residual variance; exactly 0 at the boundary (singular fit).
    criterion : float
        Deviance there (REML or ML).
    coefficients : float array (p,)
    unscaled_covariance : float array (p, p)
        M^-1; times the residual variance it is the covariance of the coefficients.
    residual_variance : float
    reml : bool
    """

    ratio: float
    criterion: float
    coefficients: Array
    unscaled_covariance: Array
    residual_variance: float
    reml: bool


def deviance(sums: ParticipantSums, ratio: float | Array, *, reml: bool) -> Array:
    """Return -2 log likelihood (or restricted likelihood), shape of `ratio`.

    Parameters
    ----------
    sums : ParticipantSums
    ratio : float or float array
        tau, zero or more.
    reml : bool

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> fit = small_fit()
    >>> bool(deviance(fit.sums, 4.0, reml=True) < deviance(fit.sums, 5.0, reml=True))
    True
    """
    factor = np.linalg.cholesky(sums.weighted(ratio))
    pivots = np.diagonal(factor, axis1=-2, axis2=-1)
    degrees = sums.n_obs - sums.n_fixed if reml else sums.n_obs
    total = -np.log(sums.shrinkage(ratio)) @ sums.count
    total = total + degrees * (1 + np.log(2 * np.pi * pivots[..., -1] ** 2 / degrees))
    if reml:
        total = total + 2 * np.log(pivots[..., :-1]).sum(axis=-1)
    return total


def deviance_slope(sums: ParticipantSums, ratio: float, *, reml: bool) -> float:
    """Return the derivative of the deviance by the variance ratio.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> abs(deviance_slope(small_fit().sums, 4.0, reml=True)) < 1e-12
    True
    """
    shrunk = sums.shrinkage(ratio)
    gram = sums.weighted(ratio)
    change = -sums.between_weighted(sums.size * shrunk**2)
    inverse = np.linalg.inv(gram[:-1, :-1])
    direction = np.append(-inverse @ gram[:-1, -1], 1.0)
    degrees = sums.n_obs - sums.n_fixed if reml else sums.n_obs
    slope = (sums.count * sums.size) @ shrunk
    slope += degrees * (direction @ change @ direction) / (direction @ gram @ direction)
    if reml:
        slope += np.sum(inverse * change[:-1, :-1])
    return float(slope)


def optimise(sums: ParticipantSums, *, reml: bool) -> Optimum:
    """Find the global optimum: a grid chooses the valley, the root of the slope the point in it.

    Parameters
    ----------
    sums : ParticipantSums
    reml : bool

    Returns
    -------
    Optimum
        With `ratio` exactly 0 where the deviance rises from there (a singular fit).

    Raises
    ------
    DidNotConverge
        The criterion still falls at the largest ratio of the grid.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> round(optimise(small_fit().sums, reml=True).ratio, 9)
    4.0
    """
    ratio = _best_ratio(sums, reml=reml)
    gram = sums.weighted(ratio)
    inverse = np.linalg.inv(gram[:-1, :-1])
    inverse = (inverse + inverse.T) / 2
    coefficients = inverse @ gram[:-1, -1]
    residual = gram[-1, -1] - gram[-1, :-1] @ coefficients
    degrees = sums.n_obs - sums.n_fixed if reml else sums.n_obs
    return Optimum(
        ratio=ratio,
        criterion=float(deviance(sums, ratio, reml=reml)),
        coefficients=coefficients,
        unscaled_covariance=inverse,
        residual_variance=float(residual / degrees),
        reml=reml,
    )


def _best_ratio(sums: ParticipantSums, *, reml: bool) -> float:
    values = deviance(sums, RATIO_GRID, reml=reml)
    best = int(np.argmin(values))
    if best == 0 and deviance_slope(sums, 0.0, reml=reml) >= 0:
        return 0.0
    if best == len(RATIO_GRID) - 1:
        raise no_residual_variance()
    low, high = RATIO_GRID[max(best - 1, 0)], RATIO_GRID[best + 1]
    return float(brentq(lambda ratio: deviance_slope(sums, ratio, reml=reml), low, high, xtol=1e-15, rtol=1e-14))


def no_residual_variance() -> DidNotConverge:
    """Return the refusal of an outcome whose variance ratio has no upper bound that can be found.

    Examples
    --------
    >>> type(no_residual_variance()).__name__
    'DidNotConverge'
    """
    return DidNotConverge(
        "Participants differ so much more than their own values vary that the residual variance is estimated as "
        "zero; check that the outcome was measured anew at each time."
    )


def check_variation(sums: ParticipantSums, name: str) -> None:
    """Refuse data that leave nothing to estimate one of the two variances from.

    Raises
    ------
    ConstantOutcome
        No residual at all, or none within participants.
    TooFewObservations
        As many parameters as observations within participants.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> check_variation(small_fit().sums, "y")
    """
    values, vectors = np.linalg.eigh(sums.within[:-1, :-1])
    used = values > 1e-10 * max(values[-1], 1.0)
    free = sums.n_obs - sums.n_participants - np.count_nonzero(used)
    if free < 1:
        raise TooFewObservations(
            f"{name}: {sums.n_obs} observations of {sums.n_participants} participants leave nothing to "
            "estimate the residual variance from; more people with two observations are needed."
        )
    projected = vectors[:, used].T @ sums.within[:-1, -1]
    residual = sums.within[-1, -1] - np.sum(projected**2 / values[used])
    if residual <= NO_RESIDUAL * sums.n_obs:
        raise ConstantOutcome(
            f"{name} does not vary within participants beyond what arm and time explain, so its residual "
            "variance is zero; check that it was measured anew at each time."
        )
