"""Model-based standardised differences between arms and between their changes."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.stats.arguments import confidence_level
from analysis.stats.kenward_roger import kenward_roger, kr_degrees, kr_standard_errors
from analysis.stats.marginal import change_contrasts, contrasts_between_arms
from analysis.stats.mixed import MixedFit
from analysis.stats.satterthwaite import variance_parameter_covariance

Array = NDArray[np.float64]


def standardised_differences(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Differences between arms at each time in units of the model's total standard deviation.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    DataFrame
        One row a time and pair of arms: `time`, `arm`, `versus` (the arm that comes earlier in the design),
        `estimate` = (arm - versus) / SD, `se`, `low`, `high` in standard deviations; `df`.

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.

    Notes
    -----
    SD = sqrt(sd_subject^2 + sd_residual^2), the spread between people at one time. Its uncertainty counts:
    with nu = 2 V^2 / var(V) degrees of freedom of V = SD^2, var(d) = (se / SD)^2 + d^2 / (2 nu), as
    emmeans::eff_size; the interval is Student's with the Kenward-Roger df of the difference.

    References
    ----------
    Hedges (2007), Journal of Educational and Behavioral Statistics 32, 341-370.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> standardised_differences(small_fit()).estimate.round(4).tolist()
    [-0.8944, 1.3416]
    """
    between = contrasts_between_arms(fit, level)
    places = {"time": between["time"], "arm": between["arm_b"], "versus": between["arm_a"]}
    estimate, se, df = -between["estimate"].to_numpy(), between["se"].to_numpy(), between["df"].to_numpy()
    return pd.DataFrame(places | _standardised(fit, estimate, se, df, level))


def standardised_changes(fit: MixedFit, level: float = 0.95) -> pd.DataFrame:
    """Differences in change in units of the model's total standard deviation.

    Parameters
    ----------
    fit : MixedFit
        By REML.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    DataFrame
        One row a pair of arms and of times: `arm`, `versus`, `time_from`, `time_to`, `estimate`, `se`, `low`,
        `high` in standard deviations; `df`. Direction as `marginal.differences_in_change`.

    Raises
    ------
    BadInput
        The fit is not REML, or the level no probability.

    Notes
    -----
    As `standardised_differences`.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> standardised_changes(small_fit()).estimate.round(4).tolist()
    [2.2361]
    """
    places, contrasts = change_contrasts(fit)
    kr = kenward_roger(fit)
    se, df = kr_standard_errors(fit, kr, contrasts), kr_degrees(fit, kr, contrasts)
    return pd.DataFrame(places | _standardised(fit, contrasts @ fit.coefficients, se, df, level))


def total_sd_degrees(fit: MixedFit) -> float:
    """Satterthwaite degrees of freedom of the total variance; n - p at a singular fit.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> round(total_sd_degrees(small_fit()), 2)
    2.44
    """
    if fit.singular:
        return float(fit.n_obs - fit.sums.n_fixed)
    variance = fit.optimum.residual_variance * (1 + fit.optimum.ratio)
    gradient = np.array([fit.optimum.residual_variance, 1 + fit.optimum.ratio])
    return float(2 * variance**2 / (gradient @ variance_parameter_covariance(fit) @ gradient))


def _standardised(fit: MixedFit, estimate: Array, se: Array, df: Array, level: float) -> dict[str, Array]:
    confidence_level(level)
    total_sd = float(np.hypot(fit.sd_subject, fit.sd_residual))
    ratio = estimate / total_sd
    error = np.sqrt((se / total_sd) ** 2 + ratio**2 / (2 * total_sd_degrees(fit)))
    margin = stdtrit(df, (1 + level) / 2) * error
    return {"estimate": ratio, "se": error, "df": df, "low": ratio - margin, "high": ratio + margin}
