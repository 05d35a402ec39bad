"""What is missing, by wave and arm, and the frame that Little's test takes."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.stats.columns import labels, name_list, numbers, one_arm_each, one_row_each, require_columns
from analysis.stats.errors import BadInput
from analysis.stats.levels import code_text


@dataclass(frozen=True)
class Missingness:
    """Missing values of each outcome by time and arm.

    Attributes
    ----------
    table : DataFrame
        One row an outcome, time and arm: outcome, time, arm, people (participants of the arm), missing,
        proportion (missing / people, in [0, 1]).
    missing : int
        Missing values in all.
    expected : int
        Values in all, had nobody missed anything: people x times x outcomes.
    """

    table: pd.DataFrame
    missing: int
    expected: int

    @property
    def proportion(self) -> float:
        """Missing share of all expected values, in [0, 1]."""
        return self.missing / self.expected


def missing_by_wave_and_arm(
    frame: pd.DataFrame,
    *,
    participant: str,
    arm: str,
    time: str,
    outcomes: Sequence[str],
    reference_arm: Hashable | None = None,
    reference_time: Hashable | None = None,
) -> Missingness:
    """Count missing values by wave and arm; a missing row is as missing as an empty cell.

    Parameters
    ----------
    frame : DataFrame
        Long: at most one row a participant and time. A time that nobody has a row for is unknown here, and
        so is a participant without any row.
    participant, arm, time : str
        Label columns without missing values.
    outcomes : sequence of str
        Numeric columns, one or more.
    reference_arm, reference_time : label, optional
        Come first.

    Returns
    -------
    Missingness

    Raises
    ------
    BadInput
        A column is missing or of the wrong type, two rows of a participant share a time, a participant has
        two arms, an outcome holds an infinite value, or no outcome is named.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [1, 1, 2], "arm": list("AAB"), "time": [1, 2, 1], "stress": [3, 4, 5]})
    >>> found = missing_by_wave_and_arm(frame, participant="id", arm="arm", time="time", outcomes=["stress"])
    >>> found.table["missing"].tolist(), found.proportion
    ([0, 0, 0, 1], 0.25)
    """
    _require_outcomes(frame, outcomes)
    one_row_each(frame, participant, time)
    arms = one_arm_each(frame, participant, arm)
    people = arms.value_counts()
    when = labels(frame, time, reference_time)
    order = labels(frame, arm, reference_arm)
    rows = []
    for outcome in outcomes:
        has = pd.Series(~np.isnan(numbers(frame, outcome)), index=frame.index)
        present = has.groupby([frame[time], frame[arm]], observed=True).sum().to_dict()
        rows += [
            (outcome, at, name, int(people[name]), int(people[name] - present.get((at, name), 0)))
            for at in when
            for name in order
        ]
    table = pd.DataFrame(rows, columns=["outcome", "time", "arm", "people", "missing"])
    table["proportion"] = table["missing"] / table["people"]
    return Missingness(table, int(table["missing"].sum()), int(table["people"].sum()))


def across_waves(frame: pd.DataFrame, *, participant: str, time: str, outcomes: Sequence[str]) -> pd.DataFrame:
    """Return one row a participant and one column an outcome and time, as `little_mcar` takes it.

    Parameters
    ----------
    frame : DataFrame
        Long: at most one row a participant and time.
    participant, time : str
        Label columns without missing values.
    outcomes : sequence of str
        Numeric columns, one or more.

    Returns
    -------
    DataFrame of float64, shape (participants, outcomes x times)
        Columns "<outcome> at <time>", NaN where missing; participants in order of first appearance.

    Raises
    ------
    BadInput
        As `missing_by_wave_and_arm`.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [1, 1, 2], "time": [1, 2, 1], "stress": [3, 4, 5]})
    >>> across_waves(frame, participant="id", time="time", outcomes=["stress"]).columns.tolist()
    ['stress at 1', 'stress at 2']
    """
    _require_outcomes(frame, outcomes)
    one_row_each(frame, participant, time)
    people = pd.Index(frame[participant].unique(), name=participant)
    columns = {}
    for outcome in outcomes:
        scores = pd.Series(numbers(frame, outcome), index=frame.index)
        for when in labels(frame, time):
            rows = frame[time] == when
            found = pd.Series(scores[rows].to_numpy(), index=frame.loc[rows, participant])
            columns[f"{outcome} at {code_text(when)}"] = found.reindex(people)
    return pd.DataFrame(columns, index=people)


def _require_outcomes(frame: pd.DataFrame, outcomes: Sequence[str]) -> None:
    if not name_list(outcomes, "outcomes"):
        raise BadInput("No outcome is named: outcomes must be a list of names.")
    require_columns(frame, outcomes)
