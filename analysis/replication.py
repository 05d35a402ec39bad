"""A published table laid beside the computed one: which of its cells agree to the digits that it prints."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.analyse import Analysis, OutcomeAnalysis
from analysis.datafile import Table
from analysis.stats.errors import BadInput
from analysis.stats.levels import code_text

# The names a published table may give its columns, with or without "paper_" before them.
COEFFICIENT_COLUMNS = {
    "b": "estimate",
    "estimate": "estimate",
    "se": "se",
    "low": "profile_low",
    "high": "profile_high",
}


@dataclass(frozen=True)
class PublishedFigure:
    """One number of a publication and what it should be; `computed` is None if the outcome was not analysed."""

    name: str
    published: str
    computed: float | None
    agrees: bool


@dataclass(frozen=True)
class PublishedCell:
    """One row of a published table: a term of a model or a contrast, with its figures."""

    outcome: str
    term: str
    figures: tuple[PublishedFigure, ...]

    @property
    def agrees(self) -> bool:
        """All figures agree."""
        return all(figure.agrees for figure in self.figures)

    @property
    def mark(self) -> str:
        """The word that stands in the table."""
        return "agree" if self.agrees else "differ"


def compare_with_published(analysis: Analysis, published: Table) -> list[PublishedCell]:
    """Compare a table of coefficients (outcome, term, b, se, low, high) or of Tukey's p.

    A coefficient agrees if it differs by less than one unit of the last decimal that its column prints, since
    publications round, cut, and round what was rounded; a p (outcome, arm, time_a, time_b, p) if rounding or
    cutting gives the printed one, "<.001" if cutting gives no more.

    Raises
    ------
    BadInput
        Columns or terms that are not known.
    """
    frame = published.frame.rename(columns=lambda name: str(name).removeprefix("paper_"))
    if "outcome" not in frame.columns:
        raise BadInput(f"{published.name} has no column outcome, so its rows cannot be matched.")
    if {"arm", "time_a", "time_b", "p"} <= set(frame.columns):
        return [_p_cell(analysis, published.name, row) for _, row in frame.iterrows()]
    figures = [name for name in COEFFICIENT_COLUMNS if name in frame.columns]
    if "term" not in frame.columns or not figures:
        raise BadInput(
            f"{published.name} needs the columns outcome, term and one or more of b, se, low, high; "
            "or outcome, arm, time_a, time_b and p."
        )
    decimals = {name: _most_decimals(frame[name]) for name in figures}
    return [_coefficient_cell(analysis, published.name, row, decimals) for _, row in frame.iterrows()]


def replication_json(cells: list[PublishedCell]) -> dict:
    """Counts, then each cell with its figures, as plain values."""
    return {
        "cells": len(cells),
        "agree": sum(cell.agrees for cell in cells),
        "differ": sum(not cell.agrees for cell in cells),
        "rows": [
            {
                "outcome": cell.outcome,
                "term": cell.term,
                "mark": cell.mark,
                "figures": [vars(figure) for figure in cell.figures],
            }
            for cell in cells
        ],
    }


def _coefficient_cell(analysis: Analysis, file: str, row: pd.Series, decimals: dict[str, int]) -> PublishedCell:
    result = analysis.outcomes.get(row["outcome"])
    place = _term_place(analysis, file, str(row["term"]))
    computed = _coefficient(result, place) if isinstance(result, OutcomeAnalysis) else None
    figures = [
        _figure(name, row[name], None if computed is None else computed[COEFFICIENT_COLUMNS[name]], places)
        for name, places in decimals.items()
        if pd.notna(row[name])
    ]
    return PublishedCell(row["outcome"], str(row["term"]), tuple(figures))


def _figure(name: str, published: float, computed: float | None, decimals: int) -> PublishedFigure:
    printed = f"{published:.{decimals}f}"
    if computed is None:
        return PublishedFigure(name, printed, None, False)
    return PublishedFigure(name, printed, float(computed), bool(abs(computed - published) < 10.0**-decimals))


def _coefficient(result: OutcomeAnalysis, place: tuple[str | None, str | None]) -> pd.Series:
    arms, times = result.fixed["arm"], result.fixed["time"]
    same = [
        (_text(arm), _text(time)) == place and covariate is None
        for arm, time, covariate in zip(arms, times, result.fixed["covariate"], strict=True)
    ]
    return result.fixed.iloc[int(np.flatnonzero(same)[0])]


def _term_place(analysis: Analysis, file: str, term: str) -> tuple[str | None, str | None]:
    """Read R's name of a term, as Group1:Time2, into codes of arm and time."""
    data, design = analysis.data, analysis.data.design
    if term == "(Intercept)":
        return None, None
    arms = {
        f"{data.arm_column}{name}": code_text(arm) for arm in design.arms[1:] for name in _names(data.arm_label, arm)
    }
    times = {
        f"{data.time_column}{name}": code_text(time)
        for time in design.times[1:]
        for name in _names(data.time_label, time)
    }
    known: dict[str, tuple[str | None, str | None]] = {name: (code, None) for name, code in arms.items()}
    known |= {name: (None, code) for name, code in times.items()}
    known |= {f"{a}:{t}": (arm, time) for a, arm in arms.items() for t, time in times.items()}
    if term not in known:
        raise BadInput(f"{file} has the term {term}, which is not one of the model: {', '.join(known)}.")
    return known[term]


def _p_cell(analysis: Analysis, file: str, row: pd.Series) -> PublishedCell:
    data, design = analysis.data, analysis.data.design
    arm = _code(file, row["arm"], design.arms, data.arm_label)
    times = [_code(file, row[name], design.times, data.time_label) for name in ("time_a", "time_b")]
    result = analysis.outcomes.get(row["outcome"])
    computed = None
    if isinstance(result, OutcomeAnalysis):
        posthoc = result.posthoc
        same = (posthoc["arm"] == arm) & posthoc["time_a"].isin(times) & posthoc["time_b"].isin(times)
        if not same.any():
            raise BadInput(f"{file} compares {row['time_a']} with {row['time_b']}, which is not a pair of times.")
        computed = float(posthoc.loc[same, "p_tukey"].iloc[0])
    printed = str(row["p"])
    figure = PublishedFigure("p", printed, computed, computed is not None and _p_agrees(printed, computed))
    return PublishedCell(row["outcome"], f"{row['arm']}: {row['time_a']} - {row['time_b']}", (figure,))


def _p_agrees(printed: str, computed: float) -> bool:
    match = re.fullmatch(r"\s*(<?)\s*0?(\.\d+)\s*|\s*(<?)\s*([01](?:\.\d*)?)\s*", printed)
    if match is None:
        raise BadInput(f"The published p {printed!r} is not a probability as .023 or <.001.")
    below, digits = match[1] or match[3], match[2] or match[4]
    unit = 10.0 ** -len(digits.partition(".")[2])
    units = round(float(digits) / unit)
    cut = int(np.floor(computed / unit + 1e-9))
    return cut <= units if below else units in (cut, round(computed / unit))


def _code(file: str, given: object, levels: tuple, label) -> object:
    for level in levels:
        if str(given) in _names(label, level) or given == level:
            return level
    raise BadInput(f"{file} names {given}, which is not one of: {', '.join(label(level) for level in levels)}.")


def _names(label, level) -> list[str]:
    return list(dict.fromkeys([code_text(level), label(level)]))


def _text(code) -> str | None:
    return None if code is None else code_text(code)


def _most_decimals(column: pd.Series) -> int:
    """Decimals of a column: CSV drops the zeros at the end of single numbers."""
    if not pd.api.types.is_numeric_dtype(column):
        raise BadInput(f"The published column {column.name} has text where numbers belong.")
    return max((len(f"{value:.10f}".rstrip("0").partition(".")[2]) for value in column.dropna()), default=0)
