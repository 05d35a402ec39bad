"""People use the site in a real browser, with a real worker behind it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, Page, expect

from analysis.demo_trial import code_now
from tests import factories
from tests.conftest import press_button, wait_until
from trial.people import services as people
from trial.people.encryption import decrypt
from trial.people.models import Role, User

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en", base_url=site)
    yield context.new_page()
    context.close()


def mails(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.glob("*.log"))


def sign_in(page: Page, user: User) -> None:
    user.password = make_password(factories.PASSWORD, hasher="scrypt")  # the real site accepts no quick hash
    user.save(update_fields=["password"])
    page.goto("/account/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_new_member_sets_up_a_second_factor_before_seeing_anything(committed_db, page):
    trial = factories.make_trial("alpha")
    user = factories.make_member(trial, Role.PI, second_factor=False)

    sign_in(page, user)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    expect(page.get_by_role("img", name="Picture for the app")).to_be_visible()
    page.goto(f"/t/{trial.slug}/")
    expect(page).to_have_url(re.compile("totp/activate"))
    secret = page.get_by_text(re.compile("^([A-Z2-7]{4} ?){8}$")).inner_text().replace(" ", "")
    page.get_by_label("Authenticator code").fill(code_now(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")

    page.goto(f"/t/{trial.slug}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing needs you today")


def test_recruiter_registers_somebody_who_opens_the_link_on_a_phone_and_leaves(
    committed_db, page, worker, mail_folder, browser, site
):
    trial = factories.make_trial("alpha")
    user = factories.make_member(trial, Role.RECRUITER)

    sign_in(page, user)
    secret = decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    page.get_by_label("Code").fill(code_now(secret))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=trial.name).last.click()
    page.get_by_role("link", name="Register a participant").click()
    page.get_by_label("E-mail").fill("phone@example.org")
    page.get_by_label("Language").select_option("en")
    page.get_by_role("button", name="Register and send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("P-001")

    wait_until(lambda: "phone@example.org" in mails(mail_folder), seconds=20, what="the mail")
    link = re.search(rf"{site}/l/[\w-]+/", mails(mail_folder)).group()
    phone = browser.new_context(viewport={"width": 360, "height": 740}, locale="en").new_page()
    phone.goto(link)
    phone.get_by_role("button", name="Open my pages").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("What is next")
    phone.get_by_role("button", name="Leave this device").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your pages are closed on this device")
    phone.goto(f"{site}/me/")
    expect(phone).to_have_url(f"{site}/closed/")
    phone.context.close()


def test_pages_work_with_the_keyboard_alone(committed_db, page):
    page.goto("/my-link/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")

    expect(page.locator(":focus")).to_have_class(re.compile("error-summary"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("The e-mail address")).to_be_focused()
    expect(page.get_by_label("The e-mail address")).to_have_value("nonsense")


def test_pages_work_without_javascript(committed_db, browser, site):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="en")
    page = context.new_page()

    page.goto(f"{site}/")
    page.get_by_role("button", name="Español").click()

    expect(page.locator("html")).to_have_attribute("lang", "es")
    context.close()


def goes_to_own_pages(page: Page, folder: Path, address: str) -> None:
    """Open the link that was mailed to that address."""

    def link() -> list[str]:
        texts = [file.read_text() for file in folder.glob("*.log")]
        return re.findall(r"http://\S+/l/[\w-]+/", "".join(text for text in texts if address in text))

    wait_until(link, seconds=20, what="the mail")
    page.goto(link()[0])
    press_button(page, "Open my pages")


def test_person_comes_from_the_study_page_answers_everything_and_leaves_in_three_clicks(
    committed_db, page, worker, mail_folder
):
    trial = factories.make_model_trial()
    page.goto("/")
    page.get_by_role("link", name="Compassion study").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Does a course in compassion make medical school easier to bear?"
    )
    page.get_by_role("link", name="Take part").first.click()
    expect(page.get_by_role("checkbox").first).to_be_visible()  # `all` waits for nothing
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    page.get_by_label("Your first and last name").fill("Ada Vega")
    page.get_by_label("Your e-mail address").fill("ada.example.org")
    page.get_by_role("button", name="I agree and take part").click()
    expect(page.locator(":focus")).to_have_class(re.compile("error-summary"))
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    page.get_by_role("button", name="I agree and take part").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")

    goes_to_own_pages(page, mail_folder, "ada@example.org")
    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_label("How old are you?").fill("21")
    for question in ("enrolled in medicine", "follow Spanish", "internet connection", "eight weekly sessions"):
        page.get_by_role("group", name=question).get_by_text("Yes").click()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_text("This one is open. Please answer it.")).to_have_count(2)
    page.get_by_role("group", name="severe mental illness").get_by_text("No", exact=True).click()
    page.get_by_role("button", name="Send my answers").click()

    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_text("Non-binary").click()
    page.get_by_label("Which year of medicine are you in?").fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Nothing to do for now")).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_contain_text("First questionnaires")
    with page.expect_download() as copy:
        page.get_by_role("link", name="PDF").click()
    assert Path(copy.value.path()).read_bytes()[:5] == b"%PDF-"

    page.get_by_role("link", name="Leave the study, or a part of it").click()
    page.get_by_text("The whole study. What I have given so far may be used.").click()
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("heading", name="You have left the sessions and the questionnaires")).to_be_visible()
    wait_until(lambda: "What you have left" in mails(mail_folder), seconds=20, what="the confirmation")
    assert [row.level for row in trial.participants.get().withdrawals.all()] == ["sessions", "questionnaires"]


def test_registered_person_consents_and_is_screened_without_javascript(committed_db, browser, site):
    participant = factories.make_participant(factories.make_model_trial(), "phone@example.org")
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="en")
    page = context.new_page()
    page.goto(f"{site}/l/{people.issue_link(participant=participant)}/")
    page.get_by_role("button", name="Open my pages").click()

    page.get_by_role("link", name="Read and decide").click()
    expect(page.get_by_role("checkbox").first).to_be_visible()  # `all` waits for nothing
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    page.get_by_label("Your first and last name").fill("Ada Vega")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_label("How old are you?").fill("17")
    expect(page.get_by_role("group").first).to_be_visible()
    for group in page.get_by_role("group").filter(has_text="Yes").all():
        group.get_by_label("Yes").check()
    page.get_by_role("button", name="Send my answers").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("This study is not the right one for you now")
    expect(page.get_by_text("are 18 or older")).to_be_visible()
    expect(page.get_by_text("are in an acute phase of a severe mental illness")).to_be_visible()
    context.close()
