"""Linear mixed model, outcome ~ arm * time + covariates + (1 | participant), by REML or ML."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.stats.columns import name_list, require_columns
from analysis.stats.design import OutcomeRows, TrialDesign, outcome_rows, trial_design
from analysis.stats.errors import BadInput, ConstantOutcome
from analysis.stats.levels import Level
from analysis.stats.likelihood import Optimum, check_variation, optimise
from analysis.stats.participant_sums import ParticipantSums, participant_sums

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted model. Its tables come from `fixed_effects`, `marginal` and `joint`.

    The coefficients are the means of the cells (arm a, time t at position `a * T + t`, covariates at their
    mean), then the slopes of the covariates.

    Attributes
    ----------
    design : TrialDesign
    n_obs, n_subjects : int
    singular : bool
        The variance between participants is estimated as exactly zero.
    criterion : float
        REML criterion (-2 log restricted likelihood in treatment contrasts), or ML deviance.
    sd_subject, sd_residual : float
        Standard deviations, in units of the outcome.
    coefficients : float array (p,)
    covariate_means : float array (n_covariates,)
        At which the means of the cells hold.
    sums, optimum : what intervals and degrees of freedom are computed from
        In units in which nothing over- or underflows: the outcome's distance from its least-squares fit, over
        `scale`, and columns of the design over `column_units`.
    level : float array (p,)
        The least-squares fit; coefficients = level + scale / column_units * optimum.coefficients.
    scale : float
    column_units : float array (p,)
    """

    design: TrialDesign
    n_obs: int
    n_subjects: int
    singular: bool
    criterion: float
    sd_subject: float
    sd_residual: float
    coefficients: Array
    covariate_means: Array
    sums: ParticipantSums
    optimum: Optimum
    level: Array
    scale: float
    column_units: Array

    @property
    def covariance(self) -> Array:
        """Covariance of the coefficients (p, p), s2 (X' V^-1 X)^-1, in squared units of the outcome."""
        outer = np.outer(self.column_units, self.column_units)
        return self.optimum.unscaled_covariance * self.sd_residual**2 / outer

    def contrast_in_units(self, contrasts: Array) -> Array:
        """Turn contrasts (c, p) of the coefficients into contrasts of those of `optimum`."""
        return contrasts / self.column_units

    def standard_errors(self, contrasts: Array) -> Array:
        """Unadjusted standard errors (c,) of contrasts (c, p), in units of the outcome."""
        variances = contrast_variances(self.contrast_in_units(contrasts), self.optimum.unscaled_covariance)
        return np.sqrt(variances) * self.sd_residual


def contrast_variances(contrasts: Array, covariance: Array) -> Array:
    """Return the variances (..., c) of contrasts (c, p) under covariances (..., p, p).

    Examples
    --------
    >>> contrast_variances(np.array([[1.0, -1.0]]), np.eye(2)).tolist()
    [2.0]
    """
    return np.sum((contrasts @ covariance) * contrasts, axis=-1)


def fit_mixed(
    frame: pd.DataFrame,
    outcome: str,
    *,
    participant: str,
    arm: str,
    time: str,
    reference_arm: Level | None = None,
    reference_time: Level | None = None,
    covariates: Sequence[str] = (),
    method: Literal["REML", "ML"] = "REML",
) -> MixedFit:
    """Fit outcome ~ arm * time + covariates + (1 | participant) to a long table.

    Parameters
    ----------
    frame : DataFrame
        One row a participant and time; incomplete and unbalanced data are welcome.
    outcome : str
        Numeric column, any unit; rows where it or a covariate is missing are left out (available-case), and
        participants with a single observation stay.
    participant, arm, time : str
        Columns of codes.
    reference_arm, reference_time : level, optional
        Default: the smallest number, or the first text to appear.
    covariates : names of numeric columns
    method : "REML" or "ML"

    Returns
    -------
    MixedFit

    Raises
    ------
    BadInput, TooFewObservations, ConstantOutcome, DidNotConverge
        Each with a sentence that names what was found.

    Notes
    -----
    The variance of participant i is V_i = s2 (I + tau J). The deviance is profiled to tau alone; it is
    computed from sums per participant, so time and memory are linear in the rows. Random slopes, weights
    and crossed groups are not covered: use lme4 for these.

    References
    ----------
    Bates, Maechler, Bolker & Walker (2015), Journal of Statistical Software 67(1).

    Examples
    --------
    >>> from analysis.stats.example import small_trial
    >>> fit = fit_mixed(small_trial(), "y", participant="id", arm="arm", time="time")
    >>> fit.n_subjects, round(fit.sd_subject, 6), round(fit.sd_residual, 6)
    (4, 1.0, 0.5)
    """
    require_columns(frame, [participant, arm, time, outcome, *name_list(covariates, "covariates")])
    design = trial_design(
        frame,
        participant=participant,
        arm=arm,
        time=time,
        reference_arm=reference_arm,
        reference_time=reference_time,
        covariates=covariates,
    )
    return fit_outcome(design, frame[outcome], name=str(outcome), method=method)


def fit_outcome(
    design: TrialDesign,
    values: pd.Series | Array,
    *,
    name: str = "the outcome",
    method: Literal["REML", "ML"] = "REML",
) -> MixedFit:
    """Fit one outcome of a design that is already coded; see `fit_mixed`.

    Parameters
    ----------
    design : TrialDesign
    values : array_like of float, shape (n_rows,)
        In the order of the frame that the design was made from; NaN where missing.
    name : str
        For messages.
    method : "REML" or "ML"

    Returns
    -------
    MixedFit

    Raises
    ------
    BadInput, TooFewObservations, ConstantOutcome, DidNotConverge
        As `fit_mixed`.

    Examples
    --------
    >>> from analysis.stats.example import small_trial
    >>> frame = small_trial()
    >>> design = trial_design(frame, participant="id", arm="arm", time="time")
    >>> fit_outcome(design, frame["y"], method="ML").coefficients.round(6).tolist()
    [4.0, 4.0, 3.0, 5.5]
    """
    if method not in ("REML", "ML"):
        raise BadInput(f"The method is {method!r}; it must be 'REML' or 'ML'.")
    rows = outcome_rows(design, values, name)
    level, scale, residual = _residuals(rows, name)
    sums = participant_sums(rows.participant, rows.design_matrix, residual)
    check_variation(sums, name)
    optimum = optimise(sums, reml=method == "REML")
    return _in_outcome_units(design, rows, sums, optimum, level, scale)


def _residuals(rows: OutcomeRows, name: str) -> tuple[Array, float, Array]:
    """Subtract the least-squares fit and divide by the residual SD.

    The sums are then of moderate size whatever the outcome's level and unit, so no digits are lost.
    """
    matrix, outcome = rows.design_matrix, rows.outcome
    largest = float(np.abs(outcome).max())
    normal = matrix.T @ matrix
    level = np.linalg.solve(normal, matrix.T @ (outcome / largest))
    residual = outcome / largest - matrix @ level
    correction = np.linalg.solve(normal, matrix.T @ residual)
    residual -= matrix @ correction
    spread = float(np.sqrt(np.mean(residual**2)))
    if spread < 1e-13:
        raise ConstantOutcome(f"{name} does not vary within any arm and time, so there is no variance to explain.")
    return (level + correction) * largest, spread * largest, residual / spread


def _in_outcome_units(
    design: TrialDesign,
    rows: OutcomeRows,
    sums: ParticipantSums,
    optimum: Optimum,
    level: Array,
    scale: float,
) -> MixedFit:
    column_units = np.concatenate([np.ones(design.n_cells), rows.covariate_sds])
    degrees = sums.n_obs - sums.n_fixed if optimum.reml else sums.n_obs
    criterion = optimum.criterion + 2 * degrees * np.log(scale)
    if optimum.reml:
        criterion += 2 * np.log(column_units).sum()
    sd_residual = float(np.sqrt(optimum.residual_variance)) * scale
    level = level / column_units
    return MixedFit(
        design=design,
        n_obs=sums.n_obs,
        n_subjects=sums.n_participants,
        singular=optimum.ratio == 0.0,
        criterion=float(criterion),
        sd_subject=float(np.sqrt(optimum.ratio)) * sd_residual,
        sd_residual=sd_residual,
        coefficients=level + scale * optimum.coefficients / column_units,
        covariate_means=rows.covariate_means,
        sums=sums,
        optimum=optimum,
        level=level,
        scale=scale,
        column_units=column_units,
    )
