"""The page of the flow: drawing and table say the same, and boxes lead to people for those who may see them."""

import re

import pytest
from django.urls import reverse

from tests import factories
from trial.flow import services as flow
from trial.people.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, running):
    def of(role: Role = Role.PI) -> str:
        factories.sign_in(client, factories.make_member(running, role))
        return client.get(reverse("desk:flow", args=[running.slug])).content.decode()

    return of


def numbers(drawing: str) -> list[int]:
    return [int(n) for n in re.findall(r"</tspan> = (\d+)", drawing)]


def drawings(page: str) -> list[str]:
    return re.findall(r'<svg class="plot at-.*?</svg>', page, re.DOTALL)


def table(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<td class="num">(\d+)</td>', page)]


def test_both_drawings_and_the_table_say_what_was_counted(page):
    html = page()

    wide, narrow = drawings(html)
    assert numbers(wide) == numbers(narrow) == [13, 1, 12, 1, 11, 2, 9, 9, 3, 0]
    assert table(html) == [13, 12, 11, 9, 9, 3, 0]


def test_groups_stand_apart_once_unmasked(running, page):
    factories.unmask(running)
    counts = flow.flow_of(running)
    html = page()

    expected = [[arm.allocated for arm in counts.arms], [arm.waves[0].answered for arm in counts.arms]]
    assert [table(html)[4:6], table(html)[6:8]] == expected
    assert "The groups are open." in html


def test_boxes_lead_to_people_for_those_who_see_participants(page):
    linked = {role: "box=assessed" in page(role) for role in (Role.PI, Role.STATISTICIAN, Role.COMMITTEE)}

    assert linked == {Role.PI: True, Role.STATISTICIAN: False, Role.COMMITTEE: False}


def test_every_box_of_the_drawing_opens_the_people_counted_in_it(client, page):
    wide = drawings(page())[0]

    for address, n in zip(re.findall(r'<a href="([^"]+)"', wide), numbers(wide), strict=True):
        listed = client.get(address.replace("&amp;", "&")).content.decode()
        assert len(re.findall(r">(P-\d+)</a>", listed)) == n, address


def test_flow_of_a_trial_that_has_not_begun_says_so(client):
    trial = factories.make_trial("alpha", recruiting=False)
    factories.sign_in(client, factories.make_member(trial, Role.PI))

    assert "The flow begins when a protocol is in force." in client.get("/t/alpha/flow/").content.decode()
