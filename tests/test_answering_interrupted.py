"""Back, F5, a bookmark, a session that ended, somebody else at the same computer: each page explains itself."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from questionnaires import services as answering
from questionnaires.models import AnswerChange
from tests import factories
from tests.conftest import press_button, wait_until
from trial.people import services as people
from trial.people.models import ParticipantSession

pytestmark = pytest.mark.browser


@pytest.fixture
def sitting(person):
    return factories.make_sitting(factories.respondent_of(person))


@pytest.fixture
def sheet(sitting):
    return sitting.sheets.get(instrument="dass_21")


def open_sheet(page: Page, sheet) -> None:
    page.goto(f"/q/{sheet.sitting_id}/sheets/dass_21/")
    expect(page.locator(".sheet-bar")).to_be_visible()


def choose(page: Page, item: int, code: int) -> None:
    page.locator(f"label[for='i-{item}-{code}']").click()


def saved(sheet, count: int) -> None:
    wait_until(lambda: len(answering.answers_of(sheet)) == count, seconds=15, what=f"answer {count}")


def heading(page: Page):
    return expect(page.get_by_role("heading", level=1))


def end_sessions() -> None:
    """Half an hour passes without a sign of life."""
    ParticipantSession.objects.update(last_seen_at="2026-01-01T00:00Z")


def open_link(page: Page, person) -> None:
    page.goto(f"/l/{people.issue_link(participant=person)}/")
    press_button(page, "Open my pages")


def test_back_button_after_handing_in_leads_to_the_receipt_from_every_page(device, sitting, sheet):
    page = device()
    open_sheet(page, sheet)
    choose(page, 1, 2)
    saved(sheet, 1)
    page.goto(f"/q/{sitting.key}/review/")
    page.get_by_role("button", name="Hand it in").click()
    heading(page).to_have_text("Handed in")
    for _ in range(2):
        page.go_back()
        heading(page).to_have_text("Handed in")


def test_f5_keeps_the_place_and_f5_after_a_form_hands_in_once(device, sitting, sheet):
    page = device()
    open_sheet(page, sheet)
    for item in (1, 2, 3):
        choose(page, item, 1)
    saved(sheet, 3)
    page.reload()
    expect(page.locator("#where")).to_have_text("Item 4 of 21")
    page.goto(f"/q/{sitting.key}/review/")
    page.get_by_role("button", name="Hand it in").click()
    heading(page).to_have_text("Handed in")
    page.reload()

    heading(page).to_have_text("Handed in")
    assert AnswerChange.objects.count() == 3


def test_page_of_a_sheet_that_was_handed_in_elsewhere_says_so_and_leads_on(device, sitting, sheet):
    page = device(java_script_enabled=False)
    open_sheet(page, sheet)
    choose(page, 1, 2)
    answering.submit_sitting(sitting, by=sitting.respondent_id)
    page.locator("#next").click()
    expect(page.get_by_text("You have handed this in.")).to_be_visible()
    page.get_by_role("link", name="Go back").click()

    heading(page).to_have_text("Handed in")


def test_bookmark_without_a_session_explains_and_the_link_opens_it_again(device, person, sheet):
    page = device()
    end_sessions()
    page.goto(f"/q/{sheet.sitting_id}/sheets/dass_21/")
    heading(page).to_have_text("Your pages are closed on this device")
    expect(page.get_by_role("link", name="Get my link")).to_be_visible()
    open_link(page, person)
    open_sheet(page, sheet)


def test_form_sent_half_an_hour_later_waits_until_the_link_was_opened_in_another_tab(device, person, sheet):
    page = device(java_script_enabled=False)
    open_sheet(page, sheet)
    for item in range(1, 22):
        choose(page, item, 2)
    end_sessions()
    page.locator("#next").click()
    heading(page).to_have_text("Your pages were closed in the meantime")
    other = page.context.new_page()
    open_link(other, person)
    page.get_by_role("button", name="Send it once more").click()

    expect(page.locator(".sheet-bar")).to_contain_text("Sheet 2 of 2")
    assert answering.answers_of(sheet) == {str(item): 2 for item in range(1, 22)}


def test_page_that_keeps_a_form_has_no_fault(device, sheet):
    page = device()
    page.goto(f"/q/{sheet.sitting_id}/review/")
    end_sessions()
    page.get_by_role("button", name="Hand it in").click()
    heading(page).to_have_text("Your pages were closed in the meantime")

    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_answer_after_half_an_hour_waits_and_goes_out_once_the_link_was_opened(device, person, sheet):
    page = device()
    open_sheet(page, sheet)
    end_sessions()
    choose(page, 1, 3)
    expect(page.get_by_role("alert")).to_contain_text("Open your personal link in another tab")
    assert AnswerChange.objects.count() == 0
    open_link(page.context.new_page(), person)

    saved(sheet, 1)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_answer_on_a_computer_where_somebody_else_came_in_waits_for_its_own_person(device, person, sheet):
    page = device()
    open_sheet(page, sheet)
    own = page.context.cookies()
    other = factories.make_participant(person.trial, "other@example.org")
    open_link(page.context.new_page(), other)
    choose(page, 1, 3)
    expect(page.get_by_role("alert")).to_contain_text("Open your personal link in another tab")
    assert AnswerChange.objects.count() == 0
    page.context.add_cookies(own)

    saved(sheet, 1)


def test_answer_with_a_token_that_has_changed_since_goes_out_with_the_new_one(device, sheet):
    page = device()
    open_sheet(page, sheet)
    page.context.clear_cookies(name="csrftoken")  # as when staff sign in with the same browser
    choose(page, 1, 3)

    saved(sheet, 1)
    expect(page.locator("#saved-at")).to_have_text(re.compile("Saved"))
