"""A whole wave with the keys alone, from Begin to one's own answers: nothing is touched or clicked."""

import contextlib

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from questionnaires import services as answering
from tests import factories

pytestmark = pytest.mark.browser

SHEETS = {"brs_6": 6, "covid_concern": 1, "scs_sf": 12}
# Whether what has the focus can be seen: on the screen, and not below the bar that stays at the top.
FOCUS = """() => {
  const here = document.activeElement, box = (here.labels?.[0] ?? here).getBoundingClientRect();
  const bar = document.querySelector(".sheet-bar")?.getBoundingClientRect();
  const covered = bar && bar.top <= 0 && box.bottom <= bar.bottom && !here.closest(".sheet-bar");
  return {id: here.id || here.name || here.tagName, text: (here.textContent || here.value || "").trim(),
          seen: box.bottom > 0 && box.top < innerHeight && !covered};
}"""


class Keys:
    """Somebody who only presses keys; `unseen` are the places where the focus could not be seen."""

    def __init__(self, page: Page) -> None:
        self.page, self.unseen = page, []

    def press(self, key: str) -> dict[str, object]:
        self.page.keyboard.press(key)
        focus = self.page.evaluate(FOCUS)
        if not focus["seen"]:  # not yet, as long as the page still scrolls
            with contextlib.suppress(PlaywrightTimeout):
                self.page.wait_for_function(f"({FOCUS})().seen", timeout=3000)
                return focus
            self.unseen.append(focus)
        return focus

    def tab_to(self, wanted: str) -> None:
        """Tab until the focus is on what is called so."""
        for _ in range(80):
            focus = self.press("Tab")
            if wanted in (focus["id"], focus["text"]):
                return
        pytest.fail(f"80 tabs did not lead to {wanted}")

    def answer(self, items: int) -> None:
        """Each item of a sheet: to its first button, and on to the second; then Enter on Next."""
        for number in range(1, items + 1):
            if number == 1:
                self.tab_to(f"i-1-{self.first_code()}")
            else:
                self.press("Tab")
            self.press("Space")
            self.press("ArrowDown")
            if number % 6 == 0 or number == items:
                self.press("Tab")
                self.page.keyboard.press("Enter")
                if number < items:
                    expect(self.page.locator(f"#item-{number + 1}")).to_be_focused()

    def first_code(self) -> str:
        return self.page.locator("#item-1 input[type=radio]").first.get_attribute("value")


def heading(page: Page):
    return expect(page.get_by_role("heading", level=1))


def test_wave_of_3_sheets_is_begun_answered_and_handed_in_with_the_keys_alone(device, person):
    sitting = factories.make_sitting(factories.respondent_of(person), instruments=list(SHEETS), opened=False)
    page = device(reduced_motion="reduce")
    page.goto(f"/q/{sitting.key}/")
    keys = Keys(page)
    keys.tab_to("Begin")
    page.keyboard.press("Enter")
    for place, items in enumerate(SHEETS.values(), start=1):
        expect(page.locator(".sheet-bar")).to_contain_text(f"Sheet {place} of {len(SHEETS)}")
        keys.answer(items)
    heading(page).to_have_text("Before you hand it in")
    keys.tab_to("Hand it in")
    page.keyboard.press("Enter")
    heading(page).to_have_text("Handed in")
    keys.tab_to("Look at my answers")
    page.keyboard.press("Enter")
    heading(page).to_have_text("Your answers")

    assert keys.unseen == []
    for sheet in sitting.sheets.all():
        second = sheet.definition.items[0].scale.options[1].code
        assert answering.answers_of(sheet) == {item.key: second for item in sheet.definition.items}


def test_first_key_of_every_page_leads_past_its_head(device, person):
    sitting = factories.make_sitting(factories.respondent_of(person))
    page = device()
    for at in ("", "sheets/dass_21/", "review/", "answers/"):
        page.goto(f"/q/{sitting.key}/{at}")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
