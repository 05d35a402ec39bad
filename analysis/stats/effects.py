"""Standardised mean differences with intervals: between arms at each time, and of a model's estimate."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import chi2, nct, norm
from scipy.stats import t as student

from analysis.stats.columns import labels, listed, number_between, numbers, shown, two_or_more, whole_number
from analysis.stats.errors import BadInput, ConstantOutcome, DidNotConverge, TooFewObservations


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


@dataclass(frozen=True)
class BetweenArms:
    """Effect sizes between arms at each time.

    Attributes
    ----------
    table : DataFrame
        One row a time and pair of arms: time, arm, against, n_arm, n_against (people), mean_arm,
        mean_against, sd_arm, sd_against, sd_pooled (units of the outcome), g, se, low, high (standard
        deviations). The difference is `arm` minus `against`; `against` is the earlier arm.
    level : float
        Confidence level, in (0, 1).
    """

    table: pd.DataFrame
    level: float


@dataclass(frozen=True)
class ModelEffect:
    """A model's estimate in standard deviations: value, standard error, df and confidence limits."""

    effect: float
    se: float
    df: float
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
    level = number_between(level, "level", 0, 1)
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
    return EffectSize(
        float(g), float(d), correction, sd, se, df, float(low * spread), float(high * spread), level
    )


def _refuse_bad_groups(*groups: tuple[float, float, int]) -> None:
    for mean, sd, n in groups:
        if not np.isfinite([mean, sd]).all() or sd < 0:
            raise BadInput(
                f"A mean must be finite and a standard deviation finite and not negative; mean {mean} and "
                f"standard deviation {sd} were given."
            )
        if whole_number(n, "The size of a group", least=0) < 2:
            raise TooFewObservations(
                f"A group has {n} people with a value; at least two are needed for a standard deviation."
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


def between_arms(
    frame: pd.DataFrame,
    *,
    arm: str,
    time: str,
    outcome: str,
    reference_arm: Hashable | None = None,
    reference_time: Hashable | None = None,
    level: float = 0.95,
) -> BetweenArms:
    """Return Hedges' g between each pair of arms at each time.

    Parameters
    ----------
    frame : DataFrame, shape (rows, any)
        Long: one row a participant and time.
    arm, time : str
        Columns of codes or texts, without missing values. Two or more arms.
    outcome : str
        A numeric column; rows without a value are left out.
    reference_arm, reference_time : label, optional
        Come first; the other labels follow by code, or by first appearance when they are text.
    level : float
        Confidence level, in (0, 1), of each interval; not adjusted for their number.

    Returns
    -------
    BetweenArms

    Raises
    ------
    BadInput
        A column is missing or of the wrong type, holds an infinite value, or a reference is unknown.
    TooFewObservations
        Fewer than two arms, or an arm with fewer than two values at a time.
    ConstantOutcome
        Two arms have no spread at a time.

    Notes
    -----
    As `standardised_difference`. Each time uses whoever has a value then: with dropout that depends on the
    outcome it is biased, and the mixed model's difference is the better one.

    References
    ----------
    Hedges (1981), equation 6e.

    Examples
    --------
    >>> frame = pd.DataFrame({"arm": list("AABB"), "time": [1] * 4, "stress": [2.0, 4.0, 5.0, 9.0]})
    >>> between_arms(frame, arm="arm", time="time", outcome="stress").table["g"].round(3).tolist()
    [1.009]
    """
    arms = two_or_more(labels(frame, arm, reference_arm), arm)
    times = labels(frame, time, reference_time)
    long = pd.DataFrame({"arm": frame[arm], "time": frame[time], "value": numbers(frame, outcome)})
    cells = long.dropna().groupby(["time", "arm"], observed=True)["value"].agg(["mean", "std", "count"])
    found = cells.to_dict("index")
    rows = []
    for when in times:
        for against, this in combinations(arms, 2):
            groups = {name: found.get((when, name), {"count": 0}) for name in (this, against)}
            rows.append(_between_row(when, this, against, groups, outcome, level))
    return BetweenArms(pd.DataFrame(rows), level)


def _between_row(
    when: Hashable, this: Hashable, against: Hashable, groups: dict, outcome: str, level: float
) -> dict[str, object]:
    for name, group in groups.items():
        if group["count"] < 2:
            raise TooFewObservations(
                f"{outcome}: arm {shown(name)} has {group['count']} values at time {shown(when)}; "
                "at least two are needed. Leave this time out or pool the arms."
            )
    a, b = groups[this], groups[against]
    try:
        effect = standardised_difference(
            a["mean"], a["std"], a["count"], b["mean"], b["std"], b["count"], level=level
        )
    except ConstantOutcome as error:
        raise ConstantOutcome(
            f"{outcome}: arms {listed([this, against])} have no spread at time {shown(when)}, "
            "so a difference cannot be standardised."
        ) from error
    return {
        "time": when,
        "arm": this,
        "against": against,
        "n_arm": int(a["count"]),
        "n_against": int(b["count"]),
        "mean_arm": a["mean"],
        "mean_against": b["mean"],
        "sd_arm": a["std"],
        "sd_against": b["std"],
        "sd_pooled": effect.sd_pooled,
        "g": effect.g,
        "se": effect.se,
        "low": effect.low,
        "high": effect.high,
    }


def model_effect(
    estimate: float, se: float, df: float, *, sd: float, sd_df: float, level: float = 0.95
) -> ModelEffect:
    """Return a model's contrast in units of a standard deviation that is itself estimated.

    Parameters
    ----------
    estimate, se : float
        The contrast and its standard error, in units of the outcome; `se` positive.
    df : float
        Degrees of freedom of the contrast, positive.
    sd : float
        Standard deviation to divide by (for instance sqrt(sd_subject^2 + sd_residual^2)), positive.
    sd_df : float
        Degrees of freedom with which `sd` is known, positive.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    ModelEffect

    Raises
    ------
    BadInput
        A number is not finite or not in its range.

    Notes
    -----
    effect = estimate / sd; variance (se / sd)^2 + effect^2 / (2 sd_df), by the delta method with
    Var(log sd) = 1 / (2 sd_df), as `eff_size` of R's emmeans; t interval on `df`. An approximation: with few
    participants and a large effect prefer `standardised_difference`.

    References
    ----------
    Lenth, R. V. emmeans: estimated marginal means, R package, function eff_size.

    Examples
    --------
    >>> effect = model_effect(-2.8, 1.2, 70, sd=3.2, sd_df=38)
    >>> round(effect.effect, 3), round(effect.se, 3)
    (-0.875, 0.388)
    """
    if not np.isfinite(estimate):
        raise BadInput(f"The estimate must be finite; {estimate} was given.")
    positive = {"se": se, "df": df, "sd": sd, "sd_df": sd_df}
    for name, value in positive.items():
        number_between(value, name, 0, np.inf)
    level = number_between(level, "level", 0, 1)
    effect = estimate / sd
    error = float(np.sqrt((se / sd) ** 2 + effect**2 / (2 * sd_df)))
    half = float(student.isf((1 - level) / 2, df)) * error
    return ModelEffect(float(effect), error, float(df), float(effect - half), float(effect + half), level)
