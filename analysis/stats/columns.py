"""What a column must be before a statistic may touch it; each refusal names it, what was found and in which row.

Rows are counted from 1 in the order of the frame, as a data file shows them.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.stats.errors import BadInput, TooFewObservations
from analysis.stats.levels import Level, level_order, listed, refuse_ambiguous, shown
from analysis.stats.measurements import as_numbers, first_row, refuse_extreme

Name = TypeVar("Name", bound=Hashable)


def require_columns(frame: pd.DataFrame, names: Sequence[Hashable], place: str = "the table") -> None:
    """Refuse a frame that lacks one of the named columns.

    Parameters
    ----------
    frame : DataFrame
        Any shape.
    names : sequence of column names
        Columns that must be there, each once.
    place : str
        What the sentence calls the frame.

    Raises
    ------
    BadInput
        `frame` is no frame, a column is missing, appears twice, or is asked for twice.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"id": [1]}), ["id"])
    """
    if not isinstance(frame, pd.DataFrame):
        raise BadInput(f"A pandas DataFrame is needed; {type(frame).__name__} was given.")
    present = list(frame.columns)
    for name in names:
        found = present.count(name)
        if found == 0:
            raise BadInput(f"There is no column {name} in {place}, which has: {', '.join(map(str, present))}.")
        if found > 1:
            raise BadInput(f"The column {name} is there {found} times in {place}; keep one of them.")
        if list(names).count(name) > 1:
            raise BadInput(f"The column {name} is named for two roles; each column has one.")


def name_list(names: Sequence[Name], role: str) -> list[Name]:
    """Return the names of columns as a list, or refuse a lone text, whose letters would be taken for names.

    Raises
    ------
    BadInput
        `names` is text or no sequence.

    Examples
    --------
    >>> name_list(["age"], "covariates")
    ['age']
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise BadInput(f"{role} must be a list of names; {names!r} was given.")
    return list(names)


def numbers(frame: pd.DataFrame, name: Hashable) -> NDArray[np.float64]:
    """Return a column of a frame as float64 whose squares a computer can add; see `as_numbers`.

    Raises
    ------
    BadInput
        The column is missing, is no numbers, holds an infinite value or is in an extreme unit.

    Examples
    --------
    >>> numbers(pd.DataFrame({"stress": [3, None]}), "stress")
    array([ 3., nan])
    """
    require_columns(frame, [name])
    found = as_numbers(frame[name], str(name))
    refuse_extreme(found, str(name))
    return found


def complete(frame: pd.DataFrame, name: Hashable) -> pd.Series:
    """Return a column of codes, one in every row.

    Raises
    ------
    BadInput
        The column is missing, a row has no code or an infinite one, or codes cannot be told apart.
    TooFewObservations
        The frame has no rows.

    Examples
    --------
    >>> complete(pd.DataFrame({"id": [1, 1]}), "id").tolist()
    [1, 1]
    """
    require_columns(frame, [name])
    column = frame[name]
    if column.empty:
        raise TooFewObservations(f"{name} is empty: the table has no rows.")
    missing = np.flatnonzero(column.isna())
    if missing.size:
        raise BadInput(f"{name} has no value in {first_row(missing)}; every row needs one.")
    if pd.api.types.is_float_dtype(column):
        as_numbers(column, str(name))
    refuse_ambiguous(column)
    return column


def labels(frame: pd.DataFrame, name: Hashable, reference: Level | None = None) -> tuple[Level, ...]:
    """Return the codes of an arm, time or category column in the order of `level_order`.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
    name : str
        A column of codes or texts without missing values.
    reference : level, optional
        Comes first.

    Raises
    ------
    BadInput
        The column is missing, a row has no code, or `reference` is not among the codes.
    TooFewObservations
        The frame has no rows.

    Examples
    --------
    >>> labels(pd.DataFrame({"arm": ["ACT", "WL", "ACT"]}), "arm", reference="WL")
    ('WL', 'ACT')
    """
    return level_order(complete(frame, name), reference)


def two_or_more(found: Sequence[Level], name: Hashable, kind: str) -> tuple[Level, ...]:
    """Return the levels, or refuse when there is none or only one.

    Parameters
    ----------
    found : sequence of levels
    name : str
        The column.
    kind : str
        What its levels are: "arm", "time".

    Raises
    ------
    TooFewObservations
        Fewer than two levels.

    Examples
    --------
    >>> two_or_more([0, 1], "Group", "arm")
    (0, 1)
    """
    if len(found) < 2:
        has = f"1 {kind} ({listed(found)})" if found else f"no {kind}"
        raise TooFewObservations(f"{name} has {has}; a comparison needs two.")
    return tuple(found)


def one_row_each(frame: pd.DataFrame, participant: Hashable, time: Hashable | None = None) -> None:
    """Refuse two rows of a participant, or two at the same time where `time` is given.

    Raises
    ------
    BadInput
        A column is missing or incomplete, or a participant has two rows; they are named.
    TooFewObservations
        The frame has no rows.

    Examples
    --------
    >>> one_row_each(pd.DataFrame({"id": [1, 1], "time": [1, 2]}), "id", "time")
    """
    names = [participant] if time is None else [participant, time]
    require_columns(frame, names)
    for name in names:
        complete(frame, name)
    twins = np.flatnonzero(frame.duplicated(names))
    if twins.size:
        codes = [frame[name].iloc[twins[0]] for name in names]
        same = np.logical_and.reduce([frame[name] == code for name, code in zip(names, codes, strict=True)])
        first, second = np.flatnonzero(same)[:2] + 1
        when = "" if time is None else f" at time {shown(codes[1])}"
        raise BadInput(f"Participant {shown(codes[0])} has two rows{when} (rows {first} and {second}); keep one.")


def one_arm_each(frame: pd.DataFrame, participant: Hashable, arm: Hashable) -> "pd.Series[Hashable]":
    """Return each participant's arm, in order of first appearance.

    Returns
    -------
    Series, shape (participants,)
        Arm, indexed by participant.

    Raises
    ------
    BadInput
        A column is missing or incomplete, or a participant has two arms.
    TooFewObservations
        The frame has no rows.

    Examples
    --------
    >>> one_arm_each(pd.DataFrame({"id": [7, 7], "arm": ["WL", "WL"]}), "id", "arm").to_dict()
    {7: 'WL'}
    """
    require_columns(frame, [participant, arm])
    complete(frame, participant)
    complete(frame, arm)
    pairs = frame[[participant, arm]].drop_duplicates()
    twice = pairs.loc[pairs[participant].duplicated(), participant]
    if len(twice):
        person = twice.iloc[0]
        first, second = pairs.loc[pairs[participant] == person, arm].tolist()[:2]
        raise BadInput(
            f"Participant {shown(person)} is in two arms, {shown(first)} and {shown(second)}; "
            "each person needs one arm and a code of their own."
        )
    return pairs.set_index(participant)[arm]
