"""What answering refuses, with a sentence each, and that nothing is written then."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from questionnaires import clock, refusals
from questionnaires import services as answering
from questionnaires.models import Answer, AnswerChange, Crossing, Sitting
from tests import factories

SECOND = timedelta(seconds=1)


@pytest.fixture
def sitting(db):
    with clock.fixed(factories.NOON):
        return factories.make_sitting()


@pytest.fixture
def sheet(sitting):
    return sitting.sheets.get(instrument="dass_21")


def save(sheet, item="1", code=2, *, at=factories.NOON, by=None, key=None, captured_at=None):
    waited = at - (captured_at or at)
    with clock.fixed(at):
        return answering.save_answer(
            sheet, item, code, by=by or sheet.sitting.respondent_id, key=key or uuid4(), waited=waited
        )


def nothing_written() -> bool:
    return not Answer.objects.exists() and not AnswerChange.objects.exists()


@pytest.mark.parametrize("item", ["22", "", "EX1", "1 ", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_unknown_item_is_refused(sheet, item):
    with pytest.raises(refusals.UnknownItem, match="not on the sheet"):
        save(sheet, item)
    assert nothing_written()


@pytest.mark.parametrize("code", [-1, 4, 10**30, True, 2.0, "2"])
def test_value_outside_the_codes_is_refused(sheet, code):
    with pytest.raises(refusals.OutsideCodes, match="not one of the answers"):
        save(sheet, code=code)
    assert nothing_written()


def test_somebody_elses_sitting_is_refused_at_every_door(sitting, sheet):
    stranger = factories.make_respondent().key
    doors = [
        lambda: save(sheet, by=stranger),
        lambda: answering.save_page(sheet, {"1": 2}, by=stranger),
        lambda: answering.open_sitting(sitting, by=stranger),
        lambda: answering.submit_sheet(sheet, by=stranger),
        lambda: answering.submit_sitting(sitting, by=stranger),
    ]
    for door in doors:
        with pytest.raises(refusals.NotYours, match="not yours"):
            door()
    sitting.refresh_from_db()
    assert (nothing_written(), sitting.submitted_at) == (True, None)


def test_respondent_who_has_stopped_is_asked_nothing_more_and_keeps_what_was_taken(sitting, sheet):
    by = sitting.respondent_id
    kept = save(sheet)
    answering.stop(by)

    for door in (
        lambda: save(sheet, "2"),
        lambda: answering.save_page(sheet, {"1": 0}, by=by),
        lambda: answering.open_sitting(sitting, by=by),
        lambda: answering.submit_sheet(sheet, by=by),
        lambda: answering.submit_sitting(sitting, by=by),
    ):
        with clock.fixed(factories.NOON), pytest.raises(refusals.Stopped, match="You have left the questionnaires"):
            door()
    sitting.refresh_from_db()
    assert (save(sheet, key=kept.key), sitting.submitted_at, Answer.objects.get().code) == (kept, None, 2)


def test_sitting_not_begun_takes_no_answer(db):
    with clock.fixed(factories.NOON):
        sheet = factories.make_sitting(opened=False).sheets.first()
    with pytest.raises(refusals.NotUnderWay, match="Begin"):
        save(sheet)
    assert nothing_written()


@pytest.mark.parametrize("after_end", [timedelta(0), SECOND, timedelta(days=1)])
def test_sitting_is_not_opened_once_its_window_has_ended(db, after_end):
    with clock.fixed(factories.NOON):
        sitting = factories.make_sitting(opened=False)
    with clock.fixed(sitting.ends_at + after_end), pytest.raises(refusals.NotUnderWay, match="closed"):
        answering.open_sitting(sitting, by=sitting.respondent_id)


def test_sitting_is_not_opened_a_second_before_its_window_and_is_at_it(db):
    with clock.fixed(factories.NOON):
        sitting = factories.make_sitting(opened=False)
    with clock.fixed(sitting.opens_at - SECOND), pytest.raises(refusals.NotUnderWay, match="not open yet"):
        answering.open_sitting(sitting, by=sitting.respondent_id)
    with clock.fixed(sitting.opens_at):
        assert answering.open_sitting(sitting, by=sitting.respondent_id).opened_at == sitting.opens_at


@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, True), (1, True)])
def test_answer_at_the_end_of_the_window_is_taken_and_flagged_from_that_second_on(sheet, seconds, late):
    save(sheet, at=sheet.sitting.ends_at + seconds * SECOND)

    assert Answer.objects.get().is_late(sheet.sitting) is late


@pytest.mark.parametrize(("seconds", "taken"), [(-1, True), (0, False), (1, False)])
def test_answer_at_the_end_of_the_grace_is_taken_before_that_second_only(sheet, seconds, taken):
    at = sheet.sitting.accepts_until + seconds * SECOND
    if taken:
        save(sheet, at=at)
    else:
        with pytest.raises(refusals.NotUnderWay, match="closed"):
            save(sheet, at=at)
    assert Answer.objects.count() == int(taken)


@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, True), (1, True)])
def test_submission_at_the_end_of_the_window_is_taken_and_flagged_from_that_second_on(sitting, seconds, late):
    with clock.fixed(sitting.ends_at + seconds * SECOND):
        assert answering.submit_sitting(sitting, by=sitting.respondent_id).submitted_late is late


@pytest.mark.parametrize("seconds", [0, 1])
def test_submission_after_the_grace_is_refused_and_answers_stay(sheet, seconds):
    save(sheet)
    with clock.fixed(sheet.sitting.accepts_until + seconds * SECOND), pytest.raises(refusals.NotUnderWay):
        answering.submit_sitting(sheet.sitting, by=sheet.sitting.respondent_id)
    assert Answer.objects.get().code == 2


@pytest.mark.parametrize("hand_in", ["sheet", "sitting"])
def test_what_was_handed_in_takes_no_answer(sitting, sheet, hand_in):
    save(sheet)
    with clock.fixed(factories.NOON):
        if hand_in == "sheet":
            answering.submit_sheet(sheet, by=sitting.respondent_id)
        else:
            answering.submit_sitting(sitting, by=sitting.respondent_id)
    with pytest.raises(refusals.AlreadySubmitted, match="handed this in"):
        save(sheet, code=0)
    assert (Answer.objects.get().code, AnswerChange.objects.count()) == (2, 1)


def test_key_of_another_answer_is_refused(sheet):
    first = save(sheet, "1", 2)
    for item, code in [("2", 2), ("1", 3), ("1", None)]:
        with pytest.raises(refusals.KeyReused, match="mark of another"):
            save(sheet, item, code, key=first.key)
    assert list(Answer.objects.values_list("item", "code")) == [("1", 2)]


def test_page_with_one_wrong_answer_is_refused_whole(sheet):
    with clock.fixed(factories.NOON), pytest.raises(refusals.OutsideCodes):
        answering.save_page(sheet, {"1": 2, "2": 9}, by=sheet.sitting.respondent_id)
    assert nothing_written()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"instruments": []}, "one or more instruments"),
        ({"instruments": ["dass_21", "dass_21"]}, "each once"),
        ({"instruments": ["no_such"]}, "no instrument 'no_such'"),
        ({"thresholds": [{"id": "a", "instrument": "brs_6", "score": "x", "at_least": 1}]}, "does not ask"),
        ({"thresholds": [{"id": "a", "instrument": "dass_21", "score": "joy", "at_least": 1}]}, "no score 'joy'"),
        ({"thresholds": [{"id": "a"}]}, "found id"),
    ],
)
def test_sitting_that_cannot_be_is_not_made(db, wrong, sentence):
    with pytest.raises((ValueError, LookupError), match=sentence):
        factories.make_sitting(**wrong)
    assert not Sitting.objects.exists()


def refused_by_the_database(statement: str, *arguments: object) -> str:
    """The name of what refused `statement`, or ""."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, arguments)
    except DatabaseError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("closes_at = opens_at", "sitting_window_in_order"),
        ("accepts_until = ends_at - interval '1 s'", "sitting_window_in_order"),
        ("opened_at = ends_at", "sitting_opened_in_its_window"),
        ("submitted_at = accepts_until", "sitting_submitted_after_opening_and_in_time"),
        ("opened_at = NULL, submitted_at = ends_at", "sitting_submitted_after_opening_and_in_time"),
    ],
)
def test_database_refuses_a_sitting_that_cannot_be(sitting, change, constraint):
    assert constraint in refused_by_the_database(f"UPDATE questionnaires_sitting SET {change}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE questionnaires_sitting SET submitted_at = NULL",
        "UPDATE questionnaires_sheet SET submitted_at = NULL",
        "DELETE FROM questionnaires_sheet",
        "UPDATE questionnaires_answerchange SET code = 0",
        "DELETE FROM questionnaires_answerchange",
        "INSERT INTO questionnaires_answer (sheet_id, item, code, wording, captured_at, stored_at) "
        "SELECT sheet_id, item, code, wording, captured_at, stored_at FROM questionnaires_answer",
        "UPDATE questionnaires_answer SET code = -1",
        "UPDATE questionnaires_answer SET captured_at = stored_at + interval '1 s'",
    ],
)
def test_database_refuses_to_bend_what_was_handed_in(sitting, sheet, statement):
    save(sheet)
    with clock.fixed(factories.NOON):
        answering.submit_sitting(sitting, by=sitting.respondent_id)

    assert refused_by_the_database(statement) != ""


def test_threshold_not_reached_writes_no_crossing(db):
    rule = {"id": "low", "instrument": "dass_21", "score": "depression", "at_least": 14}
    with clock.fixed(factories.NOON):
        sitting = factories.make_sitting(thresholds=[rule])
    sheet = sitting.sheets.get(instrument="dass_21")
    for item in ["3", "5", "10", "13", "16", "17"]:
        save(sheet, item, 2)
    save(sheet, "21", 1)
    with clock.fixed(factories.NOON):
        answering.submit_sitting(sitting, by=sitting.respondent_id)

    assert (answering.scores(sheet)["depression"], Crossing.objects.count()) == (13, 0)
