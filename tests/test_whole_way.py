"""One trial, from its study page to its published report, by the pages that its people use.

Real web server, worker, mail and browser. Between the waves the days pass: everything that is stored moves into the
past (`factories.days_pass`), so that every clock in the house stays the real one.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from questionnaires import clock
from tests import factories
from tests.conftest import press_button, wait_until
from trial.people import services as people
from trial.people.models import Role
from trial.protocol.models import Trial

pytestmark = pytest.mark.browser

START_IN, LAST_SESSION, THIRD_WAVE = 9, 49, 61  # days, as the model trial has them
TRIES = 5
OTHERS = 5
SHOWN_AT_ONCE = 6  # items of a sheet


@pytest.fixture
def open_page(browser: Browser, site):
    """`open_page(360)`: a fresh browser of that width, in English."""
    opened = []

    def of(width: int) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 780}, locale="en", base_url=site)
        opened.append(context)
        return context.new_page()

    yield of
    for context in opened:
        context.close()


@pytest.fixture
def staff_page(open_page, site):
    """`staff_page(trial, Role.PI)`: a browser in which that member has just signed in."""

    def of(trial: Trial, role: Role) -> Page:
        page = open_page(1280)
        session = factories.sign_in(Client(), factories.make_member(trial, role)).session.session_key
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
        return page

    return of


def newest_link(folder: Path, address: str) -> str:
    """The personal link in the newest mail to that address."""

    def links() -> list[str]:
        files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
        texts = [file.read_text() for file in files]
        return re.findall(r'http://[^\s"<>]+/l/[\w-]+/', "".join(text for text in texts if address in text))

    wait_until(links, seconds=30, what="the mail")
    return links()[-1]


def sign_up(page: Page, folder: Path) -> None:
    """From the study page to the sheet about oneself."""
    page.goto("/")
    page.get_by_role("link", name="Compassion study").click()
    page.get_by_role("link", name="Take part").first.click()
    expect(page.get_by_role("checkbox").first).to_be_visible()  # `all` waits for nothing
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    page.get_by_label("Your first and last name").fill("Noor Vega")
    page.get_by_label("Your e-mail address").fill("noor@example.org")
    press_button(page, "I agree and take part")
    page.goto(newest_link(folder, "noor@example.org"))
    page.get_by_role("button", name="Open my pages").click()
    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_label("How old are you?").fill("21")
    for question in ("enrolled in medicine", "follow Spanish", "internet connection", "eight weekly sessions"):
        page.get_by_role("group", name=question).get_by_text("Yes").click()
    page.get_by_role("group", name="severe mental illness").get_by_text("No", exact=True).click()
    press_button(page, "Send my answers")
    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_text("Non-binary").click()
    press_button(page, "Save")


def answer_wave(page: Page, name: str) -> None:
    """Begin the wave on one's own page, answer what it shows first and hand it in; the receipt is shown."""
    page.goto("/me/")
    expect(page.get_by_role("heading", name=name).first).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    items = page.locator("fieldset:visible")
    expect(items).to_have_count(SHOWN_AT_ONCE)
    for item in items.all():
        item.get_by_role("radio").nth(1).press("Space")
    expect(page.get_by_text(re.compile(r"^Saved \d"))).to_be_visible()
    expect(page.locator(".sheet-bar .waiting")).to_have_text("")
    page.goto(re.sub("/sheets/.*", "/review/", page.url))
    page.get_by_role("button", name="Hand it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Handed in")


def come_back(page: Page, trial: Trial, site: str) -> None:
    """Weeks later the pages are opened by the personal link again."""
    participant = trial.participants.get(code="P-001")
    for _ in range(TRIES):  # a mail that leaves in between carries a newer link, and the older one is over
        page.goto(f"{site}/l/{people.issue_link(participant=participant)}/")
        if page.get_by_role("button", name="Open my pages").count():
            break
    press_button(page, "Open my pages")


def others_hand_in(others, wave: str) -> None:
    for participant in others:
        factories.hand_in(participant, wave)


def move(page: Page, trial: Trial, stage: str) -> None:
    page.goto(f"/t/{trial.slug}/stage/")
    page.get_by_label("Reason").fill("It is time.")
    press_button(page, stage)


def test_trial_goes_from_the_study_page_to_the_downloaded_report(
    committed_db, open_page, staff_page, site, worker, mail_folder
):
    trial = factories.make_model_trial()
    coordinator, phone = staff_page(trial, Role.RECRUITER), open_page(360)

    starts_on = clock.today(trial.version_in_force().zone) + timedelta(days=START_IN)
    coordinator.goto(f"/t/{trial.slug}/cohorts/new/")
    coordinator.get_by_label("Start of the programme").fill(str(starts_on))
    press_button(coordinator, "Open the cohort")
    sign_up(phone, mail_folder)
    answer_wave(phone, "First questionnaires")
    others = [factories.enrol(trial, f"person-{number}@example.org") for number in range(OTHERS)]
    others_hand_in(others, "pre")

    coordinator.goto(f"/t/{trial.slug}/cohorts/1/")
    for button in ("Close the cohort", "Draw 6 people now", "Tell everybody now"):
        for tick in coordinator.get_by_role("checkbox").all():
            tick.check()
        press_button(coordinator, button)
    expect(coordinator.get_by_role("heading", level=1)).to_contain_text("told")
    phone.goto("/me/")
    expect(phone.get_by_text(re.compile("You are in the group that takes the course"))).to_be_visible()

    factories.days_pass(START_IN + LAST_SESSION + 2)
    come_back(phone, trial, site)
    answer_wave(phone, "Second questionnaires")
    others_hand_in(others, "post")
    factories.days_pass(THIRD_WAVE)
    come_back(phone, trial, site)
    answer_wave(phone, "Third questionnaires")
    others_hand_in(others, "follow_up")
    factories.days_pass(30)

    leader, second = staff_page(trial, Role.PI), staff_page(trial, Role.MONITOR)
    for stage in ("Move to “Closed”", "Move to “Data locked”", "Ask for the unmasking"):
        move(leader, trial, stage)
    second.goto(f"/t/{trial.slug}/stage/unmasking/")
    press_button(second, "Confirm, and open the groups")
    leader.goto(f"/t/{trial.slug}/report/")
    press_button(leader, "Compute the report")
    expect(leader.get_by_role("link", name=re.compile("PDF"))).to_be_visible(timeout=120_000)
    with leader.expect_download() as report:
        leader.get_by_role("link", name=re.compile("PDF")).first.click()

    assert Path(report.value.path()).read_bytes()[:5] == b"%PDF-"
