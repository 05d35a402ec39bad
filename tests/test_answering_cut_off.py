"""The network goes and comes at random while a sheet is answered in Chromium, until the device dies: nothing lost."""

import random
import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Route, expect

from questionnaires import services as answering
from questionnaires.models import AnswerChange, Sheet, Sitting
from tests import factories
from tests.conftest import wait_until
from tests.soak import small_or_full
from tests.test_answering import begin

pytestmark = pytest.mark.browser

ITEMS = 28
STEP = 6  # items on the screen at a time


@dataclass
class Network:
    """What becomes of each answer on its way, at random; `acknowledged` are those whose reply reached the page."""

    chance: random.Random
    acknowledged: list[str] = field(default_factory=list)
    cuts: int = 0

    def carry(self, route: Route) -> None:
        fate = self.chance.choice(["arrives"] * 4 + ["lost on the way", "reply is lost"])
        if fate == "lost on the way":
            self.cuts += 1
            return route.abort("connectionreset")
        reply = route.fetch()
        if fate == "reply is lost":
            self.cuts += 1
            return route.abort("connectionreset")
        if reply.ok:
            self.acknowledged.append(re.search(r"item=(\w+)", route.request.post_data)[1])
        return route.fulfill(response=reply)


def answer(page: Page, number: int, code: int) -> None:
    if number > 1 and number % STEP == 1:
        page.locator("#next").click()
    page.locator(f"label[for='i-{number}-{code}']").click()


def waiting(page: Page) -> int:
    said = page.locator("#offline .waiting").text_content() or "0"
    return int(re.match(r"\d+|$", said)[0] or 0)


def answer_with_cuts(page: Page, chance: random.Random, last: int, given: dict[str, int]) -> int:
    """Answer up to item `last` while the network goes and comes; how often it went."""
    cuts = 0
    for number in range(1, last + 1):
        given[str(number)] = chance.randint(1, 5)
        answer(page, number, given[str(number)])
        if chance.random() < 0.25:
            cuts += 1
            page.context.set_offline(True)
            page.wait_for_timeout(chance.uniform(0, 300))
        if chance.random() < 0.5:
            page.context.set_offline(False)
            page.wait_for_timeout(chance.uniform(0, 150))
    return cuts


@small_or_full(1, 10, minutes=4)
def test_sheets_answered_over_a_failing_network_lose_at_most_the_last_answer(n, device, person):
    respondent, chance, pending = factories.respondent_of(person), random.Random(n), []
    for number in range(n):
        sitting = factories.make_sitting(respondent, wave=f"wave-{number}", instruments=["ders_28"], opened=False)
        sheet = sitting.sheets.get()
        network, given, last = Network(chance), {}, chance.randint(14, 27)
        phone = device()
        phone.route("**/answer/", network.carry)
        begin(phone, sitting)
        cuts = answer_with_cuts(phone, chance, last - 1, given)
        phone.context.set_offline(False)
        wait_until(lambda: waiting(phone) == 0, seconds=60, what="the queue")  # noqa: B023
        given[str(last)] = chance.randint(1, 5)
        answer(phone, last, given[str(last)])
        phone.wait_for_timeout(chance.uniform(0, 60))
        phone.unroute_all(behavior="ignoreErrors")  # of a reply on its way that reaches nobody any more
        phone.context.close()  # the device dies

        pending.append(check_nothing_lost(sheet, given, network))
        check_second_device(device(), sitting, sheet, chance)
        assert cuts + network.cuts > 0

    assert max(pending) <= 1


def check_nothing_lost(sheet: Sheet, given: dict[str, int], network: Network) -> int:
    """Return how many of the given answers are not on the server; the acknowledged ones all are, each once."""
    kept = answering.answers_of(sheet)
    assert kept == {item: given[item] for item in kept}
    assert set(network.acknowledged) <= set(kept)
    assert AnswerChange.objects.filter(sheet=sheet).count() == len(kept)
    return len(given) - len(kept)


def check_second_device(page: Page, sitting: Sitting, sheet: Sheet, chance: random.Random) -> None:
    """It goes on at the item that the first one stopped at, and to the end."""
    resumed = len(answering.answers_of(sheet)) + 1
    begin(page, sitting)
    expect(page.locator("#where")).to_have_text(f"Item {resumed} of {ITEMS}")
    expect(page.locator(f"#item-{resumed}")).to_be_in_viewport()
    for number in range(resumed, ITEMS + 1):
        if number > resumed and number % STEP == 1:
            page.locator("#next").click()
        page.locator(f"label[for='i-{number}-{chance.randint(1, 5)}']").click()
    page.locator("#next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Before you hand it in")
    assert len(answering.answers_of(sheet)) == ITEMS
