"""Kenward and Roger's small-sample covariance and denominator degrees of freedom.

References
----------
Kenward & Roger (1997), Biometrics 53, 983-997.
Halekoh & Hojsgaard (2014), Journal of Statistical Software 59(9) (pbkrtest).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.stats.errors import BadInput
from analysis.stats.mixed import MixedFit, contrast_variances
from analysis.stats.participant_sums import ParticipantSums

Array = NDArray[np.float64]


@dataclass(frozen=True)
class KenwardRoger:
    """What the tests of a fit need; everything in standardised units and per unit of residual variance.

    Attributes
    ----------
    covariance : float array (p, p)
        Unadjusted, Phi.
    adjusted : float array (p, p)
        Phi_A.
    derivatives : float array (2, p, p)
        Phi P_i Phi for the variance between participants and the residual one.
    weights : float array (2, 2)
        Covariance W of the two variance estimates.
    """

    covariance: Array
    adjusted: Array
    derivatives: Array
    weights: Array


# Several tables of one fit need it; only the latest fit is kept.
@lru_cache(maxsize=1)
def kenward_roger(fit: MixedFit) -> KenwardRoger:
    """Compute the adjusted covariance of a REML fit from sums per participant.

    Parameters
    ----------
    fit : MixedFit
        By REML; a singular one as well.

    Returns
    -------
    KenwardRoger

    Raises
    ------
    BadInput
        The fit is not REML.

    Notes
    -----
    With G_1 = Z Z' and G_2 = I, P_i = -X' V^-1 G_i V^-1 X and Q_ij = X' V^-1 G_i V^-1 G_j V^-1 X are sums of
    powers of the shrinkage d = 1 / (1 + n tau), as is tr(V^-1 G_i V^-1 G_j). At a singular fit the same
    formulas hold with tau = 0 (as pbkrtest).

    References
    ----------
    Kenward & Roger (1997), section 2, the adjusted estimator.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> kr = kenward_roger(small_fit())
    >>> (np.diag(kr.adjusted) >= np.diag(kr.covariance) - 1e-12).all()
    np.True_
    """
    if not fit.optimum.reml:
        raise BadInput("Kenward-Roger needs a REML fit; this one is ML.")
    sums, phi = fit.sums, fit.optimum.unscaled_covariance
    d = sums.shrinkage(fit.optimum.ratio)
    first = -np.stack([_between(sums, sums.size * d**2), _within(sums) + _between(sums, d**2)])
    second = _second_products(sums, d)
    derivatives = phi @ first @ phi
    weights = _variance_covariance(sums, d, phi, first, second, derivatives)
    correction = np.einsum("ij,ijab->ab", weights, second - np.einsum("iab,jbc->ijac", first @ phi, first))
    correction = phi @ correction @ phi
    return KenwardRoger(phi, phi + correction + correction.T, derivatives, weights)


def _within(sums: ParticipantSums) -> Array:
    return sums.within[:-1, :-1]


def _between(sums: ParticipantSums, weights: Array) -> Array:
    return sums.between_weighted(weights)[:-1, :-1]


def _second_products(sums: ParticipantSums, d: Array) -> Array:
    both = _between(sums, sums.size**2 * d**3)
    mixed = _between(sums, sums.size * d**3)
    return np.stack([[both, mixed], [mixed, _within(sums) + _between(sums, d**3)]])


def _variance_covariance(
    sums: ParticipantSums, d: Array, phi: Array, first: Array, second: Array, derivatives: Array
) -> Array:
    n, count = sums.size, sums.count
    mixed = count @ (n * d**2)
    traces = np.array([[count @ (n * d) ** 2, mixed], [mixed, count @ (n - 1 + d**2)]])
    information = traces - 2 * np.einsum("ab,ijba->ij", phi, second) + np.einsum("iab,jba->ij", derivatives, first)
    return 2 * np.linalg.pinv(information, hermitian=True)


def kr_standard_errors(fit: MixedFit, kr: KenwardRoger, contrasts: Array) -> Array:
    """Standard errors (c,) of contrasts (c, p), in units of the outcome: sqrt(l' Phi_A l).

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> fit = small_fit()
    >>> kr_standard_errors(fit, kenward_roger(fit), np.array([[-1.0, 1.0, 0.0, 0.0]])).round(6).tolist()
    [0.5]
    """
    scaled = fit.contrast_in_units(contrasts)
    return np.sqrt(contrast_variances(scaled, kr.adjusted)) * fit.sd_residual


def kr_degrees(fit: MixedFit, kr: KenwardRoger, contrasts: Array) -> Array:
    """Denominator degrees of freedom (c,) of one-dimensional contrasts (c, p).

    Notes
    -----
    2 v^2 / (g' W g), v = l' Phi l and g its gradient by the two variances: section 3 of the article for one
    dimension.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> fit = small_fit()
    >>> kr_degrees(fit, kenward_roger(fit), np.array([[-1.0, 1.0, 0.0, 0.0]])).round(6).tolist()
    [2.0]
    """
    scaled = fit.contrast_in_units(contrasts)
    ratios = contrast_variances(scaled, kr.derivatives) / contrast_variances(scaled, kr.covariance)
    return 2 / contrast_variances(ratios.T, kr.weights)


def kr_f_test(fit: MixedFit, kr: KenwardRoger, contrasts: Array) -> tuple[float, float]:
    """Return the scaled F and its denominator degrees of freedom for q independent contrasts (q, p).

    Notes
    -----
    Kenward & Roger (1997), section 3: F* = lambda (L b)' (L Phi_A L')^-1 (L b) / q, where lambda and the
    degrees of freedom match two moments and are exact for Hotelling's T2 and balanced designs. Both are NaN where
    very few participants make the scale or the degrees of freedom negative.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> fit = small_fit()
    >>> f, df = kr_f_test(fit, kenward_roger(fit), np.array([[1.0, -1.0, -1.0, 1.0]]))
    >>> round(f, 6), round(df, 6)
    (12.5, 2.0)
    """
    q = len(contrasts)
    scaled = fit.contrast_in_units(contrasts)
    inverse = np.linalg.inv(scaled @ kr.covariance @ scaled.T)
    moved = inverse @ scaled @ kr.derivatives @ scaled.T
    traces = np.trace(moved, axis1=1, axis2=2)
    a1 = float(traces @ kr.weights @ traces)
    a2 = float(np.einsum("ij,iqr,jrq->", kr.weights, moved, moved))
    degrees = _denominator(a1, a2, q)
    scale = _f_scale(a2, q, degrees)
    if not (scale > 0 and degrees > 0):
        return math.nan, math.nan
    estimate = contrasts @ fit.coefficients / fit.sd_residual
    adjusted = scaled @ kr.adjusted @ scaled.T
    return float(scale * (estimate @ np.linalg.solve(adjusted, estimate)) / q), degrees


def _f_scale(a2: float, q: int, degrees: float) -> float:
    if q == 1:
        return 1.0
    if abs(degrees - 2) < 0.01:  # as pbkrtest: the quotient below is 0 / 0 there
        return 1.0
    return (1 - a2 / q) / (1 - 2 / degrees)


def _denominator(a1: float, a2: float, q: int) -> float:
    if q == 1:
        return 2 / a2
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    base = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / base, (q - g) / base, (q + 2 - g) / base
    v0, v1, v2 = 1 + c1 * b, 1 - c2 * b, 1 - c3 * b
    v0 = 0.0 if abs(v0) < 1e-10 else v0
    # Both vanish together in designs where the limit of their ratio is 1 (as pbkrtest).
    numerator = 1 - a2 / q
    shrink = 1.0 if abs(numerator) < 1e-14 and abs(v1) < 1e-14 else numerator / v1
    excess = shrink**2 * v0 - v2
    return 4 + (q + 2) * v2 / excess if excess else math.inf
