"""Answering, one after the other: what is kept, in which order, and what it adds up to."""

import random
from datetime import timedelta
from uuid import uuid4

import pytest

from questionnaires import catalogue, clock
from questionnaires import services as answering
from questionnaires.models import Answer, AnswerChange, Crossing
from tests import factories

MINUTE = timedelta(minutes=1)
RULE = {"id": "low_mood", "instrument": "dass_21", "score": "depression", "at_least": 14}
DEPRESSION = ["3", "5", "10", "13", "16", "17", "21"]


@pytest.fixture
def sitting(db):
    with clock.fixed(factories.NOON):
        return factories.make_sitting(thresholds=[RULE])


@pytest.fixture
def sheet(sitting):
    return sitting.sheets.get(instrument="dass_21")


def save(sheet, item, code, *, at=factories.NOON, key=None, captured_at=None):
    waited = at - (captured_at or at)
    with clock.fixed(at):
        return answering.save_answer(
            sheet, item, code, by=sheet.sitting.respondent_id, key=key or uuid4(), waited=waited
        )


def submit(sitting, at=factories.NOON):
    with clock.fixed(at):
        return answering.submit_sitting(sitting, by=sitting.respondent_id)


def test_answer_is_kept_with_both_its_times(sheet):
    save(sheet, "1", 3, captured_at=factories.NOON - MINUTE)

    kept = Answer.objects.get()
    assert (kept.item, kept.code, kept.wording) == ("1", 3, "working-en")
    assert (kept.captured_at, kept.stored_at) == (factories.NOON - MINUTE, factories.NOON)


def test_answer_captured_by_a_clock_that_is_ahead_is_dated_at_its_receipt(sheet):
    save(sheet, "1", 3, captured_at=factories.NOON + MINUTE)

    assert Answer.objects.get().captured_at == factories.NOON


def test_what_is_in_force_is_the_newest_of_the_history_whoever_writes_it(sheet):
    save(sheet, "1", 3)
    said = {"wording": "working-es", "captured_at": factories.NOON, "stored_at": factories.NOON}
    for item, code in (("1", 2), ("2", 1), ("1", None)):
        AnswerChange.objects.create(sheet=sheet, key=uuid4(), item=item, code=code, **said)

    assert answering.answers_of(sheet) == {"1": None, "2": 1}
    assert set(Answer.objects.values_list("wording", "captured_at")) == {("working-es", factories.NOON)}


def test_preferring_not_to_answer_is_kept_as_an_answer_without_a_code(sheet):
    save(sheet, "1", None)

    assert answering.answers_of(sheet) == {"1": None}
    assert answering.progress(sheet.sitting).answered == 1


def test_retry_after_a_lost_reply_returns_the_same_even_when_handed_in_and_closed(sitting, sheet):
    first = save(sheet, "1", 2)
    save(sheet, "1", 3)
    submit(sitting)
    again = save(sheet, "1", 2, key=first.key, at=sitting.accepts_until + MINUTE)

    assert (again.pk, again.stored_at) == (first.pk, first.stored_at)
    assert (Answer.objects.get().code, AnswerChange.objects.count()) == (3, 2)


def test_later_receipt_wins_and_both_values_stay_in_the_history(sheet):
    save(sheet, "1", 2, captured_at=factories.NOON)
    save(sheet, "1", 0, at=factories.NOON + MINUTE, captured_at=factories.NOON - MINUTE)

    assert Answer.objects.get().code == 0
    assert list(AnswerChange.objects.values_list("code", flat=True)) == [2, 0]


@pytest.mark.parametrize("seed", range(20))
def test_random_interleavings_of_two_tabs_lose_nothing(sheet, seed):
    chance = random.Random(seed)
    tabs = [
        [(str(item), chance.choice([None, 0, 1, 2, 3])) for item in chance.sample(range(1, 22), 8)] for _ in range(2)
    ]
    said = []
    while any(tabs):
        tab = chance.choice([tab for tab in tabs if tab])
        said.append(tab.pop(0))
        save(sheet, *said[-1])

    assert list(AnswerChange.objects.values_list("item", "code")) == said
    assert answering.answers_of(sheet) == dict(said)


def test_same_page_sent_twice_is_taken_once(sheet):
    by = sheet.sitting.respondent_id
    with clock.fixed(factories.NOON):
        first = answering.save_page(sheet, {"1": 2, "2": None}, by=by)
        second = answering.save_page(sheet, {"1": 2, "2": None}, by=by)

    assert (len(first), len(second), AnswerChange.objects.count()) == (2, 0, 2)


def test_opening_again_keeps_the_first_moment(sitting):
    with clock.fixed(factories.NOON + MINUTE):
        assert answering.open_sitting(sitting, by=sitting.respondent_id).opened_at == factories.NOON


def test_submitting_again_keeps_the_first_moment_even_after_the_close(sitting):
    submit(sitting)

    assert submit(sitting, sitting.accepts_until + MINUTE).submitted_at == factories.NOON
    assert set(sitting.sheets.values_list("submitted_at", flat=True)) == {factories.NOON}


def test_sheet_handed_in_alone_leaves_the_others_open(sitting, sheet):
    with clock.fixed(factories.NOON):
        for _ in range(2):
            handed_in = answering.submit_sheet(sheet, by=sitting.respondent_id)
    save(sitting.sheets.get(instrument="covid_concern"), "1", 4)

    assert handed_in.submitted_at == factories.NOON
    assert submit(sitting, factories.NOON + MINUTE).submitted_at == factories.NOON + MINUTE
    assert sitting.sheets.get(pk=sheet.pk).submitted_at == factories.NOON


@pytest.mark.parametrize(("last", "crossings"), [(1, 0), (2, 1), (3, 1)])
def test_threshold_at_minus_1_0_and_plus_1_crosses_from_0_on(sitting, sheet, last, crossings):
    for item in DEPRESSION[:-1]:
        save(sheet, item, 2)
    save(sheet, "21", last)
    submit(sitting)

    assert answering.scores(sheet)["depression"] == 12 + last
    assert list(Crossing.objects.values_list("rule", "score", "crossed_at")) == (
        [("low_mood", "depression", factories.NOON)] * crossings
    )


def test_threshold_is_looked_at_as_soon_as_the_sheet_is_complete_and_written_once(sitting, sheet):
    for item in catalogue.load("dass_21").items[:-1]:
        save(sheet, item.key, 3)
    before = Crossing.objects.count()
    save(sheet, "21", 3)
    complete = Crossing.objects.count()
    save(sheet, "21", 2)
    submit(sitting)

    assert (before, complete, Crossing.objects.count()) == (0, 1, 1)


def test_score_with_too_few_answers_crosses_nothing(sitting, sheet):
    for item in DEPRESSION[:5]:
        save(sheet, item, 3)
    submit(sitting)

    assert (answering.scores(sheet)["depression"], Crossing.objects.count()) == (None, 0)


def test_progress_counts_items_and_keeps_its_promise_of_minutes(sitting, sheet):
    start = answering.progress(sitting)
    for item in catalogue.load("dass_21").items:
        save(sheet, item.key, 0)
    near_end = answering.progress(sitting)

    assert (start.answered, start.total, start.minutes_left) == (0, 22, 4)  # 3 and a quarter
    assert (near_end.answered, near_end.total, near_end.minutes_left) == (21, 22, 1)


def test_resuming_is_at_the_first_open_item_in_the_order_of_the_sheets(sitting, sheet):
    places = [answering.where_to_resume(sitting)]
    save(sheet, "1", 0)
    save(sheet, "3", None)
    places.append(answering.where_to_resume(sitting))
    for item in catalogue.load("dass_21").items:
        save(sheet, item.key, 0)
    places.append(answering.where_to_resume(sitting))
    save(places[-1][0], "1", 2)

    assert [(place.instrument, item) for place, item in places] == [
        ("dass_21", "1"),
        ("dass_21", "2"),
        ("covid_concern", "1"),
    ]
    assert answering.where_to_resume(sitting) is None


def test_save_takes_the_same_queries_for_the_first_item_and_the_last(sheet, django_assert_num_queries):
    save(sheet, "1", 0)
    with django_assert_num_queries(6):  # 2 of them the savepoint, 1 the answers that a threshold looks at
        save(sheet, "2", 0)
    for item in catalogue.load("dass_21").items[:-1]:
        save(sheet, item.key, 0)
    with django_assert_num_queries(6):
        save(sheet, "21", 0)


def test_sitting_says_its_name_in_the_language_of_the_page(sitting):
    assert [sitting.name_in(code) for code in ("en", "es", "fr")] == [
        "After the programme",
        "Después del programa",
        "After the programme",
    ]
