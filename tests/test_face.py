"""Every page in a real browser: axe-core finds nothing, nothing scrolls sideways, the strict policy holds.

With SCREENSHOTS=folder each page is also written there as a picture, at 360 and 1440 px, light and dark, in both
languages.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests import factories
from tests.face_cast import Stage, set_stage
from tests.face_pages import (
    ALL,
    ALL_VIEWS,
    COMMITTEE,
    ERRORS,
    MORE_PROGRAMME,
    MORE_REPORTS,
    MORE_SITTING,
    NOT_A_PAGE,
    ON_THE_WAY,
    PICTURES,
    STAFF_VISITORS,
    STATES,
    is_of_staff,
    views,
    who_sees,
)
from tests.tap_targets import too_small
from tests.test_permissions import url_names

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stage(site, django_db_blocker) -> Iterator[Stage]:
    with django_db_blocker.unblock():
        yield set_stage(site)
        factories.empty_database()


@pytest.fixture(scope="module")
def page_for(browser: Browser, stage: Stage) -> Iterator[Callable[..., Page]]:
    """One page per visitor, width, colour scheme and language; opening a fresh one each time costs most."""
    opened: dict[tuple, Page] = {}

    def of(who: str, width: int, scheme: str, language: str) -> Page:
        key = (who, width, scheme, language)
        if key not in opened:
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language
            )
            if who != "public":
                name = "sessionid" if who in STAFF_VISITORS else "participant"
                context.add_cookies([{"name": name, "value": stage.cookies[who], "url": stage.site}])
            opened[key] = context.new_page()
        return opened[key]

    yield of
    for page in opened.values():
        page.context.close()


def test_every_page_is_looked_at():
    again = {*ERRORS, *STATES, *MORE_SITTING, *MORE_PROGRAMME, *MORE_REPORTS, *COMMITTEE}
    assert set(ALL) - again == url_names() - NOT_A_PAGE - ON_THE_WAY


def in_language(stage: Stage, who: str, code: str, django_db_blocker) -> None:
    """Staff and participants have a language of their own, which wins over the browser's."""
    with django_db_blocker.unblock():
        if who not in STAFF_VISITORS:
            type(stage.participant).objects.update(language=code)
        else:
            stage.trial.memberships.model.user.field.related_model.objects.update(language=code)


@pytest.mark.parametrize(
    ("name", "view"),
    [
        pytest.param(name, view, id="-".join(map(str, (name, *view))))
        for view in ALL_VIEWS
        for name in ALL
        if view in views(name)
    ],
)
def test_page_has_no_fault(name, view, stage, page_for, django_db_blocker):
    width, scheme, code = view
    in_language(stage, who_sees(name), code, django_db_blocker)
    page = page_for(who_sees(name), width, scheme, code)
    complaints: list[str] = []

    def hear(line) -> None:
        if line.type in ("error", "warning"):
            complaints.append(line.text)

    page.on("console", hear)

    with django_db_blocker.unblock():
        address = stage.address(name)
    answer = page.goto(address)
    violations = Axe().run(page).response["violations"]
    page.remove_listener("console", hear)
    if PICTURES:
        file = Path(PICTURES) / f"{name.replace(':', '-')}-{width}-{scheme}-{code}.png"
        page.screenshot(path=file, full_page=True)

    expected = int(name[-3:]) if name in ERRORS else 200
    assert (answer.status, page.url) == (expected, address)
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert width > 360 or is_of_staff(name) or too_small(page) == []
    assert page.locator("html").get_attribute("lang") == code
    assert [line for line in complaints if "status of 4" not in line] == []


def test_axe_sees_a_fault_that_is_there(page_for):
    """The test above would pass if the rules did not run."""
    page = page_for("public", 360, "light", "en")
    page.set_content("<html><img src='x'><input></html>")

    found = {violation["id"] for violation in Axe().run(page).response["violations"]}
    assert {"image-alt", "label", "html-has-lang"} <= found


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p><a href='#'>Alone</a></p>", 1),
        ("<p>In a <a href='#'>sentence</a> of more.</p>", 0),
        ("<a href='#' style='display:inline-block;padding:15px'>Large enough</a>", 0),
        ("<button style='width:44px;height:43px'>x</button>", 1),
        ("<button style='width:44px;height:44px'>x</button>", 0),
        ("<input type='checkbox' id='c'><label for='c'>Small</label>", 1),
        ("<input type='checkbox' id='c'><label for='c' style='display:block;height:44px'>Large</label>", 0),
        ("<a href='#' style='visibility:hidden'>Unseen</a><input type='hidden'>", 0),
    ],
)
def test_target_that_is_too_small_for_a_finger_is_found(html, found, page_for):
    page = page_for("public", 360, "light", "en")
    page.goto("about:blank")  # a page of ours would forbid the styles
    page.set_content(f"<html><body>{html}</body></html>")

    assert len(too_small(page)) == found
