"""Who came is noted by those who lead the group, once the session has begun; every note is kept."""

from datetime import timedelta

import pytest

from questionnaires import clock
from tests import factories
from tests.trial.programme.stage import refused
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.people.models import Role
from trial.programme import services as programme
from trial.programme.models import Attendance, AttendanceNote
from trial.programme.services import Mark

PRESENT = Mark("present")


def note(trial, session, marks, actor=None) -> list[Attendance]:
    return programme.note_attendance(trial=trial, session=session, marks=marks, actor=actor)


def noted(session) -> dict[str, str]:
    return dict(session.attendances.values_list("participant__code", "came"))


def test_instructor_notes_everybody_at_once_and_the_trail_tells_it_once(trial, in_session, takers, instructor):
    note(trial, in_session, {takers[0]: PRESENT, takers[1]: Mark("late")}, instructor)
    note(trial, in_session, {takers[1]: Mark("excused")}, instructor)

    assert noted(in_session) == {takers[0].code: "present", takers[1].code: "excused"}
    assert list(AttendanceNote.objects.values_list("came", flat=True)) == ["present", "late", "excused"]
    entry = AuditEntry.objects.get(action="programme.attendance_taken")
    assert (entry.participant, entry.data) == (None, {"cohort": 1, "session": 1})


def test_note_repeated_is_one_note(trial, in_session, takers, instructor):
    for _ in range(2):
        note(trial, in_session, {takers[0]: PRESENT}, instructor)

    assert AttendanceNote.objects.count() == 1


def test_exclusion_keeps_its_criterion_and_losing_it_loses_the_reason(trial, in_session, takers, instructor):
    note(trial, in_session, {takers[0]: Mark("excluded", "substances_in_session")}, instructor)
    note(trial, in_session, {takers[0]: Mark("present", "substances_in_session")}, instructor)

    assert list(AttendanceNote.objects.values_list("came", "reason")) == [
        ("excluded", "substances_in_session"),
        ("present", ""),
    ]


def test_last_act_is_taken_back_and_what_was_before_holds(trial, in_session, takers, instructor):
    note(trial, in_session, {takers[0]: PRESENT}, instructor)
    with clock.fixed(in_session.starts_at + timedelta(minutes=31)):
        note(trial, in_session, {takers[0]: Mark("late"), takers[1]: Mark("absent")}, instructor)

    with clock.fixed(in_session.starts_at + timedelta(minutes=32)):
        programme.undo_attendance(trial=trial, session=in_session, actor=instructor)

    assert noted(in_session) == {takers[0].code: "present", takers[1].code: ""}
    assert AttendanceNote.objects.count() == 5


def test_act_of_another_is_not_taken_back(trial, in_session, takers, instructor, coordinator):
    note(trial, in_session, {takers[0]: PRESENT}, instructor)

    act = lambda: programme.undo_attendance(trial=trial, session=in_session, actor=coordinator)  # noqa: E731
    assert refused(act) == ("undo", "There is nothing to take back.")


def test_attendance_before_the_session_is_refused(trial, session, takers, instructor):
    assert refused(lambda: note(trial, session, {takers[0]: PRESENT}, instructor)) == (
        "begun",
        "The session has not begun yet. Attendance can be noted once it has.",
    )


def test_attendance_of_somebody_of_the_other_arm_is_refused(trial, in_session, takers, waiting, instructor):
    marks = {takers[0]: PRESENT, waiting[0]: PRESENT}

    assert refused(lambda: note(trial, in_session, marks, instructor)) == (
        "group",
        "Somebody of these is not in this group. Nothing was noted.",
    )


def test_attendance_of_somebody_who_left_the_sessions_before_is_refused(trial, session, takers, instructor):
    enrolment.withdraw(participant=takers[0], choice=enrolment.Choice.SESSIONS)

    with clock.fixed(session.starts_at):
        assert [each.code for each in programme.roll(session)] == [takers[1].code]
        assert refused(lambda: note(trial, session, {takers[0]: PRESENT}, instructor))[0] == "group"


def test_somebody_who_leaves_after_a_session_stays_on_its_roll(trial, in_session, takers, instructor):
    enrolment.withdraw(participant=takers[0], choice=enrolment.Choice.SESSIONS)

    assert note(trial, in_session, {takers[0]: PRESENT}, instructor)[0].came == "present"
    second = in_session.group.sessions.get(number=2)
    assert takers[0] not in programme.roll(second)


@pytest.mark.parametrize(
    ("mark", "guard"),
    [(Mark("excluded"), "reason"), (Mark("excluded", "severe_mental_disorder"), "reason"), (Mark("asleep"), "came")],
)
def test_exclusion_without_a_criterion_of_the_instructor_and_unknown_words_are_refused(
    trial, in_session, takers, instructor, mark, guard
):
    assert refused(lambda: note(trial, in_session, {takers[0]: mark}, instructor))[0] == guard


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.RECRUITER, Role.PI])
def test_attendance_by_somebody_who_does_not_lead_the_group_is_refused(trial, in_session, takers, role):
    with clock.fixed(in_session.starts_at + timedelta(minutes=40)):
        somebody = factories.make_member(trial, role) if role != Role.INSTRUCTOR else another_instructor(trial)

        assert refused(lambda: note(trial, in_session, {takers[0]: PRESENT}, somebody)) == (
            "role",
            "You do not lead this group. Nothing was changed.",
        )


def another_instructor(trial):
    return factories.people.add_member(
        trial=trial, email="second@example.org", name="", role=Role.INSTRUCTOR, actor=None
    ).user


def test_programme_coordinator_notes_in_the_place_of_the_instructor(trial, in_session, takers, coordinator):
    assert note(trial, in_session, {takers[0]: PRESENT}, coordinator)[0].noted_by == coordinator


def test_attendance_after_the_data_are_locked_is_refused(trial, in_session, takers, instructor):
    trial = factories.lock(trial)

    assert refused(lambda: note(trial, in_session, {takers[0]: PRESENT}, instructor))[0] == "stage"


def test_attendance_under_another_trial_is_refused(in_session, takers, instructor, other_trial):
    assert refused(lambda: note(other_trial, in_session, {takers[0]: PRESENT}, instructor))[0] == "trial"
