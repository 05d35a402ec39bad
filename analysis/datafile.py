"""Reading a trial's data file, CSV or SPSS .sav, into a checked frame with its arms, times and value labels."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from analysis.stats.columns import require_columns
from analysis.stats.design import TrialDesign, empty_cell, trial_design
from analysis.stats.errors import BadInput, StatisticsError, TooFewObservations
from analysis.stats.levels import code_text, level_order
from analysis.stats.measurements import as_numbers

# What programs write for "no value".
MISSING = ["", "NA", "N/A", "NaN", "nan", ".", "#NULL!"]


@dataclass(frozen=True)
class Table:
    """A file as read: numbers where every value of a column is one, text elsewhere.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    frame : DataFrame
    value_labels : dict
        Column -> code -> label; empty for CSV.
    """

    name: str
    frame: pd.DataFrame
    value_labels: Mapping[str, Mapping[Any, str]]


@dataclass(frozen=True)
class TrialData:
    """A table whose columns have their roles.

    Attributes
    ----------
    table : Table
    design : TrialDesign
    arm_column, time_column : str
    outcomes : tuple of str
    """

    table: Table
    design: TrialDesign
    arm_column: str
    time_column: str
    outcomes: tuple[str, ...]

    def arm_label(self, code: Hashable) -> str:
        """Value label of an arm, or its code."""
        return self._label(self.arm_column, code)

    def time_label(self, code: Hashable) -> str:
        """Value label of a time, or its code."""
        return self._label(self.time_column, code)

    def _label(self, column: str, code: Hashable) -> str:
        return self.table.value_labels.get(column, {}).get(code) or code_text(code)


def read_table(path: Path) -> Table:
    """Read a CSV (comma, semicolon or tab; UTF-8) or an SPSS file; rows without any value are left out.

    Raises
    ------
    BadInput
        No such file, no such format, or a file that cannot be read as what its name says.
    """
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    readers = {".csv": _read_csv, ".sav": _read_sav, ".zsav": _read_sav}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"{path.name} is neither a .csv nor a .sav file; export the data in one of these formats.")
    table = reader(path)
    if table.frame.empty:
        raise BadInput(f"{path.name} has no rows of data.")
    return table


def trial_data(
    table: Table,
    *,
    participant: str,
    arm: str,
    time: str,
    outcomes: Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    reference_arm: str | None = None,
    reference_time: str | None = None,
) -> TrialData:
    """Give the columns of a table their roles and check the whole.

    Parameters
    ----------
    outcomes : names, optional
        Default: all other columns of numbers.
    reference_arm, reference_time : code or value label, optional
        Default: the smallest number, or the first text to appear.

    Raises
    ------
    BadInput, TooFewObservations
        With a sentence that names the column, row or value.
    """
    roles = [participant, arm, time, *covariates]
    require_columns(table.frame, [*roles, *dict.fromkeys(outcomes or ())], table.name)
    try:
        design = trial_design(
            table.frame,
            participant=participant,
            arm=arm,
            time=time,
            reference_arm=_level(table, arm, reference_arm),
            reference_time=_level(table, time, reference_time),
            covariates=covariates,
        )
    except StatisticsError as problem:
        raise type(problem)(f"{table.name}: {problem}") from None
    if (empty := empty_cell(design)) is not None:
        raise TooFewObservations(
            f"{table.name} has no row with {arm} {code_text(empty[0])} and {time} {code_text(empty[1])}; "
            "every arm needs data at every time."
        )
    if outcomes is None:
        outcomes = _numeric_columns(table, set(roles))
    for name in outcomes:
        # An infinite value is the outcome's own matter and said in its place; words stop the analysis.
        if not pd.api.types.is_numeric_dtype(table.frame[name]):
            as_numbers(table.frame[name], f"{name} in {table.name}")
    return TrialData(table, design, arm, time, tuple(dict.fromkeys(outcomes)))


def _read_csv(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
        separator = max(",;\t", key=header.count)
        frame = pd.read_csv(
            path,
            sep=separator,
            dtype=str,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values=MISSING,
            skipinitialspace=True,
        )
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8 text; save it as CSV UTF-8.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        reason = " ".join(str(problem).split()).removeprefix("Error tokenizing data. C error: ")
        raise BadInput(f"{path.name} cannot be read as CSV: {reason}.") from None
    frame = frame.dropna(how="all").reset_index(drop=True)
    frame.columns = [str(name).strip() for name in frame.columns]
    return Table(path.name, frame.apply(lambda column: _numbers_or_text(column, separator)), {})


def _numbers_or_text(column: pd.Series, separator: str) -> pd.Series:
    text = column.str.strip()
    # Where the comma is the decimal sign, spreadsheets part columns with semicolons.
    numbers = pd.to_numeric(text.str.replace(",", ".") if separator == ";" else text, errors="coerce")
    return text if (numbers.isna() & text.notna()).any() else numbers


def _read_sav(path: Path) -> Table:
    try:
        frame, metadata = pyreadstat.read_sav(str(path))
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path.name} is not an SPSS .sav file that can be read: {problem}.") from None
    frame = frame.replace("", None).dropna(how="all").reset_index(drop=True)
    return Table(path.name, frame, metadata.variable_value_labels)


def _level(table: Table, column: str, given: str | None) -> Hashable | None:
    """Find the code that a person names by code or by label."""
    if given is None:
        return None
    levels = level_order(table.frame[column])
    labels = table.value_labels.get(column, {})
    for name in (code_text, lambda level: labels.get(level)):
        for level in levels:
            if name(level) == given:
                return level
    has = ", ".join(
        f"{code_text(level)} ({labels[level]})" if level in labels else code_text(level) for level in levels
    )
    raise BadInput(f"{given} is not a value of {column}, which has: {has}.")


def _numeric_columns(table: Table, taken: set[str]) -> list[str]:
    """Columns of numbers; one with a few words among its numbers is a mistake to be told, not passed over."""
    names = []
    for name in table.frame.columns.difference(list(taken), sort=False):
        column = table.frame[name]
        if not pd.api.types.is_numeric_dtype(column):
            is_number = pd.to_numeric(column.dropna(), errors="coerce").notna()
            # Digits alone in a column that its file declares as text are codes.
            if is_number.all() or is_number.mean() < 0.5:
                continue
        names.append(name)
    if not names:
        raise BadInput(f"{table.name} has no column of numbers besides {', '.join(sorted(taken))}.")
    return names
