"""What the pages say of the end of a wave: its last whole day, never the midnight after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Sitting
from questionnaires.windows import MIDNIGHT, Timing, window
from tests import factories
from trial.people import services as people

SECOND = timedelta(seconds=1)
FIRST_DAY = datetime(2026, 12, 17, 12, tzinfo=UTC)


def make_sitting(participant, closing: time) -> Sitting:
    timing = Timing(offset_days=0, open_days=7, closing=closing, grace_days=2)
    respondent = factories.respondent_of(participant)
    sitting = answering.new_sitting(
        respondent=respondent,
        wave="post",
        name={"en": "After", "es": "Después"},
        zone="Europe/Madrid",
        window=window(timing, anchor=date(2026, 12, 17), zone="Europe/Madrid"),
        instruments=["brs_6"],
    )
    with clock.fixed(FIRST_DAY):
        return answering.open_sitting(sitting, by=respondent.key)


@contextmanager
def pages_at(moment: datetime, participant, language: str = "en") -> Iterator[Client]:
    with clock.fixed(moment):
        people.choose_language(language, participant=participant, user=None)
        yield factories.open_pages(Client(), participant)


def overview(client: Client, sitting: Sitting) -> str:
    return client.get(reverse("questionnaires:overview", args=[sitting.key])).content.decode()


@pytest.mark.parametrize(
    ("closing", "language", "sentence"),
    [
        (MIDNIGHT, "en", "Open until Wednesday 23 December<"),
        (MIDNIGHT, "es", "Abierto hasta el miércoles 23 de diciembre<"),
        (time(9), "en", "Open until Thursday 24 December, 09:00<"),
        (time(9), "es", "Abierto hasta el jueves 24 de diciembre, 09:00<"),
    ],
)
def test_overview_says_the_last_day_and_the_hour_only_where_it_is_not_whole(participant, closing, language, sentence):
    sitting = make_sitting(participant, closing)
    with pages_at(FIRST_DAY, participant, language) as client:
        assert sentence in overview(client, sitting)


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [(-1, "Open until Wednesday 23 December<"), (0, "Still taken until Friday 25 December<")],
)
def test_grace_begins_with_the_midnight_after_the_last_day(participant, seconds, sentence):
    sitting = make_sitting(participant, MIDNIGHT)
    with pages_at(sitting.ends_at + seconds * SECOND, participant) as client:
        assert sentence in overview(client, sitting)


def test_sheet_promises_the_item_until_the_last_day_of_the_grace(participant):
    sitting = make_sitting(participant, MIDNIGHT)
    with pages_at(FIRST_DAY, participant) as client:
        text = client.get(reverse("questionnaires:sheet", args=[sitting.key, "brs_6"])).content.decode()

    assert "on any device, until Friday 25 December." in text


def test_sitting_knows_its_last_days(participant):
    sitting = make_sitting(participant, MIDNIGHT)

    assert (sitting.last_day, sitting.last_day_of_grace) == (date(2026, 12, 23), date(2026, 12, 25))
