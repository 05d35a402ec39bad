"""The participant's own sessions: for those entitled to them, the link on the day, and nothing for others."""

from datetime import time, timedelta

import pytest
from django.test import Client

from questionnaires import clock
from tests import factories
from trial.allocation.visibility import crosses_over_to, takes_programme
from trial.enrolment import services as enrolment
from trial.people.models import Role
from trial.programme import services as programme
from trial.programme.services import Mark

LINK = "https://meet.example.org/room"


@pytest.fixture
def model(db):
    return factories.make_model_trial()


@pytest.fixture
def group(model):
    cohort = factories.make_drawn_cohort(model, 2)
    (made,) = programme.form_groups(trial=model, cohort=cohort, at=time(18), actor=None)
    instructor = factories.make_member(model, Role.INSTRUCTOR)
    return programme.lead_group(trial=model, group=made, instructor=instructor, join_link=LINK, actor=None)


@pytest.fixture
def taker(group):
    return takes_programme(group.cohort, "cct")[0]


@pytest.fixture
def waiting(group):
    return crosses_over_to(group.cohort, "cct")[0]


def home(participant) -> str:
    answer = factories.open_pages(Client(), participant).get("/me/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_next_session_is_the_one_thing_to_do_and_its_link_opens_on_the_day(group, taker):
    session = group.sessions.get(number=1)
    before = home(taker)
    with clock.fixed(session.starts_at - timedelta(hours=3)):
        on_the_day = home(taker)
    with clock.fixed(session.ends_at):
        afterwards = home(taker)

    assert 'id="next">Step 1. Settling and focusing the mind</h2>' in before
    assert [page.count(LINK) for page in (before, on_the_day, afterwards)] == [0, 1, 0]
    assert "Today at 18:00" in on_the_day
    assert 'id="next">Step 2. Loving-kindness and compassion for a loved one</h2>' in afterwards


def test_person_of_the_other_arm_finds_no_session_no_link_and_no_calendar(group, waiting):
    with clock.fixed(group.sessions.get(number=1).starts_at):
        page = home(waiting)
        calendar = factories.open_pages(Client(), waiting).get("/me/sessions.ics")

    assert "Your sessions" not in page
    assert LINK not in page
    assert calendar.status_code == 404


def test_whoever_left_the_sessions_finds_none(group, taker):
    enrolment.withdraw(participant=taker, choice=enrolment.Choice.SESSIONS)

    with clock.fixed(group.sessions.get(number=1).starts_at):
        page = home(taker)
        calendar = factories.open_pages(Client(), taker).get("/me/sessions.ics")

    assert "Your sessions" not in page
    assert LINK not in page
    assert calendar.status_code == 404


def test_whoever_left_the_questionnaires_keeps_the_sessions(group, taker):
    enrolment.withdraw(participant=taker, choice=enrolment.Choice.QUESTIONNAIRES)

    assert 'id="next">Step 1. Settling and focusing the mind</h2>' in home(taker)


def test_session_that_was_moved_stands_with_its_new_day(model, group, taker):
    session = group.sessions.get(number=2)
    programme.move_session(
        trial=model, session=session, starts_at=session.starts_at + timedelta(days=1), reason="a holiday", actor=None
    )

    page = home(taker)

    assert page.count("Moved to") == 1
    assert page.count("<li><b>") == 8


def test_attendance_is_told_to_the_person_alone_and_without_verdict(model, group, taker):
    first, second = group.sessions.filter(number__lte=2)
    for session, came in ((first, "late"), (second, "absent")):
        with clock.fixed(session.starts_at):
            programme.note_attendance(trial=model, session=session, marks={taker: Mark(came)}, actor=None)

    with clock.fixed(second.ends_at):
        page = home(taker)

    assert (page.count("You were there"), page.count("Over"), page.count("absent")) == (1, 1, 0)


def test_calendar_holds_ones_own_sessions(group, taker):
    answer = factories.open_pages(Client(), taker).get("/me/sessions.ics")

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.content.decode().count("BEGIN:VEVENT") == 8


def test_whoever_crosses_over_finds_the_sessions_of_their_group(model, group, waiting):
    cohort = group.cohort
    with clock.fixed(cohort.waves.get(wave="follow_up").accepts_until + timedelta(hours=9)):
        starts_on = clock.now().date() + timedelta(days=5)
        (crossing,) = programme.form_crossover_groups(
            trial=model, cohort=cohort, starts_on=starts_on, at=time(18), actor=None
        )
        before = home(waiting)
        programme.cross_over(trial=model, group=crossing, people=[waiting], actor=None)
        after = home(waiting)

    assert ("Your sessions" in before, "Your sessions" in after) == (False, True)


def test_pages_of_both_arms_show_an_open_wave_in_the_same_card(group, taker, waiting):
    wave = group.cohort.waves.get(wave="post")

    with clock.fixed(wave.opens_at):
        cards = [home(each).split('class="action-card"')[1].split("</section>")[0] for each in (taker, waiting)]

    same = [[line for line in card.splitlines() if "csrfmiddlewaretoken" not in line] for card in cards]
    assert same[0] == same[1]
    assert "Second questionnaires" in cards[0]
