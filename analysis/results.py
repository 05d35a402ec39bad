"""Everything a report says in numbers, of one analysis set: computed by `analysis.stats`, nothing rounded. Pure.

What cannot be computed stands as the sentence that says why, in the place of its result.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from analysis.change_results import ChangeResult, change_results
from analysis.frames import TrialFrames
from analysis.missing_results import or_why
from analysis.plan import Characteristic, Plan
from analysis.scales import alphas
from analysis.stats.baseline import BaselineTable, baseline_table
from analysis.stats.contrasts import named_contrast
from analysis.stats.design import TrialDesign, trial_design
from analysis.stats.fixed_effects import fixed_effects, two_sided_p
from analysis.stats.joint import joint_tests
from analysis.stats.kenward_roger import kenward_roger, kr_degrees, kr_standard_errors
from analysis.stats.little_mcar import LittleMcar, little_mcar
from analysis.stats.marginal import contrasts_within_arms, marginal_means
from analysis.stats.missingness import Missingness, across_waves, missing_by_wave_and_arm
from analysis.stats.mixed import MixedFit, fit_outcome
from analysis.stats.multiplicity import holm
from analysis.stats.profile_interval import profile_intervals
from analysis.stats.satterthwaite import satterthwaite_degrees
from analysis.stats.standardised import standardised_changes
from trial.protocol.schema_analysis import Outcome

NAMES = {"participant": "participant", "arm": "arm", "time": "wave"}


@dataclass(frozen=True, eq=False)
class OutcomeResult:
    """One outcome's model.

    Attributes
    ----------
    fit : MixedFit
    contrasts : DataFrame
        One row a contrast of the plan: contrast, estimate, low, high (profile likelihood), se, df, t, p, and
        standardised, std_low, std_high in total standard deviations of the model.
    fixed, means, within, joint : DataFrame
        As `analysis.stats` gives them; `within` has `p_adjusted` after the plan's post hoc rule.
    """

    fit: MixedFit
    contrasts: pd.DataFrame
    fixed: pd.DataFrame
    means: pd.DataFrame
    within: pd.DataFrame
    joint: pd.DataFrame


@dataclass(frozen=True, eq=False)
class SetResults:
    """All results of one analysis set; a str is the sentence that stands for a missing one.

    Attributes
    ----------
    people : dict of arm to number
    baseline : dict of characteristic to table
    scores : DataFrame
        One row an outcome, wave and arm: outcome, wave, arm, n, mean, sd, lowest, highest.
    missing : Missingness
    mcar : dict of outcome, or "all", to Little's test
    alphas : DataFrame
        One row a scale and wave (see `analysis.scales`).
    outcomes, changes : dict of outcome to result
    """

    set_id: str
    people: Mapping[str, int]
    baseline: Mapping[str, BaselineTable | str]
    scores: pd.DataFrame
    missing: Missingness | str
    mcar: Mapping[str, LittleMcar | str]
    alphas: pd.DataFrame
    outcomes: Mapping[str, OutcomeResult | str]
    changes: Mapping[str, ChangeResult | str]


def set_results(frames: TrialFrames, plan: Plan, set_id: str, step: Callable[[], None] = lambda: None) -> SetResults:
    """Compute all that the plan asks of one set.

    Parameters
    ----------
    step
        Called after each outcome, for a progress bar.

    Raises
    ------
    BadInput
        The set cannot be told.
    """
    chosen = frames.of_set(set_id)
    scores = chosen.scores
    design = or_why(lambda: _design(scores, plan))
    outcomes: dict[str, OutcomeResult | str] = {}
    for outcome in plan.outcomes:
        outcomes[outcome.id] = _outcome_result(design, scores, plan, outcome)
        step()
    people = chosen.participants["arm"].value_counts()
    return SetResults(
        set_id=set_id,
        people={arm.id: int(people.get(arm.id, 0)) for arm in plan.arms},
        baseline={each.id: _baseline(chosen.participants, plan, each) for each in plan.characteristics},
        scores=_scores(scores, plan),
        missing=or_why(lambda: _missing(scores, plan)),
        mcar=_mcar(scores, plan),
        alphas=alphas(chosen.items if plan.analysis.reports_internal_consistency else {}, plan),
        outcomes=outcomes,
        changes=change_results(_with_orders(scores, plan), plan),
    )


def _design(scores: pd.DataFrame, plan: Plan) -> TrialDesign:
    reference = {"reference_arm": plan.analysis.reference_arm, "reference_time": plan.analysis.reference_wave}
    return trial_design(_with_orders(scores, plan), **NAMES, **reference)


def _with_orders(scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Arms and waves in the plan's order, whoever comes first in the file."""
    return scores.assign(
        arm=pd.Categorical(scores["arm"], categories=list(plan.arm_ids)),
        wave=pd.Categorical(scores["wave"], categories=list(plan.wave_ids)),
    )


def _outcome_result(design: TrialDesign | str, scores: pd.DataFrame, plan: Plan, outcome: Outcome):
    if isinstance(design, str):
        return design
    method: Literal["REML", "ML"] = "REML" if plan.analysis.estimation == "reml" else "ML"
    return or_why(lambda: _modelled(fit_outcome(design, scores[outcome.id], name=outcome.id, method=method), plan))


def _modelled(fit: MixedFit, plan: Plan) -> OutcomeResult:
    level = 1 - plan.analysis.significance_level
    return OutcomeResult(
        fit=fit,
        contrasts=_contrasts(fit, plan, level),
        fixed=fixed_effects(fit, level),
        means=marginal_means(fit, level),
        within=_adjusted(contrasts_within_arms(fit, level), plan.analysis.post_hoc),
        joint=joint_tests(fit),
    )


def _contrasts(fit: MixedFit, plan: Plan, level: float) -> pd.DataFrame:
    """The plan's differences in change, with the plan's degrees of freedom."""
    start = plan.analysis.reference_wave
    weights = np.concatenate(
        [
            named_contrast(
                fit,
                {(of.arm, of.wave): 1, (of.arm, start): -1, (of.against, of.wave): -1, (of.against, start): 1},
            )
            for of in plan.contrasts
        ]
    )
    estimate = weights @ fit.coefficients
    if plan.analysis.degrees_of_freedom == "kenward_roger":
        kr = kenward_roger(fit)
        se, df = kr_standard_errors(fit, kr, weights), kr_degrees(fit, kr, weights)
    else:
        se, df = fit.standard_errors(weights), satterthwaite_degrees(fit, weights)
    low, high = profile_intervals(fit, weights, level)
    t = estimate / se
    found = {"estimate": estimate, "low": low, "high": high, "se": se, "df": df, "t": t, "p": two_sided_p(t, df)}
    table = pd.DataFrame({"contrast": [of.id for of in plan.contrasts]} | found)
    return table.join(_standardised(fit, plan, level))


def _standardised(fit: MixedFit, plan: Plan, level: float) -> pd.DataFrame:
    """The same differences in total standard deviations, turned to arm minus against."""
    changes = standardised_changes(fit, level)
    rows = []
    for of in plan.contrasts:
        here = (changes["time_from"] == plan.analysis.reference_wave) & (changes["time_to"] == of.wave)
        pairs = changes[here & changes["arm"].isin([of.arm, of.against]) & changes["versus"].isin([of.arm, of.against])]
        row = pairs.iloc[0]
        bounds = (row["low"], row["high"]) if row["arm"] == of.arm else (-row["high"], -row["low"])
        rows.append((row["estimate"] if row["arm"] == of.arm else -row["estimate"], *bounds))
    return pd.DataFrame(rows, columns=["standardised", "std_low", "std_high"])


def _adjusted(within: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Tukey's p, or Holm's over the comparisons of an arm, or none."""
    if rule == "tukey":
        return within.assign(p_adjusted=within["p_tukey"])
    if rule == "holm":
        return within.assign(p_adjusted=within.groupby("arm", sort=False)["p"].transform(holm))
    return within.assign(p_adjusted=within["p"])


def _baseline(participants: pd.DataFrame, plan: Plan, of: Characteristic) -> BaselineTable | str:
    """One characteristic; with the plan's test where it can be done."""
    frame = participants.assign(arm=pd.Categorical(participants["arm"], categories=list(plan.arm_ids)))
    test = "chi_square" if of.kind == "category" else "student"
    continuous, categorical = ([of.id], []) if of.kind == "number" else ([], [of.id])
    table = partial(
        baseline_table, frame, participant="participant", arm="arm", continuous=continuous, categorical=categorical
    )
    without = or_why(table)
    if not plan.analysis.tests_baseline_differences or (test == "student" and len(plan.arms) != 2):
        return without
    tested = or_why(lambda: table(tests={of.id: [test]}))
    return without if isinstance(tested, str) else tested


def _scores(scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    rows = []
    for outcome in plan.outcomes:
        for wave in plan.waves:
            for arm in plan.arms:
                here = (scores["wave"] == wave.id) & (scores["arm"] == arm.id)
                found = scores.loc[here, outcome.id].dropna()
                shape = (found.mean(), found.std(ddof=1), found.min(), found.max())
                rows.append((outcome.id, wave.id, arm.id, len(found), *shape))
    return pd.DataFrame(rows, columns=["outcome", "wave", "arm", "n", "mean", "sd", "lowest", "highest"])


def _missing(scores: pd.DataFrame, plan: Plan) -> Missingness:
    outcomes = [outcome.id for outcome in plan.outcomes]
    return missing_by_wave_and_arm(_with_orders(scores, plan), **NAMES, outcomes=outcomes)


def _mcar(scores: pd.DataFrame, plan: Plan) -> dict[str, LittleMcar | str]:
    names = {"participant": "participant", "time": "wave"}

    def test(outcomes: list[str]) -> LittleMcar | str:
        return or_why(lambda: little_mcar(across_waves(scores, **names, outcomes=outcomes)))

    outcomes = [outcome.id for outcome in plan.outcomes]
    rule = plan.analysis.missing_values_test
    if rule == "little":
        return {"all": test(outcomes)}
    return {id: test([id]) for id in outcomes} if rule == "little_by_scale" else {}
