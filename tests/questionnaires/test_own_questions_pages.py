"""The page of own questions, as a browser without a script uses it."""

from urllib.parse import quote
from uuid import uuid4

import pytest
from django.urls import reverse

from questionnaires import services as answering
from questionnaires.models import Answer, AnswerChange
from tests import factories
from tests.questionnaires.test_own_questions import QUESTIONS


@pytest.fixture
def sitting(participant):
    return factories.make_sitting(
        factories.respondent_of(participant), instruments=["covid_concern"], questions=QUESTIONS
    )


@pytest.fixture
def sheet(sitting):
    return sitting.sheets.get(instrument="own_questions")


@pytest.fixture
def own(client, participant):
    return factories.open_pages(client, participant)


@pytest.fixture
def address(sitting):
    return reverse("questionnaires:sheet", args=[sitting.key, "own_questions"])


def said(sheet):
    return answering.answers_of(sheet)


def test_page_sent_shows_next_what_its_answers_ask_for(sitting, sheet, own, address):
    first = own.post(address, {"i-event": "0", "t-hours": "1,5", "t-since": "2026-03-31", "told": "1"})
    second = own.post(address, {"i-event": "0", "was-event": "0", "t-what": "A fall.", "i-care": "1", "told": "1"})
    third = own.post(address, {"t-days": "3"})

    assert [reply["Location"] for reply in (first, second)] == [f"{address}#item-what", f"{address}#item-days"]
    assert third["Location"] == reverse("questionnaires:review", args=[sitting.key])
    assert answering.own_answers(sheet) == {
        "event": "yes",
        "what": "A fall.",
        "care": "visit",
        "days": 3,
        "hours": 1.5,
        "since": "2026-03-31",
    }
    assert set(AnswerChange.objects.values_list("wording", flat=True)) == {"own-en"}


def test_question_that_is_not_asked_stands_hidden_in_the_page(own, address):
    text = own.get(address).content.decode()

    assert text.count("<legend") == 6
    assert text.count("data-unasked hidden") == 3


def test_mistake_is_said_at_its_field_with_what_was_written_and_the_rest_is_saved(sheet, own, address):
    reply = own.post(address, {"i-event": "1", "t-hours": "many", "t-since": "2026-02-30"})
    text = reply.content.decode()

    assert reply.status_code == 400
    assert said(sheet) == {"event": "no"}
    assert 'value="many"' in text
    assert text.count('class="field-error"') == 2
    assert "Everything else is saved." in text


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ({"t-what": "New", "had-what": "Old"}, "New"),
        ({"t-what": "Old", "had-what": "Old", "i-what": "skip"}, None),
        ({"t-what": "New", "had-what": "Old", "i-what": "skip"}, None),
        ({"t-what": "New", "had-what": "", "i-what": "skip", "was-what": "skip"}, "New"),
        ({"t-what": "  ", "had-what": "Old"}, None),
        ({"t-what": "Old", "had-what": "Old"}, "Old"),
        ({"t-what": "", "had-what": ""}, "Old"),
    ],
)
def test_text_changed_on_the_page_is_taken_and_a_new_wish_not_to_answer_wins(sheet, own, address, page, kept):
    answering.save_page(sheet, {"what": "Old"}, by=sheet.sitting.respondent_id)
    own.post(address, page)

    assert said(sheet) == {"what": kept}


def test_text_is_shown_again_character_by_character(sheet, own, address):
    text = "\n<b>&amp;\n\"two\" 'lines'"
    answering.save_page(sheet, {"event": "yes", "what": text}, by=sheet.sitting.respondent_id)

    assert ">\n\n&lt;b&gt;&amp;amp;\n&quot;two&quot; &#x27;lines&#x27;</textarea>" in own.get(address).content.decode()


def post_answer(own, sitting, **answer):
    at = reverse("questionnaires:answer", args=[sitting.key, "own_questions"])
    return own.post(at, {"key": str(uuid4()), "waited": "0", **answer})


def test_script_saves_what_is_written_and_what_is_chosen(sitting, sheet, own):
    for answer in [{"item": "event", "code": "0"}, {"item": "what", "text": "A fall."}, {"item": "care", "code": "2"}]:
        assert post_answer(own, sitting, **answer).status_code == 200
    assert said(sheet) == {"event": "yes", "what": "A fall.", "care": "hospital"}
    assert post_answer(own, sitting, item="what", code="skip").status_code == 200
    assert post_answer(own, sitting, item="care", code="skip").status_code == 200
    assert said(sheet) == {"event": "yes", "what": None, "care": None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"item": "event", "code": "2"},
        {"item": "event", "text": "yes"},
        {"item": "what", "code": "0"},
        {"item": "what", "text": "a\0"},
        {"item": "what", "text": "x" * 2001},
        {"item": "days", "text": "1.000"},
        {"item": "since", "text": ""},
        {"item": "since", "code": "skip"},
        {"item": "x" * 41, "text": "a"},
        {"item": "unknown", "text": "a"},
        {"item": "what"},
        {"item": "what\0", "text": "a"},
    ],
)
def test_answer_that_cannot_be_is_refused_with_a_sentence(sitting, own, wrong):
    reply = post_answer(own, sitting, **wrong)

    assert (reply.status_code, reply.json()["refused"][-1]) == (400, ".")
    assert not Answer.objects.exists()


def test_half_a_surrogate_pair_is_refused_with_a_sentence(sitting, own):
    at = reverse("questionnaires:answer", args=[sitting.key, "own_questions"])
    body = f"item=what&waited=0&key={uuid4()}&text=" + quote(b"a\xed\xa0\x80")
    reply = own.post(at, body, content_type="application/x-www-form-urlencoded")

    assert reply.status_code == 400
    assert "cannot be kept" in reply.json()["refused"]
    assert not Answer.objects.exists()


def test_free_text_of_an_instrument_is_asked_after_its_items(participant, own):
    sitting = factories.make_sitting(factories.respondent_of(participant), wave="end", instruments=["satisfaction"])
    at = reverse("questionnaires:sheet", args=[sitting.key, "satisfaction"])
    own.post(at, {"i-1": "7", "t-26": "The breath.", "told": "1"})

    assert own.get(at).content.decode().count("<legend") == 27
    assert said(sitting.sheets.get()) == {"1": 7, "26": "The breath."}
    assert AnswerChange.objects.first().wording == "working-en"


def test_review_and_receipt_count_what_is_asked(sitting, sheet, own):
    answering.save_page(sheet, {"event": "no", "hours": "1"}, by=sheet.sitting.respondent_id)
    review = own.get(reverse("questionnaires:review", args=[sitting.key])).content.decode()
    answering.submit_sitting(sitting, by=sitting.respondent_id)
    receipt = own.get(reverse("questionnaires:receipt", args=[sitting.key])).content.decode()

    assert "2 of 3 answered" in review
    assert "#item-since" in review
    assert "2 of 4 questions" in receipt
