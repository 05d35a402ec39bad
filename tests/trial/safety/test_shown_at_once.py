"""Where there is help is shown as soon as the answers reach a threshold, on every page of the wave."""

import re

import pytest
from django.test import Client

from questionnaires import catalogue
from tests import factories

WORDS = "Some of your answers tell us that these weeks are heavy."


@pytest.fixture
def begun(db):
    trial = factories.make_model_trial()
    factories.make_cohort(trial)
    participant = factories.enrol(trial, "first@example.org")
    return factories.begin(participant, "pre"), factories.open_pages(Client(), participant)


def is_shown(client: Client, at: str) -> bool:
    note = re.search('<div class="note" id="shown-at-once"[^>]*>.*?</div>', client.get(at).content.decode(), re.DOTALL)
    return note is not None and WORDS in note[0] and " hidden" not in note[0].split(">")[0]


def test_help_is_shown_once_a_threshold_is_reached_and_not_before(begun):
    sitting, client = begun
    pages = [f"/q/{sitting.key}/", f"/q/{sitting.key}/sheets/dass_21/", f"/q/{sitting.key}/review/"]
    before = [is_shown(client, at) for at in pages]

    items = catalogue.load("dass_21").score("depression").items
    client.post(pages[1], {f"i-{item}": "2" for item in items})

    assert before == [False, False, False]
    assert [is_shown(client, at) for at in pages] == [True, True, True]


def test_script_is_told_with_the_answer_that_reaches_it(begun):
    sitting, client = begun
    at = f"/q/{sitting.key}/sheets/dass_21/answer/"
    items = catalogue.load("dass_21").score("depression").items

    told = [
        client.post(at, {"item": item, "code": 2, "key": f"00000000-0000-4000-8000-{place:012}", "waited": 0}).json()
        for place, item in enumerate(items)
    ]

    assert [each["crossed"] for each in told] == [False] * 6 + [True]
