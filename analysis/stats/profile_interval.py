"""Profile-likelihood intervals of fixed effects, as lme4's `confint(method = "profile")`.

The bounds of a contrast b are its extreme values on the region where the ML deviance is at most its minimum
plus the chi-square quantile. At a given variance ratio tau that region is a segment,

    b(tau) +- sqrt(a(tau) (r_max(tau) - r(tau))),     a = l' M^-1 l,

with r the residual sum of squares and r_max the largest that keeps the deviance below the limit. The bounds
are therefore a maximum and a minimum over one variable, and no model is refitted.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri

from analysis.stats.arguments import confidence_level
from analysis.stats.likelihood import RATIO_GRID, deviance, no_residual_variance, optimise
from analysis.stats.mixed import MixedFit
from analysis.stats.participant_sums import ParticipantSums

Array = NDArray[np.float64]
GRID_POINTS = 41
ZOOM_POINTS = 9
ZOOMS = 2


def profile_intervals(fit: MixedFit, contrasts: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Lower and upper bounds of contrasts, from the ML refit of the same data.

    Parameters
    ----------
    fit : MixedFit
        By REML or ML; both give the same.
    contrasts : float array (c, p)
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    tuple of two float arrays (c,)
        In units of the outcome.

    Raises
    ------
    BadInput
        The level is no probability.
    DidNotConverge
        The variance ratio has no upper bound.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> low, high = profile_intervals(small_fit(), np.array([[1.0, -1.0, -1.0, 1.0]]))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([1.23], [3.77])
    """
    confidence_level(level)
    sums = fit.sums
    best = optimise(sums, reml=False)
    limit = best.criterion + float(ndtri((1 + level) / 2)) ** 2
    low, high = _region(sums, best.ratio, limit)
    scaled = fit.contrast_in_units(contrasts)
    signed = np.concatenate([scaled, -scaled])
    bounds = fit.scale * _largest(sums, signed, limit, low, high)
    centre = contrasts @ fit.level
    return centre - bounds[len(scaled) :], centre + bounds[: len(scaled)]


def _region(sums: ParticipantSums, best: float, limit: float) -> tuple[float, float]:
    """Smallest and largest tau / (1 + tau) at which the deviance can be below the limit."""

    def excess(share: float) -> float:
        return float(deviance(sums, share / (1 - share), reml=False)) - limit

    centre = best / (1 + best)
    low = 0.0 if excess(0.0) <= 0 else brentq(excess, 0.0, centre)
    above = RATIO_GRID[best < RATIO_GRID]
    beyond = above[deviance(sums, above, reml=False) > limit]
    if not len(beyond):
        raise no_residual_variance()
    return low, brentq(excess, centre, beyond[0] / (1 + beyond[0]))


def _largest(sums: ParticipantSums, contrasts: Array, limit: float, low: float, high: float) -> Array:
    """Largest value (c,) of each contrast in the region: a shared grid, then finer ones of its own."""
    rows = np.arange(len(contrasts))
    shares = np.broadcast_to(np.linspace(low, high, GRID_POINTS), (len(contrasts), GRID_POINTS))
    reached = _reach(sums, contrasts, shares[0], limit)
    for _ in range(ZOOMS):
        best = np.argmax(reached, axis=1)
        step = shares[:, 1] - shares[:, 0]
        start = np.maximum(shares[rows, best] - step, low)
        stop = np.minimum(shares[rows, best] + step, high)
        shares = np.linspace(start, stop, ZOOM_POINTS, axis=1)
        reached = _reach(sums, contrasts, shares, limit)
    return _vertex(reached)


def _vertex(values: Array) -> Array:
    """Height of the parabola through the highest point of each row and its neighbours."""
    best = np.clip(np.argmax(values, axis=1), 1, values.shape[1] - 2)
    rows = np.arange(len(values))
    before, middle, after = values[rows, best - 1], values[rows, best], values[rows, best + 1]
    bend = before - 2 * middle + after
    inside = (bend < 0) & (middle >= np.maximum(before, after))
    lift = np.where(inside, (before - after) ** 2 / np.where(inside, -8 * bend, 1.0), 0.0)
    return np.maximum(middle + lift, np.max(values, axis=1))


def _reach(sums: ParticipantSums, contrasts: Array, share: Array, limit: float) -> Array:
    """Largest value (c, g) of each contrast at tau / (1 + tau), one grid (g,) or one each (c, g)."""
    ratio = share / (1 - share)
    gram = sums.weighted(ratio)
    inverse = np.linalg.inv(gram[..., :-1, :-1])
    cross = gram[..., :-1, -1]
    coefficients = np.einsum("...ab,...b->...a", inverse, cross)
    residual = gram[..., -1, -1] - np.einsum("...a,...a->...", cross, coefficients)
    log_determinant = -np.log(sums.shrinkage(ratio)) @ sums.count
    allowed = np.exp((limit - log_determinant) / sums.n_obs - 1) * sums.n_obs / (2 * np.pi)
    spare = np.maximum(allowed - residual, 0.0)
    grids = "g" if share.ndim == 1 else "cg"
    centre = np.einsum(f"ca,{grids}a->cg", contrasts, coefficients)
    variance = np.einsum(f"ca,{grids}ab,cb->cg", contrasts, inverse, contrasts)
    return centre + np.sqrt(variance * spare)
