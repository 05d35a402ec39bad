"""Thresholds that answers reach: exact at each cut-off, and none lost when the web process is killed."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from uuid import uuid4

import pytest
from django.db.models import Count

from questionnaires import catalogue
from questionnaires import services as answering
from questionnaires.models import AnswerChange, Crossing, Sheet
from tests import factories
from tests.conftest import an_address, environment
from tests.soak import small_or_full
from tests.web import Visitor, answers, web_server

CUT_OFFS = {"depression": 14, "anxiety": 10, "stress": 17}
RULES = [
    {"id": f"high_{score}", "instrument": "dass_21", "score": score, "at_least": bound}
    for score, bound in CUT_OFFS.items()
]


def codes_adding_up_to(total: int, places: int) -> list[int]:
    """Answers from 0 to 3 with this sum."""
    return [min(3, max(0, total - 3 * place)) for place in range(places)]


@pytest.mark.parametrize("ends", ["complete", "handed in"])
@pytest.mark.parametrize("step", [-1, 0, 1])
@pytest.mark.parametrize("score", CUT_OFFS)
def test_score_at_minus_1_0_and_plus_1_of_its_cut_off_crosses_from_0_on(db, score, step, ends):
    sitting = factories.make_sitting(thresholds=RULES)
    sheet, by = sitting.sheets.get(instrument="dass_21"), sitting.respondent_id
    mine = catalogue.load("dass_21").score(score).items
    given = dict(zip(mine, codes_adding_up_to(CUT_OFFS[score] + step, len(mine)), strict=True))
    calm = {item.key: 0 for item in catalogue.load("dass_21").items} if ends == "complete" else {}
    answering.save_page(sheet, calm | given, by=by)
    if ends == "handed in":
        answering.submit_sitting(sitting, by=by)

    assert answering.scores(sheet)[score] == CUT_OFFS[score] + step
    assert list(Crossing.objects.values_list("rule", flat=True)) == ([f"high_{score}"] if step >= 0 else [])


@pytest.mark.parametrize(
    ("score", "codes", "value"),
    [
        # Six of seven answered: their sum times 7/6. 12 * 7/6 is exactly the cut-off of depression.
        ("depression", [3, 3, 3, 2, 0, 0, None], 11 * 7 / 6),
        ("depression", [3, 3, 3, 3, 0, 0, None], 14),
        ("anxiety", [3, 3, 2, 0, 0, 0, None], 8 * 7 / 6),
        ("anxiety", [3, 3, 3, 0, 0, 0, None], 9 * 7 / 6),
        ("stress", [3, 3, 3, 3, 2, 0, None], 14 * 7 / 6),
        ("stress", [3, 3, 3, 3, 3, 0, None], 15 * 7 / 6),
        # Five of seven are too few: no score, so nothing is reached, however high they are.
        ("depression", [3, 3, 3, 3, 3, None, None], None),
    ],
)
@pytest.mark.parametrize("missing", ["skipped", "left open"])
def test_cut_off_with_missing_items_is_exact(db, score, codes, value, missing):
    sitting = factories.make_sitting(thresholds=RULES)
    sheet, by = sitting.sheets.get(instrument="dass_21"), sitting.respondent_id
    given = dict(zip(catalogue.load("dass_21").score(score).items, codes, strict=True))
    if missing == "left open":
        given = {item: code for item, code in given.items() if code is not None}
    answering.save_page(sheet, given, by=by)
    answering.submit_sitting(sitting, by=by)

    assert answering.scores(sheet)[score] == pytest.approx(value)
    reached = value is not None and value >= CUT_OFFS[score]
    assert list(Crossing.objects.values_list("rule", flat=True)) == ([f"high_{score}"] if reached else [])


@pytest.mark.parametrize("score", CUT_OFFS)
def test_sheet_that_is_left_in_the_middle_crosses_once_all_items_of_the_score_are_answered(db, score):
    sitting = factories.make_sitting(thresholds=RULES)
    sheet, by = sitting.sheets.get(instrument="dass_21"), sitting.respondent_id
    *most, last = catalogue.load("dass_21").score(score).items
    counted = []
    for item in (*most, last):
        answering.save_answer(sheet, item, 3, by=by, key=uuid4())
        counted.append(Crossing.objects.count())

    assert counted == [0] * len(most) + [1]
    assert Crossing.objects.get().rule == f"high_{score}"


@contextmanager
def killing(master: int, address: str, chance: random.Random) -> Iterator[list[int]]:
    """Kill the web process at a random moment once it answers (its parent then starts another); yields whom it killed.

    How long it lives goes by how fast it answers, and 0.6 s at most: its first answer is a slow one.
    """
    stop, killed = threading.Event(), []

    def kill() -> None:
        while not stop.wait(0.02):
            asked = time.monotonic()
            if not answers(address) or stop.wait(chance.uniform(0, 20) * min(0.03, time.monotonic() - asked)):
                continue
            for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
                killed.append(int(pid))

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


def post_until_taken(visitor: Visitor, at: str, fields: dict[str, object]) -> None:
    """As a person or the script does: once more, until there is an answer."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            reply = visitor.post(at, fields)
        except (HTTPException, OSError):
            visitor.hang_up()
            time.sleep(0.05)
            continue
        assert reply.is_good, reply.text
        return
    pytest.fail("the web server did not come back")


HIGH = {f"i-{item.key}": 3 for item in catalogue.load("dass_21").items} | {"stop": 1}
COMPLETE = Sheet.objects.filter(instrument="dass_21").annotate(answered=Count("answers")).filter(answered=21)


@small_or_full(30, 1000, minutes=20)
def test_crossings_with_the_web_process_killed_at_random_are_none_lost(n, committed_db):
    person = factories.make_participant(factories.make_trial("alpha"), "phone@example.org")
    respondent = factories.respondent_of(person)
    sheets = [
        factories.make_sitting(respondent, wave=f"wave-{number}", thresholds=RULES[:1]).sheets.first()
        for number in range(n)
    ]
    place = environment(EQUIPOISE_ENV="demo", **an_address())
    halves = []
    with web_server(place) as master, killing(master.pid, place["SITE_URL"], random.Random(n)) as killed:
        visitor = factories.visitor(place["SITE_URL"], person)
        for sheet in sheets:
            post_until_taken(visitor, f"/q/{sheet.sitting_id}/sheets/dass_21/", HIGH)
            halves.append(COMPLETE.filter(sitting__crossings__isnull=True).count())

    assert set(halves) == {0}
    assert (Crossing.objects.count(), COMPLETE.count(), AnswerChange.objects.count()) == (n, n, 21 * n)
    assert len(killed) >= n // 30
