"""Counting the flow of participants from the database. No arms here: whoever may know them adds them."""

from collections import Counter

from trial.enrolment.models import CriterionJudgement, Outcome, Screening
from trial.flow import counts
from trial.flow.counts import Enrolment, Exit
from trial.people.models import Participant
from trial.protocol.models import Trial


def enrolment_counts(trial: Trial) -> Enrolment:
    """Who was assessed, who was randomised, and one reason for each of the others (three queries)."""
    screenings = Screening.objects.filter(participant__trial=trial, reopened_at__isnull=True)
    outcomes = dict(screenings.values_list("participant", "outcome"))
    failed = _first_failed(trial)
    places = Participant.objects.filter(trial=trial, pk__in=outcomes).values_list(
        "pk", "place__randomised_at", "place__cohort__closed_at", "withdrawals"
    )
    reasons: dict[int, str] = {}
    for pk, randomised_at, closed_at, withdrawal in places:
        if randomised_at is None:
            reasons[pk] = _reason(outcomes[pk], failed.get(pk), withdrawal is not None, closed_at is not None)
    exits = tuple(Exit(reason, count) for reason, count in Counter(reasons.values()).most_common())
    return Enrolment(len(outcomes), exits, len(outcomes) - len(reasons))


def _first_failed(trial: Trial) -> dict[int, str]:
    """Of each person, the first criterion that was not met, as they were judged."""
    judged = CriterionJudgement.objects.filter(
        screening__participant__trial=trial, screening__reopened_at__isnull=True, is_met=False
    )
    pairs = judged.order_by("-pk").values_list("screening__participant", "criterion")
    return dict(pairs)


def _reason(outcome: str, failed: str | None, has_withdrawn: bool, is_closed: bool) -> str:
    if outcome == Outcome.FAILED and failed:
        return failed
    if has_withdrawn:
        return counts.DECLINED
    return counts.BASELINE_UNFINISHED if is_closed else counts.UNDER_WAY
