"""The flow of participants of one analysis set, counted from the frames. Pure."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from analysis.frames import TrialFrames
from analysis.plan import Plan
from trial.flow.counts import DID_NOT_ANSWER, NOT_IN_THE_SET, ArmFlow, Exit, FlowCounts, WaveFlow


def flow_counts(frames: TrialFrames, plan: Plan, set_id: str) -> FlowCounts:
    """Return the counts. Somebody answered a wave who has a score of it; each is left out for one reason."""
    outcomes = [outcome.id for outcome in plan.outcomes]
    answered = frames.scores.loc[frames.scores[outcomes].notna().any(axis=1), ["participant", "wave"]]
    arms = []
    for arm in plan.arms:
        codes = frames.participants.loc[frames.participants["arm"] == arm.id, "participant"].tolist()
        arms.append(_arm(frames, plan, set_id, arm.id, codes, answered))
    return FlowCounts(frames.enrolment, tuple(arms))


def _arm(frames: TrialFrames, plan: Plan, set_id: str, arm: str, codes: list[str], answered: pd.DataFrame) -> ArmFlow:
    members = set(frames.sets[set_id])
    reasons = frames.left_out.get(set_id, {})
    waves = []
    for wave in plan.wave_ids[1:]:
        there = set(answered.loc[answered["wave"] == wave, "participant"])
        count = sum(code in there for code in codes)
        waves.append(WaveFlow(wave, count, _exits([DID_NOT_ANSWER] * (len(codes) - count))))
    left_out = [reasons.get(code, NOT_IN_THE_SET) for code in codes if code not in members]
    return ArmFlow(arm, len(codes), (), tuple(waves), len(codes) - len(left_out), _exits(left_out))


def _exits(reasons: Iterable[str]) -> tuple[Exit, ...]:
    return tuple(Exit(reason, count) for reason, count in Counter(reasons).most_common())
