"""One's own answers, to read and to take along."""

import csv
import io
from datetime import datetime

import pytest
from django.urls import reverse

from questionnaires import services as answering
from questionnaires.own_copy import as_csv
from tests import factories

OWN = [
    {"id": "event", "kind": "yes_no", "text": {"en": "Did anything happen?", "es": "¿Pasó algo?"}},
    {
        "id": "what",
        "kind": "text",
        "text": {"en": "What?", "es": "¿Qué?"},
        "shown_if": {"question": "event", "answers": ["yes"]},
    },
    {
        "id": "hours",
        "kind": "number",
        "text": {"en": "How long?", "es": "¿Cuánto?"},
        "unit": {"en": "hours", "es": "horas"},
    },
]
RUNNING = '=HYPERLINK("http://example.org")'


@pytest.fixture
def sitting(participant):
    respondent = factories.respondent_of(participant)
    made = answering.new_sitting(
        respondent=respondent,
        wave="post",
        name={"en": "After the programme", "es": "Después del programa"},
        zone="Europe/Madrid",
        window=factories.window_around(factories.clock.now()),
        instruments=["covid_concern", "scs_sf"],
        questions=OWN,
    )
    answering.open_sitting(made, by=respondent.key)
    concern, compassion, own = made.sheets.order_by("position")
    answering.save_page(concern, {"1": 4}, by=respondent.key)
    answering.save_page(compassion, {"1": 3, "2": None, "3": 5}, by=respondent.key)
    answering.save_page(own, {"event": "yes", "what": RUNNING, "hours": "2"}, by=respondent.key)
    return made


@pytest.fixture
def own(client, participant):
    return factories.open_pages(client, participant)


def at(name, sitting):
    return reverse(f"questionnaires:{name}", args=[sitting.key])


def table(reply, separator=","):
    return list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig")), delimiter=separator))


def test_file_has_every_question_with_its_answer_in_words_and_no_formula(own, sitting):
    reply = own.get(at("answers_file", sitting))
    head, *rows = table(reply)

    assert head == ["Sheet", "Question", "What was asked", "Your answer", "Saved"]
    assert [(row[1], row[3]) for row in rows] == [
        ("1", "A great deal"),
        ("1", "3"),
        ("2", "I prefer not to answer"),
        ("3", "5 Nearly always"),
        *((str(number), "") for number in range(4, 13)),
        ("1", "Yes"),
        ("2", f"'{RUNNING}"),
        ("3", "2 hours"),
    ]
    assert reply["Content-Disposition"] == 'attachment; filename="my-answers-post.csv"'
    assert reply["Cache-Control"] == "no-store"


def test_file_says_when_each_was_saved_in_local_time(own, sitting):
    rows = table(own.get(at("answers_file", sitting)))[1:]
    stored = sitting.sheets.get(instrument="covid_concern").answers.get().stored_at.astimezone(sitting.place)

    assert datetime.strptime(rows[0][4], "%Y-%m-%d %H:%M") == stored.replace(second=0, microsecond=0, tzinfo=None)
    assert [row[4] == "" for row in rows] == [row[3] == "" for row in rows]


def test_spanish_file_has_semicolons_and_spanish_words(own, sitting, participant):
    type(participant).objects.update(language="es")
    reply = own.get(at("answers_file", sitting))

    assert table(reply, ";")[0] == ["Hoja", "Pregunta", "Lo que se ha pedido", "Tu respuesta", "Guardada"]
    assert reply["Content-Disposition"] == 'attachment; filename="mis-respuestas-post.csv"'


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(cell):
    [_, row] = csv.reader(io.StringIO(as_csv(["a"], [[cell]], separator=",").decode("utf-8-sig"), newline=""))

    assert row == [f"'{cell}"]


def test_page_shows_the_answers_and_what_was_left_open(own, sitting):
    text = own.get(at("answers", sitting)).content.decode()

    assert "7 of 16 questions are answered." in text
    assert (text.count("<b>A great deal</b>"), text.count("Left open")) == (1, 9)
    assert "=HYPERLINK(&quot;http://example.org&quot;)" in text


def test_question_that_does_not_concern_the_person_is_not_in_their_copy(own, sitting):
    answering.save_page(sitting.sheets.get(instrument="own_questions"), {"event": "no"}, by=sitting.respondent_id)

    assert [row[3] for row in table(own.get(at("answers_file", sitting)))[-2:]] == ["No", "2 hours"]


def test_way_to_the_answers_stands_on_the_overview_and_the_receipt(own, sitting, participant):
    new = factories.make_sitting(factories.respondent_of(participant), wave="new")
    pages = [own.get(at("overview", new)), own.get(at("overview", sitting))]
    answering.submit_sitting(sitting, by=sitting.respondent_id)
    pages.append(own.get(at("receipt", sitting)))

    ways = [
        at("answers", each) in page.content.decode() for each, page in zip((new, sitting, sitting), pages, strict=True)
    ]
    assert ways == [False, True, True]


def test_answers_take_as_many_queries_for_ten_sheets_as_for_two(participant, own, django_assert_max_num_queries):
    respondent = factories.respondent_of(participant)
    slugs = [each.slug for each in factories.askable_instruments()]
    for wave, instruments in (("two", ["dass_21", "brs_6"]), ("ten", slugs)):
        made = factories.make_sitting(respondent, wave=wave, instruments=instruments)
        for name in ("answers", "answers_file"):
            with django_assert_max_num_queries(8):
                own.get(at(name, made))
