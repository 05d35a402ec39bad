"""Who belongs to which analysis set, and why the others do not."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time

import pandas as pd

from analysis.frames import Labels
from analysis.plan import Plan
from trial.enrolment.models import CohortPlace, CriterionJudgement, Level, Withdrawal
from trial.flow.counts import DATA_WITHDRAWN, DID_NOT_ANSWER, TOO_FEW_SESSIONS
from trial.programme.models import Attendance, Came, Session
from trial.protocol.models import ProtocolVersion
from trial.protocol.schema_analysis import AnalysisSet
from trial.protocol.schema_enrolment import Criterion

CAME = (Came.PRESENT, Came.LATE)


@dataclass(frozen=True)
class Members:
    """As in `TrialFrames`: codes of each set, why a set is not there, why somebody is not in one."""

    sets: dict[str, tuple[str, ...]]
    unavailable: dict[str, str]
    left_out: dict[str, dict[str, str]]


def members(
    version: ProtocolVersion,
    plan: Plan,
    labels: Labels,
    arms: Mapping[str, str],
    scores: pd.DataFrame,
    *,
    taken_back: set[str],
) -> Members:
    """Sort those who were randomised into the plan's sets; each is left out for the first reason that holds."""
    found = Members({}, {}, {})
    for each in plan.analysis.sets:
        if why := _unavailable(version, each, labels):
            found.unavailable[each.id] = why
            continue
        reasons = dict.fromkeys(_did_not_answer(each, plan, scores), DID_NOT_ANSWER)
        if each.at_least_sessions:
            reasons |= dict.fromkeys(_too_few_sessions(version, each.at_least_sessions, arms), TOO_FEW_SESSIONS)
        for id in reversed(each.leaves_out):
            reasons |= dict.fromkeys(_excluded(version, version.protocol.criterion(id)), id)
        reasons |= dict.fromkeys(taken_back, DATA_WITHDRAWN)
        found.left_out[each.id] = {code: reason for code, reason in sorted(reasons.items()) if code in arms}
        found.sets[each.id] = tuple(code for code in sorted(arms) if code not in reasons)
    return found


def _unavailable(version: ProtocolVersion, of: AnalysisSet, labels: Labels) -> str:
    """While the arms are masked, whatever follows them stays unread; and some answers are not collected yet."""
    if labels == "shuffled" and (of.leaves_out or of.at_least_sessions):
        return "masked"
    moments = {version.protocol.criterion(id).moment for id in of.leaves_out}
    return "not_recorded" if "each_wave" in moments else ""


def _did_not_answer(of: AnalysisSet, plan: Plan, scores: pd.DataFrame) -> set[str]:
    """Whoever left a wave that the set asks for without a single score."""
    outcomes = [outcome.id for outcome in plan.outcomes]
    has_one = scores[outcomes].notna().any(axis=1)
    asked = scores["wave"].isin(of.answered)
    return set(scores.loc[asked & ~has_one, "participant"])


def _too_few_sessions(version: ProtocolVersion, at_least: int, arms: Mapping[str, str]) -> set[str]:
    """Of the arms that have a programme; what somebody took after crossing over does not count."""
    came = Attendance.objects.filter(
        session__group__cohort__trial=version.trial_id, session__group__is_crossover=False, came__in=CAME
    )
    sessions = Counter(came.values_list("participant__code", flat=True))
    with_programme = {arm.id for arm in version.protocol.arms if arm.programme}
    return {code for code, arm in arms.items() if arm in with_programme and sessions[code] < at_least}


def _excluded(version: ProtocolVersion, criterion: Criterion) -> set[str]:
    """Whom a criterion leaves out: as it was judged, as an instructor noted, or by leaving before the start."""
    if criterion.moment == "programme_start" and criterion.judged_by == "system":
        return _left_before_the_start(version)
    judged = CriterionJudgement.objects.filter(
        screening__participant__trial=version.trial_id, criterion=criterion.id, is_met=False
    )
    codes: Iterable[str] = judged.values_list("screening__participant__code", flat=True)
    if criterion.moment == "each_session":
        noted = Attendance.objects.filter(session__group__cohort__trial=version.trial_id, came=Came.EXCLUDED)
        codes = [*codes, *noted.values_list("participant__code", flat=True)]
    return set(codes)


def _left_before_the_start(version: ProtocolVersion) -> set[str]:
    """Who left the sessions before their cohort's first one, or before its first day where no session is known."""
    first: dict[int, datetime] = {}
    sessions = Session.objects.filter(group__cohort__trial=version.trial_id, group__is_crossover=False)
    for cohort, starts_at in sessions.order_by("-starts_at").values_list("group__cohort", "starts_at"):
        first[cohort] = starts_at
    withdrawn = dict(
        Withdrawal.objects.filter(participant__trial=version.trial_id, level=Level.SESSIONS).values_list(
            "participant__code", "withdrawn_at"
        )
    )
    places = CohortPlace.objects.filter(participant__code__in=withdrawn, cohort__trial=version.trial_id)
    rows = places.values_list("participant__code", "cohort", "cohort__programme_starts_on")
    return {
        code
        for code, cohort, day in rows
        if withdrawn[code] < first.get(cohort, datetime.combine(day, time.min, tzinfo=version.zone))
    }
