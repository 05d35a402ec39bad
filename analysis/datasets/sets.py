"""Who belongs to which analysis set, and why the others do not."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd

from analysis.frames import Labels
from analysis.plan import Plan
from questionnaires.models import Answer
from questionnaires.own_questions import SLUG
from trial.enrolment.models import CohortPlace, CriterionJudgement, Level, Withdrawal
from trial.flow.counts import DATA_WITHDRAWN, DID_NOT_ANSWER, TOO_FEW_SESSIONS
from trial.people.models import Participant
from trial.programme.models import Attendance, Came, Session
from trial.protocol.models import ProtocolVersion
from trial.protocol.schema_analysis import AnalysisSet
from trial.protocol.schema_enrolment import Criterion
from trial.protocol.screening import meets

CAME = (Came.PRESENT, Came.LATE)
# Moments that one arm's people reach, or reach in another way.
FOLLOWS_ARMS = ("programme_start", "each_session")
# What people do besides differs between who has a programme and who waits.
HINTS_AT_ARMS = ("each_wave",)


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
    """While the arms are masked, whatever follows them stays unread; what nobody is asked cannot be known.

    Under letters, where somebody is left out for what they did would hint at which letter is which.
    """
    criteria = [version.protocol.criterion(id) for id in of.leaves_out]
    follows_arms = of.at_least_sessions or any(each.moment in FOLLOWS_ARMS for each in criteria)
    if labels != "real" and follows_arms:
        return "masked"
    if labels == "closed" and any(each.moment in HINTS_AT_ARMS for each in criteria):
        return "hints"
    return "not_recorded" if any(each.moment == "each_wave" and not each.asks for each in criteria) else ""


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
    if criterion.moment == "each_wave":
        return _told_in_a_wave(version, criterion)
    judged = CriterionJudgement.objects.filter(
        screening__participant__trial=version.trial_id, criterion=criterion.id, is_met=False
    )
    codes: Iterable[str] = judged.values_list("screening__participant__code", flat=True)
    if criterion.moment == "each_session":
        noted = Attendance.objects.filter(session__group__cohort__trial=version.trial_id, came=Came.EXCLUDED)
        codes = [*codes, *noted.values_list("participant__code", flat=True)]
    return set(codes)


def _told_in_a_wave(version: ProtocolVersion, criterion: Criterion) -> set[str]:
    """Who gave, in any wave, an answer that does not meet the criterion."""
    people = Participant.objects.filter(trial=version.trial_id)
    code_of = {key: code for code, key in people.values_list("code", "respondent_key")}
    kind = version.protocol.question(criterion.asks or "").kind
    said = Answer.objects.filter(sheet__instrument=SLUG, item=criterion.asks, said__isnull=False)
    rows = said.filter(sheet__sitting__respondent__in=code_of)
    return {
        code_of[respondent]
        for respondent, answer, at in rows.values_list("sheet__sitting__respondent", "said", "stored_at")
        if not meets(criterion, _value(kind, answer), on=at.astimezone(version.zone).date())
    }


def _value(kind: str, said: str | None) -> str | float | date:
    if said is None:
        return ""
    if kind == "number":
        return float(said)
    return date.fromisoformat(said) if kind == "date" else said


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
