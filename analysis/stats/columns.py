"""What a column must be before a statistic may touch it; each refusal names it and what was found."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.stats.errors import BadInput, TooFewObservations


def require_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a frame that lacks one of the named columns.

    Parameters
    ----------
    frame : DataFrame
        Any shape.
    names : sequence of str
        Columns that must be there, each once.

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
    for name in names:
        found = int((frame.columns == name).sum())
        if found == 0:
            present = ", ".join(str(column) for column in frame.columns)
            raise BadInput(f"There is no column {name!r}. The columns are: {present}.")
        if found > 1:
            raise BadInput(f"The column {name!r} is there {found} times. Keep one of them.")
    if len(set(names)) < len(names):
        raise BadInput(f"A column is asked for twice: {', '.join(map(str, names))}. Name each column once.")


def numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as float64, missing values as NaN.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
    name : str
        A column of integers or floats, NumPy's or pandas' nullable ones.

    Returns
    -------
    ndarray of float64, shape (n,)
        Finite or NaN.

    Raises
    ------
    BadInput
        The column is missing, is text, true/false, dates or complex, or holds an infinite value.

    Examples
    --------
    >>> numbers(pd.DataFrame({"stress": [3, None]}), "stress")
    array([ 3., nan])
    """
    require_columns(frame, [name])
    column = frame[name]
    kind = pd.api.types
    if kind.is_bool_dtype(column) or kind.is_complex_dtype(column) or not kind.is_numeric_dtype(column):
        present = column.dropna()
        example = f"such as {shown(present.iloc[0])}" if len(present) else "all missing"
        raise BadInput(f"The column {name!r} must hold numbers; found {column.dtype}, {example}. Convert it first.")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        row = frame.index[infinite[0]]
        raise BadInput(
            f"The column {name!r} holds an infinite value in row {shown(row)} ({infinite.size} in all). "
            "Mark it as missing or correct it."
        )
    return values


def labels(frame: pd.DataFrame, name: str, reference: Hashable | None = None) -> list[Hashable]:
    """Return the labels of an arm, time or category column in their lawful order.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
    name : str
        A column of codes or texts without missing values.
    reference : label, optional
        Comes first.

    Returns
    -------
    list
        Numbers by size, an ordered or unordered categorical by its categories, text by first appearance;
        `reference` before all. Categories that nobody has are left out.

    Raises
    ------
    BadInput
        The column is missing, a label is missing, or `reference` is not among the labels.

    Examples
    --------
    >>> labels(pd.DataFrame({"arm": ["CCT", "WL", "CCT"]}), "arm", reference="WL")
    ['WL', 'CCT']
    """
    require_columns(frame, [name])
    column = frame[name]
    missing = np.flatnonzero(column.isna())
    if missing.size:
        raise BadInput(
            f"The column {name!r} has no value in row {shown(frame.index[missing[0]])} "
            f"({missing.size} in all). Fill in the label or leave the row out."
        )
    found = _in_order(column)
    if reference is None:
        return found
    if reference not in found:
        raise BadInput(f"{shown(reference)} is not in the column {name!r}, which has {listed(found)}.")
    return [reference, *(label for label in found if label != reference)]


def _in_order(column: pd.Series) -> list[Hashable]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = set(column.unique())
        return [label for label in column.cat.categories.tolist() if label in used]
    found = column.unique().tolist()
    return sorted(found) if pd.api.types.is_numeric_dtype(column) else found


def two_or_more(found: list[Hashable], name: str) -> list[Hashable]:
    """Return the labels, or refuse when there is none or only one.

    Raises
    ------
    TooFewObservations
        Fewer than two labels.

    Examples
    --------
    >>> two_or_more([0, 1], "Group")
    [0, 1]
    """
    if len(found) < 2:
        raise TooFewObservations(
            f"The column {name!r} has {listed(found) or 'no value'}: a comparison needs two or more."
        )
    return found


def unique_rows(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse rows that share the same values of the named columns.

    Raises
    ------
    BadInput
        A column is missing, holds a missing value, or two rows agree in all of them.

    Examples
    --------
    >>> unique_rows(pd.DataFrame({"id": [1, 1], "time": [1, 2]}), ["id", "time"])
    """
    require_columns(frame, names)
    for name in names:
        labels(frame, name)
    twice = frame.loc[frame.duplicated(list(names)), list(names)]
    if len(twice):
        place = ", ".join(f"{name} {shown(twice.iloc[0][name])}" for name in names)
        raise BadInput(f"There is more than one row for {place}. Keep one row for each.")


def one_arm_each(frame: pd.DataFrame, participant: str, arm: str) -> "pd.Series[Hashable]":
    """Return each participant's arm, in order of first appearance.

    Returns
    -------
    Series, shape (participants,)
        Arm, indexed by participant.

    Raises
    ------
    BadInput
        A column is missing, has a missing value, or a participant has two arms.

    Examples
    --------
    >>> one_arm_each(pd.DataFrame({"id": [7, 7], "arm": ["WL", "WL"]}), "id", "arm").to_dict()
    {7: 'WL'}
    """
    require_columns(frame, [participant, arm])
    labels(frame, participant)
    labels(frame, arm)
    pairs = frame[[participant, arm]].drop_duplicates()
    twice = pairs.loc[pairs.duplicated(participant), participant]
    if len(twice):
        person = twice.iloc[0]
        arms = listed(pairs.loc[pairs[participant] == person, arm].tolist())
        raise BadInput(f"Participant {shown(person)} is in more than one arm: {arms}. Each belongs to one.")
    return pairs.set_index(participant)[arm]


def listed(found: Sequence[Hashable]) -> str:
    """Return labels as a list for a sentence.

    Examples
    --------
    >>> listed(["WL", "CCT"])
    "'WL', 'CCT'"
    """
    return ", ".join(shown(label) for label in found)


def shown(label: Hashable) -> str:
    """Return a label as a sentence shows it: a number plain, text in quotes.

    Examples
    --------
    >>> shown(np.int64(2)), shown("WL")
    ('2', "'WL'")
    """
    return repr(label.item() if isinstance(label, np.generic) else label)


def whole_number(value: object, name: str, least: int) -> int:
    """Return a count, or refuse what is none.

    Raises
    ------
    BadInput
        `value` is no whole number or is below `least`.

    Examples
    --------
    >>> whole_number(44, "total_n", least=2)
    44
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise BadInput(f"{name} must be a whole number of at least {least}; {value!r} was given.")
    return int(value)


def number_between(value: object, name: str, low: float, high: float, *, closed: bool = False) -> float:
    """Return a number of an interval, or refuse what is none.

    Parameters
    ----------
    value : float
    name : str
        What the sentence calls it.
    low, high : float
        The interval, open at both ends unless `closed`.

    Raises
    ------
    BadInput
        `value` is no number or is outside.

    Examples
    --------
    >>> number_between(0.05, "alpha", 0, 1)
    0.05
    """
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if is_number and (low < value < high or (closed and low <= value <= high)):  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    left, right = ("[", "]") if closed else ("(", ")")
    raise BadInput(f"{name} must be a number in {left}{low:g}, {high:g}{right}; {value!r} was given.")
