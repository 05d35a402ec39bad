"""One person of a trial with three arms and rolling intake, from consent to the wave after the own allocation."""

from datetime import date, timedelta

import pytest

from questionnaires import clock
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation
from trial.enrolment import services as enrolment
from trial.people.models import Role
from trial.protocol import services as protocols
from trial.protocol.models import Stage
from trial.waves import services as waves

ARMS = {"walking": 2, "relaxing": 1, "as_usual": 1}


@pytest.fixture
def walks(db):
    with clock.fixed(factories.NOON):
        trial = factories.make_trial("walks")
        allocation.seal_list(trial=trial, actor=None)
        factories.make_cohort(trial)
        yield trial


def take_up(trial, email: str):
    participant = factories.make_participant(trial, email)
    factories.give_consent(participant)
    enrolment.submit_screening(participant=participant, answers={"born": date(1990, 5, 1)})
    recruiter = factories.make_member(trial, Role.RECRUITER)
    enrolment.judge_criterion(trial=trial, participant=participant, criterion="fit", is_met=True, actor=recruiter)
    enrolment.submit_sheet(participant=participant, answers={})
    factories.hand_in(participant, "start")
    return participant


def test_4_people_fill_a_block_in_the_ratio_2_1_1(db):
    with clock.fixed(factories.NOON):
        trial = factories.make_trial("blocks", recruiting=False)
        source = trial.draft().source.replace("block_sizes = [4, 8]", "block_sizes = [4]")
        protocols.save_draft(trial=trial, source=source.encode(), actor=None)
        protocols.put_in_force(version=trial.draft(), actor=None)
        allocation.seal_list(trial=trial, actor=None)
        protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None)
        factories.make_cohort(trial)
        for number in range(4):
            person = take_up(trial, f"{number}@example.org")
            allocation.allocate(trial=trial, participant=person, actor=None)

    drawn = list(Allocation.objects.values_list("arm", flat=True))
    assert {arm: drawn.count(arm) for arm in ARMS} == ARMS


def test_wave_hangs_on_the_own_allocation_and_opens_28_days_after_it(walks):
    person = take_up(walks, "first@example.org")
    with clock.fixed(factories.NOON + timedelta(days=3)):
        allocation.allocate(trial=walks, participant=person, actor=None)

    opened = []
    for days in (30, 31):
        with clock.fixed(factories.NOON + timedelta(days=days)):
            try:
                waves.begin(participant=person, wave="week_4")
            except waves.WaveRefused as refused:
                opened.append(refused.guard)
            else:
                opened.append("open")

    assert opened == ["window", "open"]


def test_wave_after_the_allocation_is_closed_to_somebody_who_has_no_place(walks):
    person = take_up(walks, "first@example.org")

    with clock.fixed(factories.NOON + timedelta(days=31)), pytest.raises(waves.WaveRefused) as refused:
        waves.begin(participant=person, wave="week_4")

    assert refused.value.guard == "randomised"
