"""The table of coefficients: estimates, both kinds of degrees of freedom, Wald and profile intervals."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from analysis.stats.arguments import confidence_level
from analysis.stats.contrasts import treatment_contrasts
from analysis.stats.kenward_roger import kenward_roger, kr_degrees, kr_standard_errors
from analysis.stats.mixed import MixedFit
from analysis.stats.profile_interval import profile_intervals
from analysis.stats.satterthwaite import satterthwaite_degrees

Array = NDArray[np.float64]


def fixed_effects(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Return the coefficients of arm * time in treatment contrasts, as lme4 prints them.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    level : float
        Confidence level, in (0, 1), of both intervals.

    Returns
    -------
    DataFrame
        One row a coefficient. `arm`, `time`, `covariate` (None where the term has none); `estimate`, `se`,
        `se_kr` in units of the outcome; `df_satterthwaite`, `df_kr`; `t` = estimate / se; two-sided
        `p_satterthwaite` from t, and `p_kr` from estimate / se_kr; `wald_low`, `wald_high` (normal quantile);
        `profile_low`, `profile_high` (ML refit).

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.
    DidNotConverge
        The profile has no upper bound.

    Notes
    -----
    Coefficients of arms are at the reference time, those of times in the reference arm: they are no main
    effects. For these see `joint.joint_tests`.

    References
    ----------
    Bates, Maechler, Bolker & Walker (2015), Journal of Statistical Software 67(1), section 5. The columns: see
    `satterthwaite`, `kenward_roger`, `profile_interval`.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> fixed_effects(small_fit()).estimate.round(6).tolist()
    [4.0, -1.0, 0.0, 2.5]
    """
    confidence_level(level)
    contrasts = treatment_contrasts(fit)
    kr = kenward_roger(fit)
    estimate = contrasts @ fit.coefficients
    se = fit.standard_errors(contrasts)
    se_kr, df_kr = kr_standard_errors(fit, kr, contrasts), kr_degrees(fit, kr, contrasts)
    df = satterthwaite_degrees(fit, contrasts)
    margin = float(ndtri((1 + level) / 2)) * se
    low, high = profile_intervals(fit, contrasts, level)
    return pd.DataFrame(
        {
            **_term_columns(fit),
            "estimate": estimate,
            "se": se,
            "se_kr": se_kr,
            "df_satterthwaite": df,
            "df_kr": df_kr,
            "t": estimate / se,
            "p_satterthwaite": two_sided_p(estimate / se, df),
            "p_kr": two_sided_p(estimate / se_kr, df_kr),
            "wald_low": estimate - margin,
            "wald_high": estimate + margin,
            "profile_low": low,
            "profile_high": high,
        }
    )


def two_sided_p(t: Array, df: Array) -> Array:
    """Two-sided p of Student's t, arrays of the same shape.

    Examples
    --------
    >>> two_sided_p(np.array([2.228]), np.array([10.0])).round(3).tolist()
    [0.05]
    """
    return 2 * stdtr(df, -np.abs(t))


def _term_columns(fit: MixedFit) -> dict[str, list]:
    arms, times = list(fit.design.arms[1:]), list(fit.design.times[1:])
    names = list(fit.design.covariate_names)
    nothing = [None] * len(names)
    arm = [None, *arms, *[None] * len(times), *nothing, *arms * len(times)]
    time = [None, *[None] * len(arms), *times, *nothing, *[time for time in times for _ in arms]]
    covariate = [*[None] * (1 + len(arms) + len(times)), *names, *[None] * (len(arms) * len(times))]
    return {
        "arm": pd.Series(arm, dtype=object),
        "time": pd.Series(time, dtype=object),
        "covariate": pd.Series(covariate, dtype=object),
    }
