"""A sheet of own questions: what it asks, keeps and refuses."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from questionnaires import clock, refusals
from questionnaires import services as answering
from questionnaires.models import Answer, AnswerChange, Sheet, Sitting
from questionnaires.own_questions import own_sheet
from tests import factories


def question(id, kind, **more):
    return {"id": id, "kind": kind, "text": {"en": f"{id}?", "es": f"¿{id}?"}, **more}


OPTIONS = [{"id": each, "text": {"en": each.title()}} for each in ("none", "visit", "hospital")]
QUESTIONS = [
    question("event", "yes_no"),
    question("what", "text", shown_if={"question": "event", "answers": ["yes"]}),
    question("care", "choice", options=OPTIONS, shown_if={"question": "event", "answers": ["yes"]}),
    question("days", "number", lowest=1, highest=60, shown_if={"question": "care", "answers": ["visit", "hospital"]}),
    question("hours", "number", is_whole=False, lowest=0),
    question("since", "date", may_be_skipped=False),
]


@pytest.fixture
def sitting(db):
    with clock.fixed(factories.NOON):
        return factories.make_sitting(instruments=["covid_concern"], questions=QUESTIONS)


@pytest.fixture
def sheet(sitting):
    return sitting.sheets.get(instrument="own_questions")


def save(sheet, item, value, *, at=factories.NOON, key=None):
    with clock.fixed(at):
        return answering.save_answer(sheet, item, value, by=sheet.sitting.respondent_id, key=key or uuid4())


def open_keys(sitting):
    return [item.key for item in answering.standings(sitting)[-1].open_items]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (question("a", "colour"), "kind 'colour'"),
        (question("a", "choice"), "two or more options"),
        (question("a", "text", text={}), "has no text"),
        (question("a", "text", text={"en": " "}), "empty text"),
        (question("a", "text", color="red"), "has color"),
        (question("event", "text"), "is there twice"),
        (question("a", "text", shown_if={"question": "b", "answers": ["yes"]}), "depends on"),
        (question("a", "text", shown_if={"question": "event", "answers": ["perhaps"]}), "depends on"),
        (question("a", "text", shown_if={"question": "event", "answers": []}), "depends on"),
    ],
)
def test_question_that_cannot_be_asked_makes_no_sitting(db, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        factories.make_sitting(questions=[QUESTIONS[0], wrong])
    assert not Sitting.objects.exists()


def test_own_questions_are_the_last_sheet_and_travel_with_it(sheet):
    assert (sheet.position, sheet.questions) == (2, QUESTIONS)
    assert [each.key for each in sheet.definition.questions] == ["event", "what", "care", "days", "hours", "since"]


def test_question_is_asked_as_long_as_the_answers_before_it_ask_for_it(sitting, sheet):
    found = [open_keys(sitting)]
    for item, value in [("event", "yes"), ("care", "visit"), ("event", "no"), ("event", None)]:
        save(sheet, item, value)
        found.append(open_keys(sitting))

    assert found == [
        ["event", "hours", "since"],
        ["what", "care", "hours", "since"],
        ["what", "days", "hours", "since"],
        ["hours", "since"],
        ["hours", "since"],
    ]


def test_unasked_questions_neither_count_nor_are_read_as_answers(sitting, sheet):
    for item, value in [("event", "yes"), ("what", "A fall."), ("care", "none"), ("event", "no")]:
        save(sheet, item, value)
    progress = answering.standings(sitting)[-1].progress

    assert (progress.answered, progress.total) == (1, 3)
    assert answering.own_answers(sheet) == {"event": "no"}
    assert answering.answers_of(sheet) == {"event": "no", "what": "A fall.", "care": "none"}


def test_progress_of_many_sittings_costs_two_queries_and_equals_that_of_each(db, django_assert_num_queries):
    with clock.fixed(factories.NOON):
        sittings = [factories.make_sitting(questions=QUESTIONS) for _ in range(3)]
    given = [{}, {"event": "yes"}, {"event": "yes", "what": "x", "since": "2026-01-01"}]
    for sitting, answers in zip(sittings, given, strict=True):
        save(sitting.sheets.get(instrument="dass_21"), "1", 2)
        for item, value in answers.items():
            save(sitting.sheets.get(instrument="own_questions"), item, value)
    with django_assert_num_queries(2):
        found = answering.progress_of([sitting.pk for sitting in sittings])

    assert found == {sitting.pk: answering.progress(sitting) for sitting in sittings}
    far = [found[sitting.pk] for sitting in sittings]
    assert [(each.answered, each.total) for each in far] == [(1, 25), (2, 27), (4, 27)]


def test_answers_are_read_in_their_own_kinds(sheet):
    given = {"event": "yes", "what": "x", "care": "visit", "days": "3", "hours": "2.5", "since": "2026-03-31"}
    for item, value in given.items():
        save(sheet, item, value)

    assert answering.own_answers(sheet) == {**given, "days": 3, "hours": 2.5}
    assert answering.scores(sheet) == {}


@pytest.mark.parametrize(
    "text", ["yes", " two\r\nlines\n", "é e\u0301 😀 \u202e", "'; DROP TABLE x; --", "<b>", "x" * 2000, "\t.", "\x01"]
)
def test_text_is_kept_exactly_as_it_was_written(sheet, text):
    save(sheet, "what", text)

    assert Answer.objects.get().said.encode() == text.encode()
    assert AnswerChange.objects.get().said == text


@pytest.mark.parametrize(
    ("item", "value", "sentence"),
    [
        ("event", "perhaps", "not one of the answers"),
        ("event", 1, "not one of the answers"),
        ("care", "Visit", "not one of the answers"),
        ("what", 3, "in writing"),
        ("what", " ", "in writing"),
        ("what", "a\0b", "cannot be kept"),
        ("what", "a" + chr(0xD800), "cannot be kept"),
        ("what", "a\ufffdb", "cannot be kept"),
        ("what", "x" * 2001, "longer than 2000"),
        ("days", "0", "from 1 to 60"),
        ("days", "61", "from 1 to 60"),
        ("days", "3.0", "whole number"),
        ("days", "three", "whole number"),
        ("days", "٣", "whole number"),
        ("days", "9" * 400, "whole number"),
        ("hours", "-0.5", "0 or more"),
        ("hours", "nan", "not a number"),
        ("hours", "1e3", "not a number"),
        ("since", "31/3/2026", "not a date"),
        ("since", "2026-02-30", "not a date"),
        ("since", "20260331", "not a date"),
        ("since", None, "cannot be skipped"),
    ],
)
def test_value_that_cannot_be_is_refused_with_a_sentence(sheet, item, value, sentence):
    with pytest.raises(refusals.AnswerRefused, match=sentence):
        save(sheet, item, value)
    assert not Answer.objects.exists()
    assert not AnswerChange.objects.exists()


@pytest.mark.parametrize(("item", "value"), [("days", "1"), ("days", "60"), ("hours", "0"), ("what", "a\r\n" * 1000)])
def test_value_at_the_limit_is_taken(sheet, item, value):
    assert save(sheet, item, value).value == value


def test_retry_returns_what_was_kept_and_the_key_of_another_text_is_refused(sheet):
    first = save(sheet, "what", "One.")
    save(sheet, "what", "Two.")

    assert save(sheet, "what", "One.", key=first.key).pk == first.pk
    with pytest.raises(refusals.KeyReused):
        save(sheet, "what", "Two.", key=first.key)
    assert answering.answers_of(sheet) == {"what": "Two."}


def test_history_keeps_every_value_and_the_late_flag(sheet):
    late = sheet.sitting.ends_at + timedelta(minutes=1)
    for value, at in [("One.", factories.NOON), (None, factories.NOON), ("Two.", late)]:
        save(sheet, "what", value, at=at)

    assert [change.value for change in AnswerChange.objects.all()] == ["One.", None, "Two."]
    assert Answer.objects.get().is_late(sheet.sitting) is True


def test_resuming_is_at_the_first_question_that_is_asked_and_open(sitting, sheet):
    save(sitting.sheets.get(instrument="covid_concern"), "1", 2)
    save(sheet, "event", "yes")

    assert answering.where_to_resume(sitting) == (sheet, "what")


def test_page_is_taken_whole_or_not_at_all(sheet):
    with clock.fixed(factories.NOON), pytest.raises(refusals.Unreadable):
        answering.save_page(sheet, {"event": "yes", "days": "99"}, by=sheet.sitting.respondent_id)
    assert not Answer.objects.exists()


def test_questions_in_free_text_of_an_instrument_are_asked_after_its_items(db):
    with clock.fixed(factories.NOON):
        sheet = factories.make_sitting(instruments=["satisfaction"]).sheets.get()
    save(sheet, "1", 7)
    save(sheet, "26", "The breath.")

    assert [item.key for item in answering.standings(sheet.sitting)[0].open_items][-2:] == ["25", "27"]
    assert answering.scores(sheet)["overall_satisfaction"] == 7
    assert answering.answers_of(sheet) == {"1": 7, "26": "The breath."}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE questionnaires_sheet SET questions = '[]'", "Cannot update"),
        ("UPDATE questionnaires_sheet SET instrument = 'brs_6' WHERE position = 1", "Cannot update"),
        ("UPDATE questionnaires_answer SET code = 1", "answer_code_or_said"),
        (
            "INSERT INTO questionnaires_sheet (sitting_id, instrument, position, wordings, questions) "
            "SELECT key, 'own_questions', 9, '{}', '[]' FROM questionnaires_sitting",
            "sheet_of_an_instrument_or_own_questions",
        ),
        (
            "INSERT INTO questionnaires_sheet (sitting_id, instrument, position, wordings, questions) "
            "SELECT key, 'brs_6', 9, '{}', '[1]' FROM questionnaires_sitting",
            "sheet_of_an_instrument_or_own_questions",
        ),
    ],
)
def test_database_refuses_to_bend_what_is_asked_and_said(sheet, statement, name):
    save(sheet, "what", "A fall.")
    with pytest.raises(DatabaseError, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Sheet.objects.get(pk=sheet.pk).questions == QUESTIONS


def test_text_without_the_language_of_the_page_is_shown_in_its_default():
    wording = own_sheet([question("a", "text", text={"fr": "Quoi ?", "en": "What?"})]).questions[0].wording

    assert [wording.in_language(code) for code in ("en", "es", "fr-ca")] == ["What?", "Quoi ?", "Quoi ?"]
