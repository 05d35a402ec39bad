"""Groups are formed after telling, led, and their sessions moved; each guard broken in turn."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from questionnaires import clock
from tests import factories
from tests.trial.programme.stage import LINK, SIX, refused
from trial.audit.models import AuditEntry
from trial.people.models import Role
from trial.programme import services as programme
from trial.programme.models import Group, Session
from trial.programme.schedule import planned
from trial.waves.models import CohortWave

MADRID = ZoneInfo("Europe/Madrid")


def form(trial, cohort, actor=None):
    return programme.form_groups(trial=trial, cohort=cohort, at=SIX, actor=actor)


def test_group_meets_at_the_same_hour_of_the_clock_in_summer_and_in_winter(trial):
    course = trial.version_in_force().protocol.programme("cct")

    sessions = planned(course, starts_on=date(2026, 10, 6), at=SIX, zone=MADRID)

    assert [f"{each.starts_at.astimezone(MADRID):%d.%m. %H:%M}" for each in sessions][2:4] == [
        "20.10. 18:00",
        "27.10. 18:00",
    ]
    assert [each.starts_at.hour for each in sessions][2:4] == [16, 17]


def test_groups_are_formed_once_with_every_session_of_the_programme(trial, cohort, coordinator):
    (group,) = form(trial, cohort, coordinator)
    again = form(trial, cohort, coordinator)

    assert again == [group]
    assert [session.number for session in group.sessions.all()] == list(range(1, 9))
    first = group.sessions.get(number=1).starts_at.astimezone(MADRID)
    assert (first.date(), first.time()) == (cohort.programme_starts_on, SIX)
    assert AuditEntry.objects.filter(action="programme.groups_formed").count() == 1


def test_group_before_telling_is_refused(trial, coordinator):
    cohort = factories.make_drawn_cohort(trial, 2, told=False)

    assert refused(lambda: form(trial, cohort, coordinator)) == (
        "told",
        "This cohort has not been told its groups yet, so no sessions can be set.",
    )


def test_group_whose_first_session_would_lie_in_the_past_is_refused(trial, cohort):
    with clock.fixed(clock.now() + timedelta(days=10)):
        assert refused(lambda: form(trial, cohort))[0] == "past"


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.RECRUITER, Role.PI])
def test_group_formed_by_another_role_is_refused(trial, cohort, role):
    assert refused(lambda: form(trial, cohort, factories.make_member(trial, role)))[0] == "role"


def test_group_of_a_locked_trial_is_refused(trial, cohort):
    trial = factories.lock(trial)

    assert refused(lambda: form(trial, cohort))[0] == "stage"


def test_group_of_another_trial_is_refused(cohort, other_trial):
    assert refused(lambda: form(other_trial, cohort))[0] == "trial"


def test_join_link_stands_encrypted(group):
    with connection.cursor() as cursor:
        cursor.execute("SELECT join_link FROM trial_group")
        (stored,) = cursor.fetchone()

    assert Group.objects.get(pk=group.pk).join_link == LINK
    assert "meet" not in stored


@pytest.mark.parametrize(
    ("role", "link", "guard"), [(Role.RECRUITER, LINK, "instructor"), (Role.INSTRUCTOR, "http://meet", "link")]
)
def test_group_led_by_somebody_else_or_over_an_open_link_is_refused(trial, cohort, role, link, guard):
    somebody = factories.make_member(trial, role)
    (group,) = form(trial, cohort)

    def act() -> None:
        programme.lead_group(trial=trial, group=group, instructor=somebody, join_link=link, actor=None)

    assert refused(act)[0] == guard


def move(trial, session, starts_at: datetime, reason: str = "a holiday", actor=None) -> Session:
    return programme.move_session(trial=trial, session=session, starts_at=starts_at, reason=reason, actor=actor)


def test_session_moved_moves_no_wave_and_no_other_session(trial, session, coordinator):
    waves, others = list(CohortWave.objects.values()), list(Session.objects.exclude(pk=session.pk).values())

    moved = move(trial, session, session.starts_at + timedelta(days=1), actor=coordinator)

    assert moved.starts_at == session.starts_at + timedelta(days=1)
    assert moved.moved_at is not None
    assert list(CohortWave.objects.values()) == waves
    assert list(Session.objects.exclude(pk=session.pk).values()) == others
    entry = AuditEntry.objects.get(action="programme.session_moved")
    assert (entry.reason, entry.data) == ("a holiday", {"cohort": 1, "session": 1})


def test_session_that_has_begun_is_not_moved(trial, in_session):
    later = in_session.starts_at + timedelta(days=1)

    assert refused(lambda: move(trial, in_session, later)) == (
        "past",
        "This session has begun already, so it cannot be moved.",
    )


@pytest.mark.parametrize(
    ("days", "reason", "guard"), [(-30, "a holiday", "past"), (8, "a holiday", "order"), (1, " ", "reason")]
)
def test_session_is_not_moved_into_the_past_beyond_the_next_or_without_a_reason(trial, session, days, reason, guard):
    assert refused(lambda: move(trial, session, session.starts_at + timedelta(days=days), reason))[0] == guard


def test_session_is_not_moved_by_its_instructor(trial, session, instructor):
    later = session.starts_at + timedelta(days=1)

    assert refused(lambda: move(trial, session, later, actor=instructor))[0] == "role"
