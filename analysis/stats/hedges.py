"""Hedges' g of two groups with its exact interval."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import chi2, nct, norm

from analysis.stats.arguments import confidence_level, number_between, whole_number
from analysis.stats.errors import ConstantOutcome, DidNotConverge, TooFewObservations, counted


@dataclass(frozen=True)
class EffectSize:
    """A standardised mean difference, `a` minus `b`.

    Attributes
    ----------
    g : float
        Hedges' g, the unbiased estimate, in standard deviations.
    d : float
        Cohen's d with the pooled standard deviation, before the correction.
    correction : float
        Hedges' J, in (0, 1).
    sd_pooled : float
        In units of the outcome, positive.
    se : float
        Large-sample standard error of g, for meta-analysis; the interval does not use it.
    df : int
        Degrees of freedom of the pooled standard deviation.
    low, high : float
        Confidence limits of the population's standardised difference.
    level : float
        Confidence level, in (0, 1).
    """

    g: float
    d: float
    correction: float
    sd_pooled: float
    se: float
    df: int
    low: float
    high: float
    level: float


def hedges_correction(df: int) -> float:
    """Return the exact factor J that takes the small-sample bias out of Cohen's d.

    Parameters
    ----------
    df : int
        Degrees of freedom of the standard deviation, at least 2.

    Returns
    -------
    float
        In (0, 1).

    Raises
    ------
    BadInput
        `df` is no whole number of at least 2.

    Notes
    -----
    J = Gamma(df / 2) / (sqrt(df / 2) Gamma((df - 1) / 2)); 1 - 3 / (4 df - 1) is its approximation.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related estimators.
    Journal of Educational Statistics, 6, 107-128, equation 6e.

    Examples
    --------
    >>> round(hedges_correction(38), 4)
    0.9801
    """
    half = whole_number(df, "The degrees of freedom", least=2) / 2
    return float(np.exp(gammaln(half) - gammaln(half - 0.5)) / np.sqrt(half))


def standardised_difference(
    mean_a: float, sd_a: float, n_a: int, mean_b: float, sd_b: float, n_b: int, *, level: float = 0.95
) -> EffectSize:
    """Return Hedges' g of two independent groups from their means, standard deviations and sizes.

    Parameters
    ----------
    mean_a, mean_b : float
        In units of the outcome.
    sd_a, sd_b : float
        With n - 1 in the denominator; zero or more, not both zero.
    n_a, n_b : int
        People, two or more each.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    EffectSize
        `a` minus `b`.

    Raises
    ------
    BadInput
        A mean or standard deviation is not finite, a standard deviation is negative, `level` is outside.
    TooFewObservations
        A group has fewer than two people.
    ConstantOutcome
        Both standard deviations are zero.
    DidNotConverge
        The difference is so large (over 10,000 standard errors) that its interval cannot be computed.

    Notes
    -----
    g = J (mean_a - mean_b) / s, s the pooled standard deviation with n_a + n_b - 2 degrees of freedom. The
    interval inverts the noncentral t distribution of t = d / sqrt(1/n_a + 1/n_b): it is exact for the
    population's difference when the outcome is normal with equal variances. It is therefore not multiplied
    by J; some programs do, and get limits nearer to zero. se = sqrt(1/n_a + 1/n_b + g^2 / (2 (n_a + n_b))).
    Not for pre-post differences of the same people, nor where the arms' variances differ greatly.

    References
    ----------
    Hedges (1981), equation 6e; Hedges, L. V. & Olkin, I. (1985), Statistical methods for meta-analysis,
    p. 86 (se); Steiger, J. H. & Fouladi, R. T. (1997), Noncentrality interval estimation, in What if there
    were no significance tests? (interval).

    Examples
    --------
    >>> effect = standardised_difference(15, 5, 20, 12, 5, 20)
    >>> round(effect.d, 3), round(effect.g, 3)
    (0.6, 0.588)
    """
    _refuse_bad_groups((mean_a, sd_a, n_a), (mean_b, sd_b, n_b))
    level = confidence_level(level)
    df = n_a + n_b - 2
    # hypot keeps tiny and huge standard deviations from under- or overflowing in the squares
    sd = float(np.hypot(np.sqrt((n_a - 1) / df) * sd_a, np.sqrt((n_b - 1) / df) * sd_b))
    # means of equal values differ by rounding alone
    if sd <= 1e-12 * max(abs(mean_a), abs(mean_b)):
        raise ConstantOutcome(
            "Both groups have a standard deviation of zero, so a difference cannot be standardised. "
            "Look at the raw values."
        )
    d = (mean_a - mean_b) / sd
    spread = np.sqrt(1 / n_a + 1 / n_b)
    low, high = _noncentral_limits(d / spread, df, level)
    correction = hedges_correction(df)
    g = correction * d
    se = float(np.sqrt(spread**2 + g**2 / (2 * (n_a + n_b))))
    return EffectSize(float(g), float(d), correction, sd, se, df, float(low * spread), float(high * spread), level)


def _refuse_bad_groups(*groups: tuple[float, float, int]) -> None:
    for mean, sd, n in groups:
        number_between(mean, "A mean", -np.inf, np.inf)
        number_between(sd, "A standard deviation", 0, np.inf, closed="low")
        if whole_number(n, "The size of a group", least=0) < 2:
            raise TooFewObservations(
                f"A group has {counted(n, 'value')}; at least two are needed for a standard deviation."
            )


def _noncentral_limits(t: float, df: int, level: float) -> tuple[float, float]:
    if abs(t) > 10_000:
        raise DidNotConverge(
            f"The groups differ by {abs(t):g} standard errors, beyond the reach of the noncentral t "
            "distribution. Report the raw difference."
        )
    if t < 0:
        low, high = _noncentral_limits(-t, df, level)
        return -high, -low

    def at(probability: float) -> float:
        def excess(noncentrality: float) -> float:
            return float(nct.cdf(t, df, noncentrality)) - probability

        # T = (Z + noncentrality) / sqrt(W / df): splitting the error between Z and W bounds the answer
        q, p = (1 - probability) / 2, probability / 2
        least = t * np.sqrt(chi2.ppf(q, df) / df) - norm.isf(q)
        most = t * np.sqrt(chi2.isf(p, df) / df) + norm.isf(p)
        return float(brentq(excess, least, most, xtol=1e-12, rtol=1e-13, maxiter=500))

    tail = (1 - level) / 2
    return at(1 - tail), at(tail)
