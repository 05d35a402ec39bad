"""The analysis of a data file: every outcome's model and tables, as the JSON that `manage.py analyse` promises."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.datafile import TrialData
from analysis.stats.errors import StatisticsError
from analysis.stats.fixed_effects import fixed_effects
from analysis.stats.joint import joint_tests, untestable_terms
from analysis.stats.levels import code_text
from analysis.stats.marginal import contrasts_between_arms, contrasts_within_arms, marginal_means
from analysis.stats.mixed import MixedFit, fit_outcome

CODE_COLUMNS = {"arm", "time", "arm_a", "arm_b", "time_a", "time_b"}
POSTHOC_COLUMNS = ["arm", "time_a", "time_b", "estimate", "se", "df", "t", "p_tukey"]


@dataclass(frozen=True)
class OutcomeAnalysis:
    """One outcome's fit and tables; the columns are those of the functions in `analysis.stats`."""

    fit: MixedFit
    fixed: pd.DataFrame
    means: pd.DataFrame
    posthoc: pd.DataFrame
    between: pd.DataFrame
    joint: pd.DataFrame


@dataclass(frozen=True)
class Analysis:
    """All outcomes of a file.

    Attributes
    ----------
    data : TrialData
    outcomes : dict of str to OutcomeAnalysis or str
        A str is the sentence that says why the outcome could not be analysed.
    """

    data: TrialData
    outcomes: dict[str, OutcomeAnalysis | str]


def analyse(data: TrialData) -> Analysis:
    """Fit every outcome; one that cannot be fitted says why and does not stop the others."""
    return Analysis(data, {name: _analyse_outcome(data, name) for name in data.outcomes})


def _analyse_outcome(data: TrialData, name: str) -> OutcomeAnalysis | str:
    try:
        fit = fit_outcome(data.design, data.table.frame[name], name=name)
        return OutcomeAnalysis(
            fit=fit,
            fixed=fixed_effects(fit),
            means=marginal_means(fit),
            posthoc=contrasts_within_arms(fit),
            between=contrasts_between_arms(fit),
            joint=joint_tests(fit),
        )
    except StatisticsError as problem:
        return str(problem)


def as_json(analysis: Analysis) -> dict:
    """Return the contract of `manage.py analyse --format json`: plain values, codes as text, no NaN."""
    design = analysis.data.design
    return {
        "data": {
            "n_rows": len(analysis.data.table.frame),
            "arms": [code_text(arm) for arm in design.arms],
            "times": [code_text(time) for time in design.times],
            "reference_arm": code_text(design.arms[0]),
            "reference_time": code_text(design.times[0]),
        },
        "outcomes": {name: _outcome_json(result) for name, result in analysis.outcomes.items()},
    }


def _outcome_json(result: OutcomeAnalysis | str) -> dict:
    if isinstance(result, str):
        return {"error": result}
    fit = result.fit
    return {
        "n_obs": fit.n_obs,
        "n_subjects": fit.n_subjects,
        "singular": fit.singular,
        "reml_criterion": fit.criterion,
        "sd_subject": fit.sd_subject,
        "sd_residual": fit.sd_residual,
        "fixed": _fixed_records(result.fixed),
        "means": records(result.means),
        "posthoc": records(result.posthoc[POSTHOC_COLUMNS]),
        "between": records(result.between),
        "joint": records(result.joint),
    } | ({"notes": notes} if (notes := untestable_terms(result.joint)) else {})


def _fixed_records(fixed: pd.DataFrame) -> list[dict]:
    """A covariate's row names it; the others keep to the contract."""
    if not fixed["covariate"].notna().any():
        return records(fixed.drop(columns="covariate"))
    rows = records(fixed)
    return [row if row["covariate"] else {k: v for k, v in row.items() if k != "covariate"} for row in rows]


def records(table: pd.DataFrame) -> list[dict]:
    """Turn a table into a list of dicts of plain values; NaN and infinity become null."""
    columns = {name: _plain(name, table[name]) for name in table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(name: str, column: pd.Series) -> list:
    if name in CODE_COLUMNS:
        return [_code_or_none(value) for value in column.tolist()]
    if column.dtype.kind == "f" and not np.isfinite(column.to_numpy()).all():
        return [value if np.isfinite(value) else None for value in column.tolist()]
    return column.tolist()


def _code_or_none(value: Hashable) -> str | None:
    return None if value is None else code_text(value)
