"""Turning a long table of a trial (one row a person and time) into checked codes for the mixed model."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations

Level = Hashable


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


def level_order(values: pd.Series, reference: Level | None = None) -> tuple[Level, ...]:
    """Order the levels of a factor: numbers by size, text by first appearance, the reference first.

    Raises
    ------
    BadInput
        If the reference is not among the values.

    Examples
    --------
    >>> level_order(pd.Series([2, 1, 3, 1]), reference=3)
    (3, 1, 2)
    >>> level_order(pd.Series(["WL", "CCT", "WL"]))
    ('WL', 'CCT')
    """
    present = values.dropna()
    levels = pd.unique(present).tolist()
    if pd.api.types.is_numeric_dtype(present):
        levels.sort()
    if reference is None:
        return tuple(levels)
    if reference not in levels:
        found = ", ".join(map(code_text, levels))
        raise BadInput(f"The reference {code_text(reference)} is not a value of {values.name}, which has: {found}.")
    return (reference, *(level for level in levels if level != reference))


def code_text(code: Level) -> str:
    """Write a code as people do: 1.0 is "1".

    Examples
    --------
    >>> code_text(1.0), code_text(1.5), code_text("WL")
    ('1', '1.5', 'WL')
    """
    if isinstance(code, float) and code.is_integer():
        return str(int(code))
    return str(code)


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
    frame : DataFrame
        One row a participant and time.
    participant, arm, time : str
        Columns; no missing values.
    reference_arm, reference_time : level, optional
        Default: the first in the order of `level_order`.
    covariates : names of numeric columns
        Rows where one is missing are left out when a model is fitted.

    Raises
    ------
    BadInput
        A column is missing, a code is missing, a participant is in two arms or twice at one time.
    TooFewObservations
        Fewer than two arms or two times.
    """
    _check_columns(frame, [participant, arm, time, *covariates])
    people = pd.factorize(frame[participant], sort=False)[0]
    arms, arm_codes = _coded(frame[arm], reference_arm, "arm")
    times, time_codes = _coded(frame[time], reference_time, "time")
    order = np.lexsort((time_codes, people))
    design = TrialDesign(
        arms=arms,
        times=times,
        order=order,
        participant=people[order],
        arm=arm_codes[order],
        time=time_codes[order],
        covariates=_numeric_columns(frame, covariates)[order],
        covariate_names=tuple(covariates),
    )
    _check_rows(design, frame[participant])
    return design


def outcome_rows(design: TrialDesign, values: pd.Series | NDArray, name: str = "the outcome") -> OutcomeRows:
    """Keep the complete rows of one outcome (available-case, as lme4) and build the design matrix.

    Raises
    ------
    BadInput
        Text, infinite values, a covariate that says nothing new.
    TooFewObservations
        An empty cell, nobody with two observations, no more participants than arms.
    ConstantOutcome
        All values are the same.
    """
    outcome = numeric(values, name)[design.order]
    kept = ~(np.isnan(outcome) | np.isnan(design.covariates).any(axis=1))
    outcome, people = outcome[kept], design.participant[kept]
    _check_outcome(outcome, name)
    cell = (design.arm * len(design.times) + design.time)[kept]
    _check_cells(design, cell, name)
    _check_people(people, len(design.arms), name)
    covariates = design.covariates[kept]
    means, sds = covariates.mean(axis=0), covariates.std(axis=0)
    matrix = np.zeros((len(outcome), design.n_cells + covariates.shape[1]))
    matrix[np.arange(len(outcome)), cell] = 1.0
    matrix[:, design.n_cells :] = (covariates - means) / np.where(sds > 0, sds, 1.0)
    _check_covariates(design, matrix)
    return OutcomeRows(people, matrix, outcome, means, sds)


def numeric(values: pd.Series | NDArray, name: str) -> NDArray[np.float64]:
    """Read a column as floats; NaN stays (missing), text and infinite values are refused."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        text = np.flatnonzero(np.isnan(numbers) & ~pd.isna(pd.Series(values)).to_numpy())
        if len(text):
            found = pd.Series(values).iloc[text[0]]
            raise BadInput(f"{name} has text in row {text[0] + 1} ({found!r}); the model needs numbers.") from None
    if np.isinf(numbers).any():
        row = int(np.flatnonzero(np.isinf(numbers))[0]) + 1
        raise BadInput(f"{name} has an infinite value in row {row}; correct it or leave it empty.")
    return numbers


def _numeric_columns(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    if not names:
        return np.empty((len(frame), 0))
    return np.column_stack([numeric(frame[name], name) for name in names])


def _check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        has = ", ".join(map(str, frame.columns))
        raise BadInput(f"There is no column {missing[0]}; the data have: {has}.")
    for name in names[:3]:
        empty = np.flatnonzero(frame[name].isna())
        if len(empty):
            raise BadInput(f"{name} has no value in row {empty[0] + 1}; every row needs one.")


def _coded(values: pd.Series, reference: Level | None, role: str) -> tuple[tuple[Level, ...], NDArray[np.intp]]:
    levels = level_order(values, reference)
    if len(levels) < 2:
        raise TooFewObservations(
            f"{values.name} has {len(levels)} {role} ({', '.join(map(code_text, levels))}); a comparison needs two."
        )
    return levels, pd.Index(levels).get_indexer(values)


def _check_rows(design: TrialDesign, people: pd.Series) -> None:
    same = design.participant[1:] == design.participant[:-1]
    twice = np.flatnonzero(same & (design.time[1:] == design.time[:-1]))
    if len(twice):
        row = twice[0]
        first, second = sorted(design.order[row : row + 2] + 1)
        raise BadInput(
            f"Participant {code_text(people.iloc[design.order[row]])} has two rows at time "
            f"{code_text(design.times[design.time[row]])} (rows {first} and {second}); keep one."
        )
    moved = np.flatnonzero(same & (design.arm[1:] != design.arm[:-1]))
    if len(moved):
        row = moved[0]
        first, second = (code_text(design.arms[arm]) for arm in design.arm[row : row + 2])
        raise BadInput(
            f"Participant {code_text(people.iloc[design.order[row]])} is in two arms, {first} and {second}; "
            "each person needs one arm and a code of their own."
        )


def _check_outcome(outcome: NDArray[np.float64], name: str) -> None:
    if not len(outcome):
        raise TooFewObservations(f"{name} is empty: no row has a value.")
    if np.ptp(outcome) == 0:
        raise ConstantOutcome(f"{name} is constant: all {len(outcome)} values are {outcome[0] + 0.0:g}.")


def _check_cells(design: TrialDesign, cell: NDArray[np.intp], name: str) -> None:
    empty = np.flatnonzero(np.bincount(cell, minlength=design.n_cells) == 0)
    if len(empty):
        arm, time = divmod(int(empty[0]), len(design.times))
        raise TooFewObservations(
            f"{name} has no value in arm {code_text(design.arms[arm])} at time {code_text(design.times[time])}; "
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
