"""Satterthwaite degrees of freedom, as lmerTest.

References
----------
Kuznetsova, Brockhoff & Christensen (2017), Journal of Statistical Software 82(13), equations 4 to 7.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.stats.mixed import MixedFit, contrast_variances

Array = NDArray[np.float64]


def satterthwaite_degrees(fit: MixedFit, contrasts: Array) -> Array:
    """Degrees of freedom of contrasts.

    Parameters
    ----------
    fit : MixedFit
        By REML or ML.
    contrasts : float array (c, p)

    Returns
    -------
    float array (c,)
        Positive.

    Notes
    -----
    2 v^2 / (g' A g): v is the variance of the contrast, g its gradient by the variance parameters and A their
    covariance, twice the inverse Hessian of the deviance. At a singular fit the parameter theta = sqrt(tau) is at
    its boundary, where the gradient by it is zero, so the degrees of freedom are those of the residual: n - p.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> satterthwaite_degrees(small_fit(), np.array([[-1.0, 1.0, 0.0, 0.0]])).round(6).tolist()
    [2.0]
    """
    if fit.singular:
        return np.full(len(contrasts), float(fit.n_obs - fit.sums.n_fixed))
    variances, gradients = _variance_gradients(fit, contrasts)
    return 2 * variances**2 / contrast_variances(gradients, variance_parameter_covariance(fit))


def _variance_gradients(fit: MixedFit, contrasts: Array) -> tuple[Array, Array]:
    sums, optimum = fit.sums, fit.optimum
    scaled = fit.contrast_in_units(contrasts)
    change = sums.between_weighted(sums.size * sums.shrinkage(optimum.ratio) ** 2)[:-1, :-1]
    by_residual = contrast_variances(scaled, optimum.unscaled_covariance)
    by_ratio = optimum.residual_variance * contrast_variances(scaled @ optimum.unscaled_covariance, change)
    return optimum.residual_variance * by_residual, np.column_stack([by_ratio, by_residual])


def variance_parameter_covariance(fit: MixedFit) -> Array:
    """Asymptotic covariance (2, 2) of (tau, residual variance), in standardised units.

    Notes
    -----
    lmerTest uses (theta, sigma) = (sqrt(tau), sqrt(s2)): at an inner optimum the gradient is zero and the
    Hessian changes with its parameters as a tensor does, so the degrees of freedom are the same. Not for a
    singular fit.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> covariance = variance_parameter_covariance(small_fit())
    >>> bool(np.all(np.linalg.eigvalsh(covariance) > 0))
    True
    """
    sums, optimum = fit.sums, fit.optimum
    d = sums.shrinkage(optimum.ratio)
    first = -sums.between_weighted(sums.size * d**2)
    second = 2 * sums.between_weighted(sums.size**2 * d**3)
    direction = np.append(-optimum.coefficients, 1.0)
    pull = (first @ direction)[:-1]
    slope = direction @ first @ direction
    curve = direction @ second @ direction - 2 * pull @ optimum.unscaled_covariance @ pull
    s2 = optimum.residual_variance
    log_determinants = -sums.count @ (sums.size * d) ** 2
    degrees = sums.n_obs
    if optimum.reml:
        moved = optimum.unscaled_covariance @ first[:-1, :-1]
        log_determinants += np.sum(optimum.unscaled_covariance * second[:-1, :-1]) - np.sum(moved * moved.T)
        degrees -= sums.n_fixed
    hessian = np.array([[log_determinants + curve / s2, -slope / s2**2], [-slope / s2**2, degrees / s2**2]])
    return 2 * np.linalg.inv(hessian)
