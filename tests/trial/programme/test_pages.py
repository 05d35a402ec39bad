"""The pages of the programme: who sees them, what they refuse, and what they cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from questionnaires import clock
from tests import factories
from tests.test_permissions import HIDDEN, HIDDEN_POSTS
from tests.trial.programme.crowd import make_crowd
from tests.trial.programme.stage import LINK, SIX, written
from trial.audit.models import AuditEntry
from trial.people.models import Role
from trial.programme import services as programme
from trial.programme.models import Attendance, Group
from trial.programme.services import Mark


@pytest.fixture
def at(trial, group, session, takers, crossover_group):
    """The address of a page."""
    own = {
        "desk:group": [group.pk],
        "desk:attendance": [session.pk],
        "desk:undo_attendance": [session.pk],
        "desk:attendance_of": [session.pk, takers[0].code],
        "desk:move_session": [session.pk],
        "desk:crossover": [crossover_group.pk],
        "desk:form_groups": [1],
        "desk:form_crossover": [1],
    }
    return lambda name, of=trial: reverse(name, args=[of.slug, *own.get(name, [])])


@pytest.mark.parametrize("role", Role)
def test_page_of_the_programme_does_not_exist_for_other_roles(trial, at, as_staff, role, instructor, other_trial):
    user = instructor if role == Role.INSTRUCTOR else factories.make_member(trial, role)
    client = as_staff(user)
    found = {name: client.get(at(name)).status_code for name in HIDDEN}
    found |= {name: client.post(at(name)).status_code for name in HIDDEN_POSTS}

    expected = {name: 200 if role in allowed else 404 for name, allowed in HIDDEN.items()}
    expected |= {name: 302 if role in allowed else 404 for name, allowed in HIDDEN_POSTS.items()}
    assert found == expected
    factories.make_member(other_trial, role)
    assert {client.get(at(name, other_trial)).status_code for name in HIDDEN} == {404}


def test_instructor_of_another_group_does_not_find_it(trial, group, at, as_staff):
    instructor = factories.people.add_member(
        trial=trial, email="second@example.org", name="", role=Role.INSTRUCTOR, actor=None
    ).user
    factories.TOTP.activate(instructor, factories.generate_totp_secret())
    client = as_staff(instructor)

    assert {name: client.get(at(name)).status_code for name in HIDDEN} == {
        **dict.fromkeys(HIDDEN, 404),
        "desk:programme": 200,
        "desk:calendar": 200,
    }
    assert group.programme not in client.get(at("desk:calendar")).content.decode()


def test_session_of_another_trial_is_not_found_under_ones_own(other_trial, session, as_staff):
    client = as_staff(factories.make_member(other_trial, Role.PROGRAMME))

    assert client.get(reverse("desk:attendance", args=[other_trial.slug, session.pk])).status_code == 404


def test_coordinator_sets_the_sessions_of_a_cohort_and_says_who_leads_them(
    trial, cohort, coordinator, instructor, as_staff
):
    client = as_staff(coordinator)

    client.post(reverse("desk:form_groups", args=[trial.slug, 1]), {"at": "17:30"})
    group = Group.objects.get()
    address = reverse("desk:group", args=[trial.slug, group.pk])
    client.post(address, {"instructor": instructor.pk, "join_link": LINK})

    zone = trial.version_in_force().zone
    assert f"{group.sessions.get(number=1).starts_at.astimezone(zone):%H:%M}" == "17:30"
    assert Group.objects.get().instructor == instructor
    assert Group.objects.get().join_link == LINK


@pytest.mark.parametrize("hour", ["", "25:00", "nonsense"])
def test_hour_that_is_none_sets_nothing(trial, cohort, coordinator, as_staff, hour):
    address = reverse("desk:form_groups", args=[trial.slug, 1])

    page = as_staff(coordinator).post(address, {"at": hour}, follow=True).content.decode()

    assert "Nothing was changed. Give an hour, such as 18:00." in page
    assert Group.objects.count() == 0


def test_session_moved_into_the_past_is_refused_on_the_page(trial, session, coordinator, as_staff):
    address, before = reverse("desk:move_session", args=[trial.slug, session.pk]), written()

    page = as_staff(coordinator).post(address, {"day": "2020-01-07", "at": "18:00", "reason": "a holiday"})

    assert "A session would begin in the past. Choose a later day or hour." in page.content.decode()
    assert written() == before
    assert AuditEntry.objects.get(action="programme.refused").data == {"guard": "past", "step": "move_session"}


def test_attendance_before_the_session_is_refused_on_the_page(trial, session, takers, instructor, as_staff):
    address = reverse("desk:attendance", args=[trial.slug, session.pk])

    page = as_staff(instructor).post(address, {takers[0].code: "present"}, follow=True).content.decode()

    assert "The session has not begun yet. Attendance can be noted once it has." in page
    assert Attendance.objects.count() == 0


def test_roll_is_one_form_from_which_an_old_page_takes_nothing_back(trial, in_session, takers, instructor, as_staff):
    client, address = as_staff(instructor), reverse("desk:attendance", args=[trial.slug, in_session.pk])
    first, second = (each.code for each in takers)

    client.post(address, {first: "late", f"was-{first}": "", f"was-{second}": "", "rest": "present"})
    client.post(address, {first: "", second: "present", f"was-{second}": "present"})

    assert dict(Attendance.objects.values_list("participant__code", "came")) == {first: "late", second: "present"}
    client.post(reverse("desk:undo_attendance", args=[trial.slug, in_session.pk]))
    assert set(Attendance.objects.values_list("came", flat=True)) == {""}


def test_tap_is_answered_with_what_was_saved(trial, in_session, takers, instructor, as_staff):
    client, address = as_staff(instructor), reverse("desk:attendance", args=[trial.slug, in_session.pk])
    code, json = takers[0].code, {"Accept": "application/json"}

    saved = client.post(address, {code: "excused"}, headers=json)
    refused = client.post(address, {code: "excluded"}, headers=json)

    assert saved.json()["said"] == f"{code}: excused. Saved 18:30"
    assert saved.json()["tally"] == {"present": 0, "late": 0, "absent": 0, "excused": 1, "excluded": 0, "none": 1}
    assert (refused.status_code, refused.json()) == (
        409,
        {"refused": "This is not one of the answers. Nothing was noted."},
    )


def test_somebody_is_excluded_with_the_criterion_and_their_page_keeps_the_history(
    trial, in_session, takers, instructor, as_staff
):
    client = as_staff(instructor)
    address = reverse("desk:attendance_of", args=[trial.slug, in_session.pk, takers[0].code])

    assert client.post(address, {"criterion": "nonsense"}).status_code == 200
    assert client.post(address, {"criterion": "substances_in_session"}).status_code == 302

    assert Attendance.objects.get().reason == "substances_in_session"
    assert "Under the influence of alcohol" in client.get(address).content.decode().split("What was noted")[1]


def test_coordinator_takes_over_those_who_may_and_reads_why_the_others_wait(
    trial, crossover_group, waiting, coordinator, as_staff, takers
):
    client, address = as_staff(coordinator), reverse("desk:crossover", args=[trial.slug, crossover_group.pk])

    nobody = client.post(address, {"people": [takers[0].pk]}, follow=True).content.decode()
    client.post(address, {"people": [waiting[0].pk]})

    assert "Nothing was changed. Choose who crosses over." in nobody
    assert [each.participant for each in crossover_group.crossovers.all()] == waiting[:1]
    assert client.get(address).content.decode().count("</svg>In the group</span>") == 1


def test_calendar_holds_every_session_with_its_link(trial, group, instructor, as_staff):
    lines = as_staff(instructor).get(reverse("desk:calendar", args=[trial.slug])).content.decode().split("\r\n")

    first = group.sessions.get(number=1)
    assert lines.count("BEGIN:VEVENT") == 8
    assert f"DTSTART:{first.starts_at:%Y%m%dT%H%M%SZ}" in lines
    assert lines.count(f"LOCATION:{LINK}") == 8
    assert max(len(line.encode()) for line in lines) <= 75


def queries(client, address) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def set_everything(trial, cohort):
    """The cohort's group, and after its last wave the one of those who waited, with the clock after both began."""
    (group,) = programme.form_groups(trial=trial, cohort=cohort, at=SIX, actor=None)
    after = cohort.waves.get(wave="follow_up").accepts_until + timedelta(hours=1)
    with clock.fixed(after):
        starts_on = after.date() + timedelta(days=3)
        (crossing,) = programme.form_crossover_groups(
            trial=trial, cohort=cohort, starts_on=starts_on, at=SIX, actor=None
        )
    return group, crossing, after


def test_group_roll_and_list_of_those_who_waited_cost_the_same_for_1_3_and_300_people(trial, coordinator, as_staff):
    client, groups, rolls, lists = as_staff(coordinator), [], [], []
    for size in (1, 3, 300):
        cohort = make_crowd(trial, ["cct", "waitlist"] * size)
        group, crossing, after = set_everything(trial, cohort)
        session = group.sessions.get(number=1)
        with clock.fixed(after):
            marks = {each: Mark("present") for each in programme.roll(session)}
            programme.note_attendance(trial=trial, session=session, marks=marks, actor=coordinator)
            groups.append(queries(client, reverse("desk:group", args=[trial.slug, group.pk])))
            rolls.append(queries(client, reverse("desk:attendance", args=[trial.slug, session.pk])))
            lists.append(queries(client, reverse("desk:crossover", args=[trial.slug, crossing.pk])))
        assert len(marks) == size

    assert (groups, rolls, lists) == ([groups[0]] * 3, [rolls[0]] * 3, [lists[0]] * 3)


def test_programme_costs_the_same_for_1_3_and_30_cohorts(trial, coordinator, as_staff):
    client, counts = as_staff(coordinator), []
    for size in (1, 3, 30):
        for _ in range(trial.cohorts.count(), size):
            set_everything(trial, make_crowd(trial, ["cct", "waitlist"]))
        counts.append(queries(client, reverse("desk:programme", args=[trial.slug])))

    assert counts == [counts[0]] * 3
