"""Reliable change of each outcome, by the plan's rules. Pure."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis.missing_results import or_why
from analysis.plan import Plan
from analysis.stats.change_in_arms import ArmComparison, ReliableChange, compare_arms, pretest_sd, reliable_change
from analysis.stats.reliable_change import Criteria, Direction, Norm, cutoff_a, cutoff_b, cutoff_c
from trial.protocol.schema_analysis import Outcome
from trial.protocol.schema_analysis import ReliableChange as ChangePlan

# For exact tests that are too large to count: the same data must give the same p.
SEED = 20230613


@dataclass(frozen=True, eq=False)
class ChangeResult:
    """Reliable change of one outcome, and whether the arms differ in it (or why that cannot be tested)."""

    change: ReliableChange
    cutoff: float | None
    comparison: ArmComparison | str


def change_results(frame: pd.DataFrame, plan: Plan) -> dict[str, ChangeResult | str]:
    """Return the change of each outcome for which the plan says how to judge it.

    Parameters
    ----------
    frame : DataFrame
        The scores, with arms and waves in the plan's order.
    """
    judged = [outcome for outcome in plan.outcomes if outcome.reliable_change and plan.analysis.reliable_change]
    return {outcome.id: or_why(partial(_change, frame, plan, outcome)) for outcome in judged}


def _change(frame: pd.DataFrame, plan: Plan, outcome: Outcome) -> ChangeResult:
    rules, how = plan.analysis.reliable_change, outcome.reliable_change
    assert rules  # noqa: S101  chosen by the caller
    assert how  # noqa: S101
    names = {"participant": "participant", "time": "wave", "outcome": outcome.id}
    norms = {"functional": how.functional, "dysfunctional": how.dysfunctional}
    norm = norms.get(how.sd_from)
    sd = norm.sd if norm else pretest_sd(frame, **names, pre=rules.from_wave)
    cutoff = _cutoff(how, outcome)
    criteria = Criteria(
        sd=sd,
        reliability=how.reliability,
        higher_is=_direction(outcome),
        cutoff=cutoff,
        critical=rules.critical_z,
        rule="rojas" if rules.rule == "rojas" else "default",
    )
    change = reliable_change(frame, criteria, **names, arm="arm", pre=rules.from_wave, post=rules.to_wave)
    return ChangeResult(change, cutoff, or_why(lambda: compare_arms(change, rng=np.random.default_rng(SEED))))


def _cutoff(how: ChangePlan, outcome: Outcome) -> float | None:
    functional = Norm(how.functional.mean, how.functional.sd) if how.functional else None
    dysfunctional = Norm(how.dysfunctional.mean, how.dysfunctional.sd) if how.dysfunctional else None
    direction = _direction(outcome)
    if how.cut_off == "a" and dysfunctional:
        return cutoff_a(dysfunctional, direction)
    if how.cut_off == "b" and functional:
        return cutoff_b(functional, direction)
    if how.cut_off == "c" and functional and dysfunctional:
        return cutoff_c(dysfunctional, functional)
    return None


def _direction(outcome: Outcome) -> Direction:
    return "better" if outcome.higher_is == "better" else "worse"
