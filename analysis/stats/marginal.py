"""Marginal means and their contrasts, with Kenward-Roger degrees of freedom (as emmeans).

Covariates are held at their mean over the observations used. Standard errors are the adjusted ones.
"""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.stats.arguments import confidence_level
from analysis.stats.contrasts import (
    all_products,
    named_contrast,
    pair_differences,
    pair_positions,
    product_contrasts,
)
from analysis.stats.fixed_effects import two_sided_p
from analysis.stats.kenward_roger import kenward_roger, kr_degrees, kr_standard_errors
from analysis.stats.mixed import MixedFit
from analysis.stats.studentised_range import studentised_range_sf

Array = NDArray[np.float64]


def marginal_means(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Mean of each arm at each time: `arm`, `time`, `mean`, `se`, `df`, `low`, `high`.

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.

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
    """All pairs of times in each arm; Tukey's family is the times of that arm.

    Columns `arm`, `time_a`, `time_b` (a the earlier), `estimate` = a minus b, `se`, `df`, `t`, `p`,
    `p_tukey`, `low`, `high` (p and interval unadjusted).
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
    """All pairs of arms at each time; Tukey's family is the arms at that time.

    Columns `time`, `arm_a`, `arm_b`, `estimate` = a minus b, `se`, `df`, `t`, `p`, `p_tukey`, `low`, `high`
    (p and interval unadjusted).
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
    """How much more one arm changed than another between two times.

    Columns `arm`, `versus` (the arm that comes earlier in the design), `time_from`, `time_to`, `estimate` =
    (arm at time_to - arm at time_from) - (versus at time_to - versus at time_from), `low`, `high`, `se`,
    `df`, `t`, `p` (unadjusted). With the reference arm and time it is the interaction of the model.
    """
    places, contrasts = change_contrasts(fit)
    tested = _estimated(fit, contrasts, level)
    return pd.DataFrame(places | {name: tested[name] for name in ("estimate", "low", "high", "se", "df", "t", "p")})


def change_contrasts(fit: MixedFit) -> tuple[dict[str, Array], Array]:
    """Places and weights of the rows of `differences_in_change`."""
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
    """One weighted sum of cell means: `estimate`, `se`, `df`, `t`, `p`, `low`, `high` in one row.

    Parameters
    ----------
    weights : mapping of (arm, time) to a number
        Cells not named have weight zero.

    Raises
    ------
    BadInput
        A cell that does not exist, a weight beyond a million, all zero, the fit is not REML, or the level no
        probability.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> custom_contrast(small_fit(), {("CCT", 2): 1, ("CCT", 1): -1}).estimate.round(6).tolist()
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
