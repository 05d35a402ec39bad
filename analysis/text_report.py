"""The analysis as text that a psychologist can read: labels for codes, APA-like p, as many decimals as matter."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np
import pandas as pd

from analysis.analyse import Analysis, OutcomeAnalysis
from analysis.datafile import TrialData
from analysis.replication import PublishedCell
from analysis.stats.joint import untestable_terms
from analysis.stats.levels import code_text


def analysis_text(analysis: Analysis, cells: list[PublishedCell] | None = None) -> str:
    """Return the whole report: the data, each outcome, then the published table beside the computed one."""
    parts = [_data_text(analysis)]
    for name, result in analysis.outcomes.items():
        if isinstance(result, str):
            parts.append(f"{_title(name)}\nNot analysed: {result}")
        else:
            parts.append(_outcome_text(analysis.data, name, result))
    if cells is not None:
        parts.append(replication_text(cells))
    return "\n\n".join(parts) + "\n"


def replication_text(cells: list[PublishedCell]) -> str:
    """Return published and computed figures side by side, each row marked agree or differ."""
    names = list(dict.fromkeys(figure.name for cell in cells for figure in cell.figures))
    rows = []
    for cell in cells:
        figures = {figure.name: figure for figure in cell.figures}
        rows.append([cell.outcome, cell.term, *(_side_by_side(figures.get(name)) for name in names), cell.mark])
    head = ["Outcome", "Term", *(f"{name} (published | computed)" for name in names), ""]
    agree = sum(cell.agrees for cell in cells)
    count = f"{agree} of {len(cells)} cells agree, {len(cells) - agree} differ (a figure that differs has a *)."
    return f"{_title('Published beside computed')}\n{_grid(head, rows, left=2)}\n{count}"


def _data_text(analysis: Analysis) -> str:
    data = analysis.data
    arms = _levels(data.design.arms, data.arm_label)
    times = _levels(data.design.times, data.time_label)
    lines = [
        _title(data.table.name),
        f"{len(data.table.frame)} rows, {len(data.outcomes)} outcomes.",
        f"Arms ({data.arm_column}): {arms}; the first is the reference.",
        f"Times ({data.time_column}): {times}; the first is the reference.",
        "Model: outcome ~ arm * time + (1 | participant), REML. df and p: Kenward-Roger. Intervals: 95 %;",
        "profile likelihood for coefficients, Student's t for means and differences. Tukey's family: the times",
        "of an arm, or the arms at a time. Effects of arm and time are at the reference of the other.",
    ]
    return "\n".join(lines)


def _outcome_text(data: TrialData, name: str, result: OutcomeAnalysis) -> str:
    fit = result.fit
    lines = [
        _title(name),
        f"{fit.n_obs} observations of {fit.n_subjects} participants. SD between participants {fit.sd_subject:.4g}, "
        f"residual {fit.sd_residual:.4g}; REML criterion {fit.criterion:.2f}.",
    ]
    if fit.singular:
        lines.append("Singular fit: the variance between participants is estimated as zero.")
    decimals = _decimals(result.fixed["se"])
    lines += ["", _fixed_text(data, result.fixed, decimals), "", _means_text(data, result.means, decimals)]
    lines += ["", _posthoc_text(data, result.posthoc, decimals), "", _between_text(data, result.between, decimals)]
    lines += ["", _joint_text(result.joint), *untestable_terms(result.joint)]
    return "\n".join(lines)


def _fixed_text(data: TrialData, fixed: pd.DataFrame, decimals: int) -> str:
    rows = [
        [
            _term(data, row.arm, row.time, row.covariate),
            _number(row.estimate, decimals),
            _number(row.se_kr, decimals),
            _interval(row.profile_low, row.profile_high, decimals),
            _number(row.estimate / row.se_kr, 2),
            _number(row.df_kr, 1),
            p_text(row.p_kr),
        ]
        for row in fixed.itertuples()
    ]
    return _grid(["Coefficient", "b", "SE", "95 % CI", "t", "df", "p"], rows)


def _means_text(data: TrialData, means: pd.DataFrame, decimals: int) -> str:
    rows = [
        [
            _arm(data, row.arm),
            _time(data, row.time),
            _number(row.mean, decimals),
            _number(row.se, decimals),
            _interval(row.low, row.high, decimals),
        ]
        for row in means.itertuples()
    ]
    return _grid(["Mean", "", "M", "SE", "95 % CI"], rows, left=2)


def _posthoc_text(data: TrialData, posthoc: pd.DataFrame, decimals: int) -> str:
    rows = [
        [
            _arm(data, row.arm),
            f"{_time(data, row.time_a)} - {_time(data, row.time_b)}",
            *_tested(row, decimals),
            p_text(row.p_tukey),
        ]
        for row in posthoc.itertuples()
    ]
    return _grid(["Within arm", "", "Difference", "SE", "t", "df", "p (Tukey)"], rows, left=2)


def _between_text(data: TrialData, between: pd.DataFrame, decimals: int) -> str:
    rows = [
        [
            _time(data, row.time),
            f"{_arm(data, row.arm_a)} - {_arm(data, row.arm_b)}",
            *_tested(row, decimals),
            p_text(row.p),
            p_text(row.p_tukey),
            _interval(row.low, row.high, decimals),
        ]
        for row in between.itertuples()
    ]
    return _grid(["Between arms", "", "Difference", "SE", "t", "df", "p", "p (Tukey)", "95 % CI"], rows, left=2)


def _joint_text(joint: pd.DataFrame) -> str:
    rows = [
        [row.term, _number(row.f, 2), f"{row.num_df}, {_number(row.den_df, 1)}", p_text(row.p)]
        for row in joint.itertuples()
    ]
    return _grid(["Joint test", "F", "df", "p"], rows)


def _tested(row, decimals: int) -> list[str]:
    return [_number(row.estimate, decimals), _number(row.se, decimals), _number(row.t, 2), _number(row.df, 1)]


def p_text(p: float) -> str:
    """Write a p as in a paper: three decimals without the zero, or "<.001"."""
    if not np.isfinite(p):
        return "-"
    if p < 0.001:
        return "<.001"
    return f"{p:.3f}".removeprefix("0")


def _arm(data: TrialData, code: Hashable) -> str:
    return _named(data.arm_column, code, data.arm_label(code))


def _time(data: TrialData, code: Hashable) -> str:
    return _named(data.time_column, code, data.time_label(code))


def _named(column: str, code: Hashable, label: str) -> str:
    """A bare number says nothing in a table, so its column stands before it."""
    return label if isinstance(code, str) or label != code_text(code) else f"{column} {label}"


def _term(data: TrialData, arm, time, covariate) -> str:
    if covariate is not None:
        return covariate
    places = [] if arm is None else [_arm(data, arm)]
    places += [] if time is None else [_time(data, time)]
    return " x ".join(places) or "Intercept"


def _levels(levels: Iterable, label: Callable[..., str]) -> str:
    return ", ".join(
        label(level) if label(level) == code_text(level) else f"{label(level)} ({code_text(level)})" for level in levels
    )


def _decimals(errors: pd.Series) -> int:
    """Decimals that give the smallest standard error two digits, between 0 and 6."""
    smallest = errors[np.isfinite(errors)].min()
    return min(max(1 - math.floor(math.log10(smallest)), 0), 6)


def _number(value: float, decimals: int) -> str:
    if not np.isfinite(value):
        return "-"
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _interval(low: float, high: float, decimals: int) -> str:
    return f"[{_number(low, decimals)}, {_number(high, decimals)}]"


def _side_by_side(figure) -> str:
    if figure is None:
        return ""
    decimals = len(figure.published.partition(".")[2])
    computed = "-" if figure.computed is None else f"{figure.computed:.{decimals + 1}f}"
    return f"{figure.published} | {computed}{' ' if figure.agrees else '*'}"


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Lay out columns: the first `left` flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
