"""Turning a long table of a trial (one row a person and time) into checked codes for the mixed model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.stats.columns import labels, name_list, numbers, one_arm_each, one_row_each, require_columns, two_or_more
from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations, counted
from analysis.stats.levels import Level, shown
from analysis.stats.measurements import as_numbers


@dataclass(frozen=True)
class TrialDesign:
    """Who was measured when, in which arm: everything of a data set but the outcome.

    Rows are sorted by participant, then by time, so that results do not depend on the order of the file.

    Attributes
    ----------
    arms, times : tuple
        Levels, the reference first. A arms, T times.
    order : int array (n_rows,)
        Position in the given frame of each sorted row.
    participant, arm, time : int array (n_rows,)
        Codes from 0.
    covariates : float array (n_rows, n_covariates)
        Raw values; NaN where missing.
    covariate_names : tuple of str
    """

    arms: tuple[Level, ...]
    times: tuple[Level, ...]
    order: NDArray[np.intp]
    participant: NDArray[np.intp]
    arm: NDArray[np.intp]
    time: NDArray[np.intp]
    covariates: NDArray[np.float64]
    covariate_names: tuple[str, ...]

    @property
    def n_cells(self) -> int:
        """Number of combinations of arm and time."""
        return len(self.arms) * len(self.times)

    @property
    def cell(self) -> NDArray[np.intp]:
        """Combination of arm and time of each sorted row: `arm * T + time`."""
        return self.arm * len(self.times) + self.time


@dataclass(frozen=True)
class OutcomeRows:
    """The rows that an outcome leaves, in the coding of the model: one column a cell, then covariates.

    Attributes
    ----------
    participant : int array (n_obs,)
        Sorted.
    design_matrix : float array (n_obs, A * T + n_covariates)
        Cell (a, t) is column `a * T + t`; covariates are centred and in units of their SD.
    outcome : float array (n_obs,)
    covariate_means, covariate_sds : float array (n_covariates,)
    """

    participant: NDArray[np.intp]
    design_matrix: NDArray[np.float64]
    outcome: NDArray[np.float64]
    covariate_means: NDArray[np.float64]
    covariate_sds: NDArray[np.float64]


def trial_design(
    frame: pd.DataFrame,
    *,
    participant: str,
    arm: str,
    time: str,
    reference_arm: Level | None = None,
    reference_time: Level | None = None,
    covariates: Sequence[str] = (),
) -> TrialDesign:
    """Check a long table and code it.

    Parameters
    ----------
    frame : DataFrame, shape (n_rows, any)
        One row a participant and time.
    participant, arm, time : str
        Columns of codes; no missing values.
    reference_arm, reference_time : level, optional
        Default: the first in the order of `levels.level_order`.
    covariates : sequence of str
        Numeric columns. Rows where one is missing are left out when a model is fitted.

    Returns
    -------
    TrialDesign

    Raises
    ------
    BadInput
        A column or a code is missing, a participant is in two arms or twice at one time, a covariate is no
        number or infinite.
    TooFewObservations
        Fewer than two arms or two times.

    Examples
    --------
    >>> from analysis.stats.example import small_trial
    >>> design = trial_design(small_trial(), participant="id", arm="arm", time="time")
    >>> design.arms, design.times, design.n_cells
    (('WL', 'ACT'), (1, 2), 4)
    """
    require_columns(frame, [participant, arm, time, *name_list(covariates, "covariates")])
    one_row_each(frame, participant, time)
    one_arm_each(frame, participant, arm)
    arms = two_or_more(labels(frame, arm, reference_arm), arm, "arm")
    times = two_or_more(labels(frame, time, reference_time), time, "time")
    people = pd.factorize(frame[participant])[0]
    time_codes = pd.Index(times).get_indexer(frame[time])
    order = np.lexsort((time_codes, people))
    return TrialDesign(
        arms=arms,
        times=times,
        order=order,
        participant=people[order],
        arm=pd.Index(arms).get_indexer(frame[arm])[order],
        time=time_codes[order],
        covariates=_covariates(frame, covariates)[order],
        covariate_names=tuple(covariates),
    )


def _covariates(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    return np.column_stack([np.empty((len(frame), 0)), *(numbers(frame, name) for name in names)])


def outcome_rows(design: TrialDesign, values: pd.Series | NDArray, name: str = "the outcome") -> OutcomeRows:
    """Keep the complete rows of one outcome (available-case, as lme4) and build the design matrix.

    Parameters
    ----------
    design : TrialDesign
    values : array_like of float, shape (n_rows,)
        In the order of the frame that the design was made from; NaN where missing.
    name : str
        For messages.

    Returns
    -------
    OutcomeRows

    Raises
    ------
    BadInput
        Text, infinite values, not one value a row, a covariate that says nothing new.
    TooFewObservations
        No value, an empty cell, nobody with two observations, no more participants than arms.
    ConstantOutcome
        All values are the same.

    Examples
    --------
    >>> from analysis.stats.example import small_trial
    >>> frame = small_trial()
    >>> design = trial_design(frame, participant="id", arm="arm", time="time")
    >>> outcome_rows(design, frame["y"]).design_matrix.sum(axis=0).tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    outcome = as_numbers(values, name)
    if len(outcome) != len(design.order):
        raise BadInput(f"{name} has {counted(len(outcome), 'value')}; the design has {len(design.order)} rows.")
    outcome = outcome[design.order]
    kept = ~(np.isnan(outcome) | np.isnan(design.covariates).any(axis=1))
    outcome, people = outcome[kept], design.participant[kept]
    _check_outcome(outcome, name, design.covariate_names)
    _check_cells(design, kept, name)
    _check_people(people, len(design.arms), name)
    covariates = design.covariates[kept]
    means, sds = covariates.mean(axis=0), covariates.std(axis=0)
    matrix = np.zeros((len(outcome), design.n_cells + covariates.shape[1]))
    matrix[np.arange(len(outcome)), design.cell[kept]] = 1.0
    matrix[:, design.n_cells :] = (covariates - means) / np.where(sds > 0, sds, 1.0)
    _check_covariates(design, matrix)
    return OutcomeRows(people, matrix, outcome, means, sds)


def _check_outcome(outcome: NDArray[np.float64], name: str, covariates: Sequence[str]) -> None:
    if not len(outcome):
        together = f" together with {', '.join(map(str, covariates))}" if covariates else ""
        raise TooFewObservations(f"{name} is empty: no row has a value{together}.")
    if np.ptp(outcome) == 0:
        raise ConstantOutcome(f"{name} is constant: all {len(outcome)} values are {outcome[0] + 0.0:g}.")


def empty_cell(design: TrialDesign, rows: NDArray[np.bool_] | None = None) -> tuple[Level, Level] | None:
    """Return the first (arm, time) in which nobody was measured, or None.

    Parameters
    ----------
    design : TrialDesign
    rows : bool array (n_rows,), optional
        Which of the sorted rows count; default: all.

    Examples
    --------
    >>> from analysis.stats.example import small_trial
    >>> design = trial_design(small_trial(), participant="id", arm="arm", time="time")
    >>> empty_cell(design, design.cell != 3)
    ('ACT', 2)
    """
    cell = design.cell if rows is None else design.cell[rows]
    empty = np.flatnonzero(np.bincount(cell, minlength=design.n_cells) == 0)
    if not len(empty):
        return None
    arm, time = divmod(int(empty[0]), len(design.times))
    return design.arms[arm], design.times[time]


def _check_cells(design: TrialDesign, kept: NDArray[np.bool_], name: str) -> None:
    if (empty := empty_cell(design, kept)) is not None:
        raise TooFewObservations(
            f"{name} has no value in arm {shown(empty[0])} at time {shown(empty[1])}; "
            "the model needs at least one in every arm at every time."
        )


def _check_people(people: NDArray[np.intp], n_arms: int, name: str) -> None:
    changes = np.count_nonzero(np.diff(people))
    if changes + 1 == len(people):
        raise TooFewObservations(f"{name}: no participant has two observations, so change cannot be estimated.")
    if changes + 1 <= n_arms:
        raise TooFewObservations(
            f"{name}: {changes + 1} participants in {n_arms} arms; differences between people need more."
        )


def _check_covariates(design: TrialDesign, matrix: NDArray[np.float64]) -> None:
    for column, name in enumerate(design.covariate_names, start=design.n_cells):
        before = matrix[:, :column]
        fitted = before @ np.linalg.lstsq(before, matrix[:, column], rcond=None)[0]
        if np.square(matrix[:, column] - fitted).sum() <= 1e-10 * len(matrix):
            raise BadInput(
                f"The covariate {name} is constant or follows from arm, time and the covariates before it; "
                "leave it out."
            )
