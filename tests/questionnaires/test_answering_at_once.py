"""Answering at the same time, on connections of their own: one submission, equal answers, nothing lost."""

from uuid import uuid4

import pytest

from questionnaires import clock, refusals
from questionnaires import services as answering
from questionnaires.models import Answer, AnswerChange, Crossing, Sitting
from tests import factories
from tests.at_once import all_at_once
from tests.soak import small_or_full

ROUNDS = 5
RULE = {"id": "any", "instrument": "covid_concern", "score": "concern", "at_least": 4}


def sitting_and_sheet():
    sitting = factories.make_sitting(instruments=["covid_concern"], thresholds=[RULE])
    return sitting, sitting.sheets.get()


def check_simultaneous_submits(n: int) -> None:
    sitting, sheet = sitting_and_sheet()
    by = sitting.respondent_id
    answering.save_answer(sheet, "1", 4, by=by, key=uuid4())
    results = all_at_once([lambda: answering.submit_sitting(sitting, by=by).submitted_at] * n)

    assert set(results) == {Sitting.objects.get(pk=sitting.pk).submitted_at}
    assert Crossing.objects.filter(sitting=sitting).count() == 1


def check_saves_racing_a_submit(n: int) -> None:
    sitting, sheet = sitting_and_sheet()
    by = sitting.respondent_id
    saves = [
        lambda code=place % 4 + 1: answering.save_answer(sheet, "1", code, by=by, key=uuid4()) for place in range(n)
    ]
    results = all_at_once([*saves, lambda: answering.submit_sitting(sitting, by=by)])

    submitted = results.pop().submitted_at
    taken = [each for each in results if isinstance(each, AnswerChange)]
    refused = [each for each in results if isinstance(each, refusals.AlreadySubmitted)]
    kept = list(AnswerChange.objects.filter(sheet=sheet))
    assert len(taken) + len(refused) == n
    assert {each.pk for each in kept} == {each.pk for each in taken}
    assert all(each.stored_at <= submitted for each in kept)
    assert answering.answers_of(sheet) == ({"1": kept[-1].code} if kept else {})


def check_retries_at_once(n: int) -> None:
    sitting, sheet = sitting_and_sheet()
    key, by = uuid4(), sitting.respondent_id
    results = all_at_once([lambda: answering.save_answer(sheet, "1", 2, by=by, key=key).pk] * n)

    assert set(results) == {AnswerChange.objects.get(sheet=sheet).pk}


def check_two_tabs(n: int) -> None:
    sitting = factories.make_sitting()
    sheet, by = sitting.sheets.get(instrument="dass_21"), sitting.respondent_id
    acts = [
        lambda item=place % 5 + 1, code=place % 4: answering.save_answer(sheet, str(item), code, by=by, key=uuid4())
        for place in range(n)
    ]
    results = all_at_once(acts)

    history = list(AnswerChange.objects.filter(sheet=sheet))
    assert {each.pk for each in history} == {each.pk for each in results}
    assert [each.stored_at for each in history] == sorted(each.stored_at for each in history)
    assert answering.answers_of(sheet) == {each.item: each.code for each in history}
    assert Answer.objects.filter(sheet=sheet).count() == 5


CHECKS = [check_simultaneous_submits, check_saves_racing_a_submit, check_retries_at_once, check_two_tabs]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@small_or_full(8, 50)
def test_at_once_they_come_one_after_the_other(n, committed_db, check):
    assert not clock.is_fixed()
    for _ in range(ROUNDS):
        check(n)
