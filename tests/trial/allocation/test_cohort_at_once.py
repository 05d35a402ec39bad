"""A cohort that many close, draw and tell at once, or that races its own people."""

import os

import pytest

from questionnaires import services as answering
from questionnaires.models import Sitting
from tests import factories
from tests.at_once import all_at_once
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Draw
from trial.allocation.services import chain
from trial.audit.models import AuditEntry
from trial.enrolment.models import Cohort, Withdrawal
from trial.messages.models import Kind, OutgoingMail
from trial.protocol.models import Trial
from trial.waves import services as waves

FULL = os.environ.get("SOAK") == "full"
AT_ONCE = 200 if FULL else 12
RACES = 100 if FULL else 4
ACTS = (allocation.close_cohort, allocation.draw_cohort, allocation.tell_cohort)
EVENTS = ["committed", "drawn", "told"]
ACTIONS = ["cohort.closed", "cohort.drawn", "cohort.told"]


def press(act, cohort: Cohort) -> Draw:
    """What an act's button does: the act itself, and its receipt into the second place."""
    draw = act(cohort=cohort, actor=None)
    allocation.copy_receipts(cohort=cohort)
    return draw


def acts_done(cohort: Cohort, people: int) -> int:
    """How many of the three acts were done; every trace of each is there, or none is."""
    draw = Draw.objects.filter(cohort=cohort).first()
    done = [
        draw is not None,
        draw is not None and draw.drawn_at is not None,
        draw is not None and draw.told_at is not None,
    ]
    number = sum(done)
    allocations = Allocation.objects.filter(participant__place__cohort=cohort)
    assert done == [True] * number + [False] * (3 - number)
    assert (Cohort.objects.get(pk=cohort.pk).closed_at is not None) == done[0]
    assert allocations.count() == (people if done[1] else 0)
    assert cohort.places.filter(randomised_at__isnull=False).count() == (people if done[1] else 0)
    assert allocations.filter(told_at__isnull=False).count() == (people if done[2] else 0)
    assert [each.event for each in chain.chain(draw.commitment if draw else "")] == EVENTS[:number]
    trail = AuditEntry.objects.filter(action__in=ACTIONS, data__cohort=cohort.number).order_by("pk")
    assert list(trail.values_list("action", flat=True)) == ACTIONS[:number]
    letters = OutgoingMail.objects.filter(kind=Kind.ALLOCATION, participant__place__cohort=cohort)
    assert letters.count() == (people if done[2] else 0)
    return number


def check_acts_at_once() -> None:
    trial = factories.make_model_trial()
    cohort = factories.make_cohort(trial)
    factories.make_ready(trial, AT_ONCE)
    for number, act in enumerate(ACTS, start=1):
        results = all_at_once([lambda act=act: act(cohort=cohort, actor=None)] * AT_ONCE)

        assert results == [Draw.objects.get()] * AT_ONCE
        assert acts_done(cohort, AT_ONCE) == number
    arms = sorted(Allocation.objects.values_list("arm", flat=True))
    assert arms == ["cct"] * (AT_ONCE // 2) + ["waitlist"] * (AT_ONCE // 2)


def race(trial: Trial) -> None:
    """One person hands in and one leaves at the moment at which their cohort is closed."""
    cohort = factories.make_cohort(trial)
    *_, leaver = factories.make_ready(trial, 3)
    late = factories.enrol(trial, f"late-{cohort.number}@example.org")
    sitting = waves.begin(participant=late, wave="pre")
    draw, *others = all_at_once(
        [
            lambda: allocation.close_cohort(cohort=cohort, actor=None),
            lambda: answering.submit_sitting(sitting, by=late.respondent_key),
            lambda: factories.leave_study(leaver),
        ]
    )

    assert [each for each in [draw, *others] if isinstance(each, Exception)] == []
    handed_in = Sitting.objects.get(pk=sitting.pk).submitted_at
    left = Withdrawal.objects.filter(participant=leaver).earliest("pk").withdrawn_at
    assert (late.code in draw.codes) == (handed_in <= draw.committed_at)
    assert (leaver.code in draw.codes) == (left > draw.committed_at)


def check_races_with_the_closing() -> None:
    trial = factories.make_model_trial()
    for _ in range(RACES):
        race(trial)


CHECKS = [check_acts_at_once, check_races_with_the_closing]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_12_at_once_and_4_races(committed_db, check):
    check()


@pytest.mark.soak(minutes=4)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_200_at_once_and_100_races(committed_db, check):
    check()
