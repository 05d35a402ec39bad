"""On a phone in a real browser: an instructor takes attendance, a participant answers a wave from the own page."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from questionnaires import clock
from tests import factories
from tests.conftest import press_button
from trial.people.models import Participant, Role, User
from trial.programme import services as programme
from trial.programme.models import Attendance, AttendanceNote, Session
from trial.waves import services as waves

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en", base_url=site)
    yield context
    context.close()


def as_staff(context: BrowserContext, site: str, user: User) -> Page:
    key = factories.sign_in(Client(), user).session.session_key
    context.add_cookies([{"name": "sessionid", "value": key, "url": site}])
    return context.new_page()


def as_participant(context: BrowserContext, site: str, participant: Participant) -> Page:
    session = factories.session_of(participant)
    context.add_cookies([{"name": "participant", "value": session, "url": site}])
    return context.new_page()


@pytest.fixture
def session(committed_db) -> Session:
    """The first session of a group of four, which has begun half an hour ago."""
    trial, now = factories.make_model_trial(), clock.now()
    began_at = (now - timedelta(minutes=30)).astimezone(trial.version_in_force().zone)
    with clock.fixed(began_at - timedelta(days=9)):
        cohort = factories.make_drawn_cohort(trial, 8)
        (group,) = programme.form_groups(trial=trial, cohort=cohort, at=began_at.time(), actor=None)
    instructor = factories.make_member(trial, Role.INSTRUCTOR)
    programme.lead_group(trial=trial, group=group, instructor=instructor, join_link="", actor=None)
    return group.sessions.get(number=1)


def noted() -> list[str]:
    return list(Attendance.objects.order_by("participant").values_list("came", flat=True))


def choose(page: Page, code: str, word: str) -> None:
    page.get_by_role("group", name=code).get_by_role("radio", name=word).check()


def test_instructor_takes_attendance_tap_by_tap_and_takes_the_last_one_back(session, phone, site):
    page = as_staff(phone, site, session.group.instructor)
    page.goto("/t/cct/programme/")
    page.get_by_role("link", name="Attendance of session 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Session 1 of 8")

    codes = [each.code for each in programme.roll(session)]
    choose(page, codes[0], "Late")
    expect(page.get_by_role("status")).to_contain_text(f"{codes[0]}: late. Saved")
    choose(page, codes[1], "Absent")
    expect(page.get_by_role("status")).to_contain_text(f"{codes[1]}: absent. Saved")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    page.get_by_role("button", name="Mark all others present").click()

    expect(page.locator("[data-count=present]")).to_have_text("3")
    assert noted() == ["late", "present", "present", "present"]
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_roll_without_javascript_is_one_form(session, browser, site):
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en", java_script_enabled=False)
    page = as_staff(context, site, session.group.instructor)
    page.goto(f"{site}/t/cct/programme/sessions/{session.pk}/")

    for person, word in zip(programme.roll(session), ("Present", "Late", "Absent", "Excused"), strict=True):
        choose(page, person.code, word)
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("4 notes. Saved")).to_be_visible()
    assert noted() == ["present", "late", "absent", "excused"]
    context.close()


def test_tap_that_cannot_be_saved_does_not_look_saved(session, phone, site):
    page = as_staff(phone, site, session.group.instructor)
    page.goto(f"/t/cct/programme/sessions/{session.pk}/")
    code = programme.roll(session)[0].code

    phone.set_offline(True)
    page.get_by_role("group", name=code).get_by_role("radio", name="Present").click()

    expect(page.get_by_text("Not saved: there is no connection.")).to_be_visible()
    expect(page.get_by_role("group", name=code).get_by_role("radio", checked=True)).to_have_count(0)
    assert AttendanceNote.objects.count() == 0


def test_participant_begins_a_wave_on_the_own_page_and_comes_back_to_the_receipt(committed_db, phone, site):
    trial = factories.make_model_trial()
    factories.make_cohort(trial)
    participant = factories.enrol(trial, "phone@example.org")
    page = as_participant(phone, site, participant)

    page.goto("/me/")
    expect(page.get_by_role("heading", name="First questionnaires").first).to_be_visible()
    press_button(page, "Begin")
    expect(page).to_have_url(re.compile("/q/"))
    page.goto("/me/")
    expect(page.get_by_text(re.compile(r"0 of \d+ questions are answered"))).to_be_visible()
    press_button(page, "Go on")
    page.goto(re.sub("/sheets/.*", "/review/", page.url))
    page.get_by_role("button", name="Hand it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Handed in")

    page.get_by_role("link", name="Compassion study").first.click()
    expect(page.locator("[aria-current=step]")).to_contain_text("The groups are drawn")
    page.get_by_role("link", name="Your receipt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Handed in")
    assert waves.sittings_of([participant.respondent_key]).popitem()[1].submitted_at is not None
