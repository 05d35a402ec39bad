"""Nobody takes the programme they waited for before the last wave is closed for them."""

from datetime import timedelta

import pytest

from questionnaires import clock
from questionnaires.models import Sitting
from tests import factories
from tests.trial.programme.stage import SIX, refused
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.people.models import Role
from trial.programme import services as programme
from trial.programme.models import Crossover


def cross(trial, group, people, actor=None) -> list[Crossover]:
    return programme.cross_over(trial=trial, group=group, people=people, actor=actor)


def form(trial, cohort, starts_on, actor=None):
    return programme.form_crossover_groups(trial=trial, cohort=cohort, starts_on=starts_on, at=SIX, actor=actor)


def test_those_who_waited_cross_over_once_and_are_on_the_roll(trial, crossover_group, waiting, coordinator):
    made = cross(trial, crossover_group, waiting, coordinator)
    again = cross(trial, crossover_group, waiting, coordinator)

    assert ([each.participant for each in made], again) == (waiting, [])
    assert programme.roll(crossover_group.sessions.get(number=1)) == waiting
    entry = AuditEntry.objects.get(action="programme.crossed_over")
    assert (entry.participant, entry.data) == (None, {"cohort": 1})


def test_group_of_those_who_waited_has_sessions_of_its_own_and_is_formed_once(trial, cohort, crossover_group):
    again = form(trial, cohort, clock.now().date() + timedelta(days=30))

    assert again == [crossover_group]
    assert crossover_group.sessions.count() == 8
    assert (crossover_group.arms, crossover_group.after_waves) == (["waitlist"], ["follow_up"])


def test_group_that_would_meet_before_the_last_wave_is_closed_is_refused(trial, cohort):
    last_day = cohort.waves.get(wave="follow_up").ends_at.date() - timedelta(days=1)

    assert refused(lambda: form(trial, cohort, last_day)) == (
        "wave",
        "The last questionnaires of this cohort are not closed by then. Choose a later day.",
    )


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.RECRUITER])
def test_crossing_over_by_another_role_is_refused(trial, crossover_group, waiting, role):
    somebody = factories.make_member(trial, role)

    assert refused(lambda: cross(trial, crossover_group, waiting, somebody))[0] == "role"


def test_somebody_of_the_other_arm_does_not_cross_over(trial, crossover_group, waiting, takers):
    guard, sentence = refused(lambda: cross(trial, crossover_group, [*waiting, takers[0]]))

    assert (guard, sentence) == ("waits", f"{takers[0].code} does not wait for this programme.")


def test_somebody_who_left_the_sessions_does_not_cross_over(trial, crossover_group, waiting):
    enrolment.withdraw(participant=waiting[0], choice=enrolment.Choice.SESSIONS)

    assert refused(lambda: cross(trial, crossover_group, waiting))[0] == "withdrawn"


def test_group_of_the_programme_itself_takes_nobody_over(trial, group, waiting):
    assert refused(lambda: cross(trial, group, waiting))[0] == "crossover"


def test_crossing_over_while_the_last_wave_is_open_is_refused(trial, cohort, crossover_group, waiting):
    with clock.fixed(cohort.waves.get(wave="follow_up").ends_at - timedelta(seconds=1)):
        assert refused(lambda: cross(trial, crossover_group, waiting)) == (
            "wave",
            f"The last questionnaires are not closed for {waiting[0].code} yet. Nothing was changed.",
        )


def test_handing_in_early_opens_no_way_before_the_wave_is_closed_for_all(trial, cohort, crossover_group, waiting):
    wave = cohort.waves.get(wave="follow_up")
    with clock.fixed(wave.opens_at + timedelta(days=1)):
        factories.hand_in(waiting[0], "follow_up")
        assert refused(lambda: cross(trial, crossover_group, waiting[:1]))[0] == "wave"
    with clock.fixed(wave.ends_at):
        assert len(cross(trial, crossover_group, waiting[:1])) == 1


def test_sitting_begun_and_not_handed_in_waits_for_its_grace(trial, cohort, crossover_group, waiting):
    wave = cohort.waves.get(wave="follow_up")
    with clock.fixed(wave.opens_at + timedelta(days=1)):
        factories.begin(waiting[0], "follow_up")
    with clock.fixed(wave.accepts_until - timedelta(seconds=1)):
        assert refused(lambda: cross(trial, crossover_group, waiting[:1]))[0] == "wave"
    with clock.fixed(wave.accepts_until):
        assert len(cross(trial, crossover_group, waiting[:1])) == 1


def test_extension_of_ones_own_wave_counts(trial, cohort, crossover_group, waiting, after_follow_up):
    longer = extended(cohort, waiting[0], days=10)

    assert refused(lambda: cross(trial, crossover_group, waiting[:1]))[0] == "wave"
    assert len(cross(trial, crossover_group, waiting[1:])) == 1
    with clock.fixed(longer):
        assert len(cross(trial, crossover_group, waiting[:1])) == 1


def extended(cohort, participant, *, days: int):
    """When the wave ends now for somebody who was given more days and has not begun it."""
    wave = cohort.waves.get(wave="follow_up")
    with clock.fixed(wave.opens_at + timedelta(days=1)):
        sitting = factories.begin(participant, "follow_up")
    ends_at = wave.ends_at + timedelta(days=days)
    Sitting.objects.filter(pk=sitting.pk).update(opened_at=None, ends_at=ends_at, accepts_until=ends_at)
    return ends_at
