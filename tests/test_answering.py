"""Somebody answers a wave in a real browser: on a phone, cut off, by keyboard alone, without a script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from questionnaires import services as answering
from questionnaires.models import AnswerChange, Sheet, Sitting
from tests import factories
from tests.conftest import press_button, wait_until
from trial.people import services as people

pytestmark = pytest.mark.browser

ITEMS = 21


@pytest.fixture
def sitting(person) -> Sitting:
    return factories.make_sitting(factories.respondent_of(person), opened=False)


@pytest.fixture
def sheet(sitting) -> Sheet:
    return sitting.sheets.get(instrument="dass_21")


@pytest.fixture
def device(browser: Browser, site: str, person) -> Iterator:
    """`device()`: a new browser on a phone that has opened the person's link."""
    opened: list[BrowserContext] = []

    def of(**more: object) -> Page:
        context = browser.new_context(
            viewport={"width": 360, "height": 740}, locale="en", base_url=site, has_touch=True, **more
        )
        opened.append(context)
        page = context.new_page()
        page.goto(f"/l/{people.issue_link(participant=person)}/")
        press_button(page, "Open my pages")
        return page

    yield of
    for context in opened:
        context.close()


def begin(page: Page, sitting: Sitting) -> None:
    page.goto(f"/q/{sitting.key}/")
    page.get_by_role("button", name=re.compile("Begin|Go on")).click()
    expect(page.locator(".sheet-bar")).to_be_visible()


def choose(page: Page, number: int, code: int | str) -> None:
    page.locator(f"label[for='i-{number}-{code}']").click()


def go_on(page: Page) -> None:
    page.locator("#next").click()


def saved(sheet: Sheet, count: int) -> None:
    wait_until(lambda: len(answering.answers_of(sheet)) == count, seconds=10, what=f"answer {count}")


def expect_at(page: Page, number: int) -> None:
    """The item is named in the bar, in view, and clear of it."""
    expect(page.locator("#where")).to_have_text(f"Item {number} of {ITEMS}")
    expect(page.locator(f"#item-{number}")).to_be_in_viewport()
    bar, item = page.locator(".sheet-bar").bounding_box(), page.locator(f"#item-{number}").bounding_box()
    assert item["y"] >= bar["y"] + bar["height"] - 1


def test_wave_on_a_phone_survives_reloading_another_device_and_losing_the_connection(device, sitting, sheet):
    phone = device()
    begin(phone, sitting)
    for number in range(1, 9):
        choose(phone, number, number % 4)
        if number == 6:
            go_on(phone)
    saved(sheet, 8)
    expect(phone.locator("#saved-at")).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))
    phone.reload()
    expect_at(phone, 9)

    other = device()
    begin(other, sitting)
    expect_at(other, 9)
    other.context.set_offline(True)
    for number in range(9, 13):
        choose(other, number, number % 4)
    go_on(other)
    choose(other, 13, "skip")
    expect(other.get_by_role("region", name="Connection")).to_contain_text("5 answers waiting here")
    assert len(answering.answers_of(sheet)) == 8
    other.context.set_offline(False)
    saved(sheet, 13)
    expect(other.get_by_role("region", name="Connection")).to_be_hidden()

    for number in range(14, 22):
        choose(other, number, number % 4)
        if number == 18:
            go_on(other)
    go_on(other)
    expect(other.locator("#where")).to_have_text("Item 1 of 1")
    choose(other, 1, 4)
    go_on(other)
    expect(other.get_by_role("heading", level=1)).to_have_text("Before you hand it in")
    other.get_by_role("button", name="Hand it in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Handed in")

    expected = {str(number): number % 4 for number in range(1, 22)} | {"13": None}
    assert answering.answers_of(sheet) == expected
    assert AnswerChange.objects.filter(sheet=sheet).count() == ITEMS
    delays = {each.item: each.stored_at - each.captured_at for each in AnswerChange.objects.filter(sheet=sheet)}
    assert min(delays[str(number)].total_seconds() for number in range(9, 14)) > 0.05


def test_sheet_begins_with_its_title_and_what_is_asked_of_whoever_answers(device, sitting):
    page = device()
    begin(page, sitting)
    title, item = page.locator("h1"), page.locator("#item-1")
    expect(item).to_be_focused()
    expect(title).to_be_in_viewport(ratio=1)
    expect(item).to_be_in_viewport()
    bar = page.locator(".sheet-bar").bounding_box()

    assert title.bounding_box()["y"] >= bar["y"] + bar["height"] - 1


def test_reply_lost_after_the_answer_was_kept_is_asked_again_and_kept_once(device, sitting, sheet):
    page = device()
    begin(page, sitting)
    lost = []

    def lose_first(route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    page.route("**/answer/", lose_first)
    choose(page, 1, 2)
    expect(page.locator("#saved-at")).to_have_text(re.compile("Saved"))

    assert lost == [200]
    assert list(AnswerChange.objects.values_list("item", "code")) == [("1", 2)]


def test_answer_given_before_the_script_has_come_is_saved_when_it_comes(device, sitting, sheet):
    page, held = device(), []
    page.route("**/answering*.js", lambda script: held.append(script))
    page.goto(f"/q/{sitting.key}/")
    page.get_by_role("button", name="Begin").click(no_wait_after=True)
    wait_until(lambda: held or page.wait_for_timeout(20), seconds=10, what="the script asked for")
    choose(page, 1, 2)
    choose(page, 3, 0)
    assert not answering.answers_of(sheet)

    held[0].continue_()
    saved(sheet, 2)
    assert sorted(answering.answers_of(sheet).values()) == [0, 2]
    expect_at(page, 2)


def test_server_that_fails_is_said_and_asked_again_in_order(device, sitting, sheet):
    page = device()
    begin(page, sitting)
    page.route("**/answer/", lambda route: route.fulfill(status=503))
    for code in (0, 3, 1):
        choose(page, 1, code)
    expect(page.get_by_role("alert")).to_contain_text("It waits in this page")
    page.unroute("**/answer/")
    wait_until(lambda: AnswerChange.objects.count() == 3, seconds=10, what="the last answer")

    assert list(AnswerChange.objects.values_list("code", flat=True)) == [0, 3, 1]
    expect(page.get_by_role("alert")).to_be_hidden()


def test_closing_the_page_warns_while_answers_wait_in_it_and_only_then(device, sitting, sheet):
    asked = []
    quiet, page = device(), device()
    for each in (quiet, page):
        each.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        begin(each, sitting)
    choose(quiet, 1, 3)
    saved(sheet, 1)
    expect(quiet.locator("#saved-at")).to_have_text(re.compile("Saved"))
    with quiet.expect_event("close"):
        quiet.close(run_before_unload=True)
    assert asked == []

    page.context.set_offline(True)
    choose(page, 1, 2)
    expect(page.get_by_role("region", name="Connection")).to_contain_text("1 answer waiting here")
    with page.expect_event("close"):
        page.close(run_before_unload=True)

    assert asked == ["beforeunload"]


def test_nothing_is_kept_in_the_browsers_stores(device, sitting, sheet):
    page = device()
    begin(page, sitting)
    page.context.set_offline(True)
    choose(page, 1, 2)
    kept = page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,"
        " (await navigator.serviceWorker?.getRegistrations() ?? []).length]"
    )

    assert kept == [0, 0, 0, 0]
    page.context.set_offline(False)
    saved(sheet, 1)


def test_answer_that_is_refused_says_why(device, sitting):
    page = device()
    begin(page, sitting)
    answering.submit_sitting(sitting, by=sitting.respondent_id)
    choose(page, 1, 2)

    expect(page.get_by_role("alert")).to_contain_text("You have handed this in.")


def test_session_that_ended_says_how_to_go_on_and_nothing_is_lost(device, sitting, sheet, person):
    page = device()
    begin(page, sitting)
    cookies = page.context.cookies()
    page.context.clear_cookies(name="participant")
    choose(page, 1, 2)
    expect(page.get_by_role("alert")).to_contain_text("Open your personal link in another tab")
    page.context.add_cookies(cookies)

    saved(sheet, 1)


def test_open_items_are_said_once_by_the_script_too(device, sitting, sheet):
    page = device()
    begin(page, sitting)
    choose(page, 1, 2)
    go_on(page)
    expect(page.get_by_text("This one is open.").locator("visible=true")).to_have_count(5)
    expect(page.locator("#item-2")).to_be_focused()
    go_on(page)

    expect(page.locator("#item-7")).to_be_focused()


def test_wave_is_answered_with_the_keyboard_alone(device, sitting, sheet):
    page = device()
    page.goto(f"/q/{sitting.key}/")
    page.get_by_role("button", name="Begin").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#where")).to_have_text("Item 1 of 21")
    page.locator("#item-1").focus()
    for number in range(1, 22):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        if number % 6 == 0:
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect(page.locator(f"#item-{number + 1}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#where")).to_have_text("Item 1 of 1")
    for key in ("Tab", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Before you hand it in")

    assert set(answering.answers_of(sheet).values()) == {1}
    page.get_by_role("button", name="Hand it in").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Handed in")


def test_wave_is_answered_without_javascript(device, sitting, sheet):
    page = device(java_script_enabled=False)
    page.goto(f"/q/{sitting.key}/")
    page.get_by_role("button", name="Begin").click()
    for number in range(1, 21):
        choose(page, number, 3)
    go_on(page)
    expect(page.get_by_text("This one is open.").locator("visible=true")).to_have_count(1)
    choose(page, 21, "skip")
    go_on(page)
    choose(page, 1, 2)
    go_on(page)
    page.get_by_role("button", name="Hand it in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Handed in")
    assert answering.answers_of(sheet) == {str(number): 3 for number in range(1, 21)} | {"21": None}
