"""What PostgreSQL itself refuses, as the application's role, past every service."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from questionnaires import clock
from tests import factories
from trial.enrolment import services as enrolment
from trial.programme import services as programme
from trial.programme.models import Attendance, Crossover, Group, Session
from trial.programme.services import Mark


def refused_by_database(name: str, act) -> bool:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act()
    return re.search(name, str(error.value)) is not None


def test_database_refuses_a_group_before_telling(trial):
    cohort = factories.make_drawn_cohort(trial, 2, told=False)

    assert refused_by_database(
        "group_after_telling",
        lambda: Group.objects.create(cohort=cohort, programme="cct", arms=["cct"], created_at=clock.now()),
    )


def test_database_refuses_a_session_before_telling(cohort, group):
    session = Session(group=group, number=9, minutes=60, starts_at=cohort.draw.told_at - timedelta(seconds=1))

    assert refused_by_database("session_after_telling", session.save)


def test_database_refuses_to_move_a_session_before_telling(cohort, session):
    session.starts_at = cohort.draw.told_at - timedelta(seconds=1)

    assert refused_by_database("session_after_telling", lambda: session.save(update_fields=["starts_at"]))


def attendance(session, participant, **other) -> Attendance:
    said = {"came": "present", "noted_at": clock.now(), **other}
    return Attendance.objects.create(session=session, participant=participant, **said)


def test_database_refuses_attendance_of_the_other_arm(in_session, waiting):
    assert refused_by_database("attendance_of_the_group", lambda: attendance(in_session, waiting[0]))


def test_database_refuses_attendance_of_somebody_who_has_not_crossed_over(crossover_group, waiting):
    session = crossover_group.sessions.get(number=1)

    with clock.fixed(session.starts_at):
        assert refused_by_database("attendance_of_the_group", lambda: attendance(session, waiting[0]))


def test_database_refuses_attendance_before_the_session(session, takers):
    assert refused_by_database("attendance_after_start", lambda: attendance(session, takers[0]))


@pytest.mark.parametrize(
    ("other", "constraint"),
    [({"came": "excluded"}, "attendance_excluded_with_reason"), ({"came": "asleep"}, "attendance_known")],
)
def test_database_refuses_an_exclusion_without_reason_and_unknown_words(in_session, takers, other, constraint):
    assert refused_by_database(constraint, lambda: attendance(in_session, takers[0], **other))


def crossover(group, participant) -> Crossover:
    return Crossover.objects.create(group=group, participant=participant, crossed_at=clock.now())


def test_database_refuses_to_take_over_somebody_of_the_other_arm(crossover_group, takers):
    assert refused_by_database("does not wait for this programme", lambda: crossover(crossover_group, takers[0]))


def test_database_refuses_to_take_somebody_over_into_the_programme_itself(group, waiting):
    assert refused_by_database("does not wait for this programme", lambda: crossover(group, waiting[0]))


def test_database_refuses_to_take_over_somebody_who_left_the_sessions(crossover_group, waiting):
    enrolment.withdraw(participant=waiting[0], choice=enrolment.Choice.SESSIONS)

    assert refused_by_database("has left the sessions", lambda: crossover(crossover_group, waiting[0]))


@pytest.mark.parametrize("begun", [False, True])
def test_database_refuses_to_take_over_somebody_whose_last_wave_is_open(cohort, crossover_group, waiting, begun):
    wave = cohort.waves.get(wave="follow_up")
    if begun:
        with clock.fixed(wave.opens_at):
            factories.begin(waiting[0], "follow_up")
    end = wave.accepts_until if begun else wave.ends_at

    with clock.fixed(end - timedelta(seconds=1)):
        assert refused_by_database("last wave is not closed", lambda: crossover(crossover_group, waiting[0]))
    with clock.fixed(end):
        assert crossover(crossover_group, waiting[0]).pk


UNDOING = [
    "DELETE FROM trial_attendancenote",
    "UPDATE trial_attendancenote SET came = 'absent'",
    "DELETE FROM trial_attendance",
    "UPDATE trial_attendance SET participant_id = participant_id + 1",
    "DELETE FROM trial_session",
    "UPDATE trial_session SET number = number + 10",
    "DELETE FROM trial_group",
    "UPDATE trial_group SET arms = '[\"waitlist\"]'",
]


def test_database_refuses_to_change_what_was_noted(trial, in_session, takers):
    programme.note_attendance(trial=trial, session=in_session, marks={takers[0]: Mark("present")}, actor=None)

    with connection.cursor() as cursor:
        for statement in UNDOING:
            assert refused_by_database(
                "permission denied|Cannot update|Cannot delete", partial(cursor.execute, statement)
            )
