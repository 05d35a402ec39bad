"""Marginal means and their contrasts, with Kenward-Roger degrees of freedom (as emmeans).

Covariates are held at their mean over the observations used. Standard errors are the adjusted ones.
"""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.stats.arguments import confidence_level
from analysis.stats.contrasts import all_products, named_contrast, pair_differences, pair_positions, product_contrasts
from analysis.stats.fixed_effects import two_sided_p
from analysis.stats.kenward_roger import kenward_roger, kr_degrees, kr_standard_errors
from analysis.stats.mixed import MixedFit
from analysis.stats.studentised_range import studentised_range_sf

Array = NDArray[np.float64]


def marginal_means(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Estimate the mean of each arm at each time.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    level : float
        Confidence level, in (0, 1), of the intervals.

    Returns
    -------
    DataFrame
        One row an arm and time: `arm`, `time`; `mean`, `se`, `low`, `high` in units of the outcome; `df`.

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.

    Notes
    -----
    Model means, not those of the people measured: with dropout the two differ. Covariates are held at their mean
    over the observations used. Standard errors and degrees of freedom are Kenward and Roger's.

    References
    ----------
    Kenward & Roger (1997), Biometrics 53, 983-997, section 3. Lenth, R. V., the R package emmeans.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> marginal_means(small_fit())["mean"].round(6).tolist()
    [4.0, 4.0, 3.0, 5.5]
    """
    n_arms, n_times = len(fit.design.arms), len(fit.design.times)
    contrasts = all_products(fit, np.eye(n_arms), np.eye(n_times))
    tested = _estimated(fit, contrasts, level)
    return pd.DataFrame(
        {
            "arm": np.repeat(_levels(fit.design.arms), n_times),
            "time": np.tile(_levels(fit.design.times), n_arms),
            "mean": tested["estimate"],
            **{name: tested[name] for name in ("se", "df", "low", "high")},
        }
    )


def contrasts_within_arms(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Compare all pairs of times in each arm; Tukey's family is the times of that arm.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    level : float
        Confidence level, in (0, 1), of the intervals.

    Returns
    -------
    DataFrame
        One row an arm and pair of times: `arm`, `time_a`, `time_b` (a the earlier in the design); `estimate` = a
        minus b, `se`, `low`, `high` in units of the outcome; `df`, `t`, `p`, `p_tukey`. p and interval are
        unadjusted.

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.

    Notes
    -----
    p_tukey = P(Q > sqrt(2) |t|), Q the studentised range of as many means as there are times. It is exact for
    independent means with equal errors; here, as in emmeans, an approximation.

    References
    ----------
    Tukey, J. W. (1953), The problem of multiple comparisons. Kramer, C. Y. (1956), Biometrics 12, 307-310.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> contrasts_within_arms(small_fit())[["arm", "estimate", "df"]].round(6).to_numpy().tolist()
    [['WL', 0.0, 2.0], ['ACT', -2.5, 2.0]]
    """
    times = _levels(fit.design.times)
    first, second = pair_positions(len(times))
    contrasts = all_products(fit, np.eye(len(fit.design.arms)), pair_differences(len(times)))
    places = {
        "arm": np.repeat(_levels(fit.design.arms), len(first)),
        "time_a": np.tile(times[first], len(fit.design.arms)),
        "time_b": np.tile(times[second], len(fit.design.arms)),
    }
    return pd.DataFrame(places | _with_tukey(_estimated(fit, contrasts, level), len(times)))


def contrasts_between_arms(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Compare all pairs of arms at each time; Tukey's family is the arms at that time.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    level : float
        Confidence level, in (0, 1), of the intervals.

    Returns
    -------
    DataFrame
        One row a time and pair of arms: `time`, `arm_a`, `arm_b` (a the earlier in the design); `estimate` = a
        minus b, `se`, `low`, `high` in units of the outcome; `df`, `t`, `p`, `p_tukey`. p and interval are
        unadjusted.

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.

    Notes
    -----
    As `contrasts_within_arms`, references as well. With two arms p_tukey is p.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> contrasts_between_arms(small_fit())[["time", "arm_a", "arm_b", "estimate"]].to_numpy().tolist()
    [[1, 'WL', 'ACT', 1.0], [2, 'WL', 'ACT', -1.5]]
    """
    arms, n_times = _levels(fit.design.arms), len(fit.design.times)
    first, second = pair_positions(len(arms))
    differences = pair_differences(len(arms))
    contrasts = product_contrasts(
        fit, np.tile(differences, (n_times, 1)), np.repeat(np.eye(n_times), len(first), axis=0)
    )
    places = {
        "time": np.repeat(_levels(fit.design.times), len(first)),
        "arm_a": np.tile(arms[first], n_times),
        "arm_b": np.tile(arms[second], n_times),
    }
    return pd.DataFrame(places | _with_tukey(_estimated(fit, contrasts, level), len(arms)))


def differences_in_change(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Estimate how much more one arm changed than another between two times.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    level : float
        Confidence level, in (0, 1), of the intervals.

    Returns
    -------
    DataFrame
        One row a pair of arms and pair of times: `arm`, `versus` (the arm that comes earlier in the design),
        `time_from`, `time_to`; `estimate` = (arm at time_to - arm at time_from) - (versus at time_to - versus at
        time_from), `low`, `high`, `se` in units of the outcome; `df`, `t`, `p` (unadjusted).

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.

    Notes
    -----
    With the reference arm and the reference time it is the interaction of the model: the effect of treatment on
    change, for which a trial with a baseline is made.

    References
    ----------
    Kenward & Roger (1997), Biometrics 53, 983-997, section 3. Lenth, R. V., the R package emmeans.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> differences_in_change(small_fit())[["arm", "versus", "estimate"]].round(6).to_numpy().tolist()
    [['ACT', 'WL', 2.5]]
    """
    places, contrasts = change_contrasts(fit)
    tested = _estimated(fit, contrasts, level)
    return pd.DataFrame(places | {name: tested[name] for name in ("estimate", "low", "high", "se", "df", "t", "p")})


def change_contrasts(fit: MixedFit) -> tuple[dict[str, Array], Array]:
    """Return places and weights (r, p) of the rows of `differences_in_change`.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> change_contrasts(small_fit())[1].tolist()
    [[1.0, -1.0, -1.0, 1.0]]
    """
    arms, times = _levels(fit.design.arms), _levels(fit.design.times)
    versus, arm = pair_positions(len(arms))
    start, end = pair_positions(len(times))
    places = {
        "arm": np.repeat(arms[arm], len(start)),
        "versus": np.repeat(arms[versus], len(start)),
        "time_from": np.tile(times[start], len(arm)),
        "time_to": np.tile(times[end], len(arm)),
    }
    return places, all_products(fit, -pair_differences(len(arms)), -pair_differences(len(times)))


def custom_contrast(
    fit: MixedFit, weights: Mapping[tuple[Hashable, Hashable], float], level: float = 0.95
) -> pd.DataFrame:
    """Estimate one weighted sum of cell means.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    weights : mapping of (arm, time) to float
        Cells not named have weight zero; in (-1e6, 1e6), one at least not zero.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    DataFrame
        One row: `estimate`, `se`, `low`, `high` in units of the outcome times the weights; `df`, `t`, `p`
        (unadjusted).

    Raises
    ------
    BadInput
        A cell that does not exist, a weight out of range, all zero, the fit is not REML, or the level no
        probability.

    References
    ----------
    Kenward & Roger (1997), Biometrics 53, 983-997, section 3. Lenth, R. V., the R package emmeans.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> custom_contrast(small_fit(), {("ACT", 2): 1, ("ACT", 1): -1}).estimate.round(6).tolist()
    [2.5]
    """
    return pd.DataFrame(_estimated(fit, named_contrast(fit, weights), level))


def _estimated(fit: MixedFit, contrasts: Array, level: float) -> dict[str, Array]:
    confidence_level(level)
    kr = kenward_roger(fit)
    estimate = contrasts @ fit.coefficients
    se, df = kr_standard_errors(fit, kr, contrasts), kr_degrees(fit, kr, contrasts)
    margin = stdtrit(df, (1 + level) / 2) * se
    return {
        "estimate": estimate,
        "se": se,
        "df": df,
        "t": estimate / se,
        "p": two_sided_p(estimate / se, df),
        "low": estimate - margin,
        "high": estimate + margin,
    }


def _with_tukey(tested: dict[str, Array], family: int) -> dict[str, Array]:
    """Put Tukey's p after the unadjusted one; with two means both are the same."""
    adjusted = tested["p"]
    if family > 2:
        adjusted = studentised_range_sf(np.abs(tested["t"]) * np.sqrt(2), family, tested["df"])
    ordered = {name: tested[name] for name in ("estimate", "se", "df", "t", "p")}
    return ordered | {"p_tukey": adjusted, "low": tested["low"], "high": tested["high"]}


def _levels(levels: tuple[Hashable, ...]) -> Array:
    return np.array(levels, dtype=object)
