"""The sheet of own questions in Chromium: what is asked follows the answers, and what is written is saved."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from questionnaires import services as answering
from tests import factories
from tests.questionnaires.test_own_questions import QUESTIONS
from trial.people import services as people

pytestmark = pytest.mark.browser


@pytest.fixture
def sitting(site, committed_db):
    participant = factories.make_participant(factories.make_trial("alpha"), "first@example.org")
    sitting = factories.make_sitting(
        factories.respondent_of(participant), instruments=["covid_concern"], questions=QUESTIONS
    )
    link = people.usable_link(people.issue_link(participant=participant))
    sitting.cookie = people.open_session(link=link)
    return sitting


@pytest.fixture
def sheet(sitting):
    return sitting.sheets.get(instrument="own_questions")


@pytest.fixture
def page(browser, site, sitting):
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en")
    context.add_cookies([{"name": "participant", "value": sitting.cookie, "url": site}])
    page = context.new_page()
    page.goto(site + reverse("questionnaires:sheet", args=[sitting.key, "own_questions"]))
    yield page
    context.close()


def choose(page, item, value):
    with page.expect_response("**/answer/") as reply:
        page.locator(f"label[for='i-{item}-{value}']").click()
    assert reply.value.ok


def write(page, item, text):
    with page.expect_response("**/answer/") as reply:
        page.locator(f"#t-{item}").fill(text)
        page.locator(f"#t-{item}").blur()
    return reply.value


def visible(page):
    return [
        each.removeprefix("item-") for each in page.locator(".likert:visible").evaluate_all("e => e.map(i => i.id)")
    ]


def test_questions_appear_with_the_answers_that_ask_for_them(page):
    shown = [visible(page)]
    for item, value in [("event", 0), ("care", 1), ("event", 1)]:
        choose(page, item, value)
        shown.append(visible(page))

    assert shown == [
        ["event", "hours", "since"],
        ["event", "what", "care", "hours", "since"],
        ["event", "what", "care", "days", "hours", "since"],
        ["event", "hours", "since"],
    ]
    assert page.locator(".likert:visible .likert-no").all_inner_texts() == ["1", "2", "3"]
    assert page.locator("#where").inner_text() == "Item 2 of 3"


def test_text_is_saved_when_the_field_is_left_and_a_wish_not_to_answer_takes_it_back(page, sheet):
    choose(page, "event", 0)
    assert write(page, "what", "A fall.\nThen rest.").ok
    first = answering.answers_of(sheet)["what"]
    choose(page, "what", "skip")
    emptied = page.locator("#t-what").input_value()
    assert write(page, "what", "A fall.").ok

    assert (first, emptied) == ("A fall.\nThen rest.", "")
    assert answering.answers_of(sheet)["what"] == "A fall."
    assert page.locator("#i-what-skip").is_checked() is False
    assert [each.value for each in sheet.changes.filter(item="what")] == ["A fall.\nThen rest.", None, "A fall."]


def test_number_out_of_range_is_refused_with_a_sentence_and_stays_in_its_field(page, sheet):
    reply = write(page, "hours", "lots")

    assert reply.status == 400
    expect(page.locator("#refused")).to_have_text("This is not a number. Write digits, such as 12 or 12.5.")
    assert page.locator("#t-hours").input_value() == "lots"
    page.locator("#next").click()
    page.locator("#next").click()
    page.wait_for_selector(".error-summary")
    assert page.locator("#t-hours").input_value() == "lots"
    assert write(page, "hours", "1,5").ok
    assert answering.answers_of(sheet) == {"hours": "1.5"}


def test_text_goes_out_when_the_page_is_hidden(page, sheet):
    choose(page, "event", 0)
    page.locator("#t-what").focus()
    page.keyboard.type("A fall.")
    with page.expect_response("**/answer/") as reply:
        page.evaluate(
            "Object.defineProperty(document, 'hidden', {value: true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
    assert reply.value.ok
    page.locator("#t-what").blur()
    page.wait_for_timeout(200)

    assert [each.value for each in sheet.changes.filter(item="what")] == ["A fall."]


def test_sheet_is_finished_and_resumed_in_a_second_browser_at_the_same_question(page, sitting, browser, site):
    choose(page, "event", 0)
    client = Client()
    client.cookies["participant"] = sitting.cookie
    place = client.post(reverse("questionnaires:overview", args=[sitting.key]))["Location"]
    answering.save_page(sitting.sheets.get(instrument="covid_concern"), {"1": 2}, by=sitting.respondent_id)
    resumed = client.post(reverse("questionnaires:overview", args=[sitting.key]))["Location"]
    write(page, "what", "A fall.")
    choose(page, "care", 0)
    write(page, "hours", "2")
    write(page, "since", "2026-03-31")
    page.locator("#next").click()
    page.wait_for_url("**/review/")

    assert place.endswith("/covid_concern/#item-1")
    assert resumed.endswith("/own_questions/#item-what")
    assert page.get_by_text("5 of 5 answered").count() == 1


def test_question_that_appears_after_next_was_pressed_is_pointed_out_before_going_on(page):
    page.locator("#next").click()
    choose(page, "event", 0)
    page.locator("#next").click()

    assert page.locator(".likert.has-note:visible").first.get_attribute("id") == "item-what"
