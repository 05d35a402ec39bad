"""Two worlds with the arms exchanged and of unequal size: what the programme writes into the trail is the same."""

from datetime import timedelta

import pytest
from django.db import transaction

from questionnaires import clock
from tests.trial.programme.crowd import make_crowd
from tests.trial.programme.stage import LINK, SIX
from trial.audit.models import AuditEntry
from trial.programme import services as programme
from trial.programme.services import Mark

WORLD = ["cct", "cct", "cct", "waitlist"]
OTHER = ["waitlist", "waitlist", "waitlist", "cct"]


def conduct(trial, arms, instructor, coordinator) -> None:
    """A whole programme, with attendance tap by tap, a session moved, a refusal, and everybody crossing over."""
    cohort = make_crowd(trial, arms)
    (group,) = programme.form_groups(trial=trial, cohort=cohort, at=SIX, actor=coordinator)
    programme.lead_group(trial=trial, group=group, instructor=instructor, join_link=LINK, actor=coordinator)
    first, second = group.sessions.filter(number__lte=2)
    later = second.starts_at + timedelta(days=1)
    programme.move_session(trial=trial, session=second, starts_at=later, reason="a holiday", actor=coordinator)
    with clock.fixed(first.starts_at):
        for person in programme.roll(first):
            programme.note_attendance(trial=trial, session=first, marks={person: Mark("late")}, actor=instructor)
    with clock.fixed(cohort.waves.get(wave="follow_up").accepts_until + timedelta(hours=1)):
        starts_on = clock.now().date() + timedelta(days=3)
        (crossing,) = programme.form_crossover_groups(
            trial=trial, cohort=cohort, starts_on=starts_on, at=SIX, actor=coordinator
        )
        with pytest.raises(programme.ProgrammeRefused):
            programme.cross_over(trial=trial, group=group, people=programme.roll(first), actor=coordinator)
        people = [each.participant for each in programme.those_waiting(crossing)]
        programme.cross_over(trial=trial, group=crossing, people=people, actor=coordinator)


def trail_of(trial, arms, instructor, coordinator) -> list[tuple]:
    before = transaction.savepoint()
    conduct(trial, arms, instructor, coordinator)
    entries = AuditEntry.objects.filter(action__startswith="programme.").order_by("pk")
    rows = list(entries.values_list("action", "actor", "participant", "reason", "data"))
    transaction.savepoint_rollback(before)
    return rows


def test_trail_of_a_programme_is_the_same_whoever_is_in_it_and_however_many(trial, instructor, coordinator):
    world = trail_of(trial, WORLD, instructor, coordinator)
    other = trail_of(trial, OTHER, instructor, coordinator)

    assert world == other
    assert [row[0] for row in world] == [
        "programme.groups_formed",
        "programme.group_led",
        "programme.session_moved",
        "programme.attendance_taken",
        "programme.crossover_groups_formed",
        "programme.refused",
        "programme.crossed_over",
    ]
