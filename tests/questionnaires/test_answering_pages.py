"""The pages of answering, as a browser without a script uses them; refusals first."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Answer, AnswerChange
from tests import factories

PAGES = ["overview", "review", "receipt"]


@pytest.fixture
def sitting(participant):
    return factories.make_sitting(factories.respondent_of(participant))


@pytest.fixture
def own(client, participant):
    return factories.open_pages(client, participant)


def at(name, sitting, *more):
    return reverse(f"questionnaires:{name}", args=[sitting.key, *more])


def addresses(sitting) -> list[str]:
    return [at(name, sitting) for name in PAGES] + [at(name, sitting, "dass_21") for name in ("sheet", "answer")]


def posted(**answers) -> dict[str, object]:
    return {"item": "1", "code": "2", "key": str(uuid4()), "waited": "0"} | answers


def page(changed: dict[str, str], was: dict[str, str] | None = None, **more: str) -> dict[str, str]:
    sent = {f"i-{item}": value for item, value in changed.items()}
    return sent | {f"was-{item}": value for item, value in (was or {}).items()} | more


def test_somebody_elses_sitting_is_not_found(sitting, trial):
    stranger = factories.open_pages(Client(), factories.make_participant(trial, "second@example.org"))

    assert {stranger.get(each).status_code for each in addresses(sitting)[:-1]} == {404}
    assert {stranger.post(each, posted()).status_code for each in (addresses(sitting)[0], addresses(sitting)[-1])} == {
        404
    }
    assert not AnswerChange.objects.exists()


def test_sitting_without_a_session_leads_to_the_page_that_says_how_to_come_in(sitting, client):
    answers = [client.get(each) for each in addresses(sitting)[:-1]]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/closed/")}


def test_instrument_that_is_not_asked_is_not_found(sitting, own):
    assert own.get(at("sheet", sitting, "brs_6")).status_code == 404
    assert own.post(at("answer", sitting, "brs_6"), posted()).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"item": "22"}, 400),
        ({"item": "1\0"}, 400),
        ({"item": "x" * 10_000}, 400),
        ({"code": "4"}, 400),
        ({"code": "-1"}, 400),
        ({"code": "1e1"}, 400),
        ({"code": "2\n"}, 400),
        ({"code": "٢"}, 400),
        ({"code": ""}, 400),
        ({"key": "no-key"}, 400),
        ({"waited": "-1"}, 400),
        ({"waited": "9" * 30}, 400),
        ({"waited": "soon"}, 400),
    ],
)
def test_answer_that_cannot_be_is_refused_with_a_sentence(sitting, own, wrong, status):
    answer = own.post(at("answer", sitting, "dass_21"), posted(**wrong))

    assert answer.status_code == status
    assert answer.json()["refused"].endswith(".")
    assert not AnswerChange.objects.exists()


def test_answer_without_the_forms_token_is_refused(sitting, participant):
    client = Client(enforce_csrf_checks=True)
    client.cookies["participant"] = factories.open_pages(Client(), participant).cookies["participant"].value

    assert client.post(at("answer", sitting, "dass_21"), posted()).status_code == 403


def test_page_of_ten_megabytes_is_refused(sitting, own):
    answer = own.post(
        at("sheet", sitting, "dass_21"), {"i-1": "1" * 10_000_000}, content_type="application/x-www-form-urlencoded"
    )

    assert (answer.status_code, AnswerChange.objects.count()) in [(400, 0), (413, 0)]


def test_page_with_a_value_that_no_button_has_is_refused_with_a_way_back(sitting, own):
    for value in ("9", "x", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace")):
        answer = own.post(at("sheet", sitting, "dass_21"), page({"1": "2", "2": value}))
        assert answer.status_code == 400
        assert "not one of the answers" in answer.content.decode()
    assert not AnswerChange.objects.exists()


def test_closed_and_handed_in_sittings_say_so_and_take_nothing(sitting, own, participant):
    with clock.fixed(sitting.accepts_until + timedelta(seconds=1)):
        later = factories.open_pages(Client(), participant)
        closed = later.post(at("answer", sitting, "dass_21"), posted())
        overview = later.get(at("overview", sitting)).content.decode()
    answering.submit_sitting(sitting, by=sitting.respondent_id)
    submitted = own.post(at("answer", sitting, "dass_21"), posted())
    whole = own.post(at("sheet", sitting, "dass_21"), page({"1": "2"}))

    assert (closed.status_code, submitted.status_code, whole.status_code) == (409, 409, 409)
    assert "are closed. Every answer you gave before is kept." in closed.json()["refused"]
    assert "These questionnaires are closed" in overview
    assert "You have handed this in" in whole.content.decode()
    assert not AnswerChange.objects.exists()


def test_opening_pages_changes_nothing(participant, own):
    sitting = factories.make_sitting(factories.respondent_of(participant), opened=False)
    for each in addresses(sitting)[:-1]:
        own.get(each)
    sitting.refresh_from_db()

    assert (sitting.opened_at, sitting.sheets.filter(started_at__isnull=False).count()) == (None, 0)


def test_no_page_stays_in_the_browser(sitting, own):
    pages = [own.get(each, follow=True) for each in addresses(sitting)[:-1]]
    pages.append(own.post(at("answer", sitting, "dass_21"), posted()))
    pages.append(own.post(at("answer", sitting, "dass_21"), posted(code="9")))

    assert {answer["Cache-Control"] for answer in pages} == {"no-store"}


def test_answer_is_taken_once_however_often_it_is_sent_and_dated_when_it_was_given(sitting, own):
    sent = posted(waited="60000")
    with clock.fixed(factories.clock.now()):
        replies = [own.post(at("answer", sitting, "dass_21"), sent) for _ in range(3)]

    kept = AnswerChange.objects.get()
    assert {(reply.status_code, reply.content) for reply in replies} == {(200, replies[0].content)}
    assert kept.stored_at - kept.captured_at == timedelta(minutes=1)


def test_key_of_another_answer_is_refused(sitting, own):
    sent = posted()
    own.post(at("answer", sitting, "dass_21"), sent)

    assert own.post(at("answer", sitting, "dass_21"), sent | {"code": "3"}).status_code == 409
    assert Answer.objects.get().code == 2


def test_wave_is_answered_from_beginning_to_receipt_by_forms_alone(participant, own):
    sitting = factories.make_sitting(factories.respondent_of(participant), opened=False)
    begun = own.post(at("overview", sitting))
    items = {str(n): str(n % 4) for n in range(1, 21)} | {"21": "skip"}
    first = own.post(begun["Location"].split("#")[0], page(items))
    second = own.post(first["Location"].split("#")[0], page({"1": "4"}))
    handed_in = own.post(second["Location"], follow=True)

    assert begun["Location"] == f"{at('sheet', sitting, 'dass_21')}#item-1"
    assert first["Location"] == f"{at('sheet', sitting, 'covid_concern')}#item-1"
    assert second["Location"] == at("review", sitting)
    assert handed_in.redirect_chain == [(at("receipt", sitting), 302)]
    assert "22 of 22 questions" in handed_in.content.decode()
    codes = answering.answers_of(sitting.sheets.get(instrument="dass_21"))
    assert codes == {str(n): n % 4 for n in range(1, 21)} | {"21": None}


def test_open_items_are_said_once_and_a_second_next_goes_on(sitting, own):
    first = own.post(at("sheet", sitting, "dass_21"), page({"1": "0"}))
    shown = own.get(first["Location"]).content.decode()
    second = own.post(at("sheet", sitting, "dass_21"), page({}, told="1"))

    assert first["Location"] == f"{at('sheet', sitting, 'dass_21')}?open=1#item-2"
    assert shown.count("has-note") == 20
    assert 'name="told"' in shown
    assert second["Location"] == f"{at('sheet', sitting, 'covid_concern')}#item-1"


def test_page_left_open_in_one_tab_does_not_take_back_what_another_answered(sitting, own):
    own.post(at("sheet", sitting, "dass_21"), page({"1": "0", "2": "1"}))
    own.post(at("sheet", sitting, "dass_21"), page({"1": "3", "2": "1"}, was={"1": "0", "2": "1"}))
    own.post(at("sheet", sitting, "dass_21"), page({"1": "0", "2": "2"}, was={"1": "0", "2": "1"}))

    assert answering.answers_of(sitting.sheets.get(instrument="dass_21")) == {"1": 3, "2": 2}


def test_stopping_saves_and_the_overview_goes_on_at_the_same_item(sitting, own):
    stopped = own.post(at("sheet", sitting, "dass_21"), page({"1": "0", "2": "1"}, stop="1"))

    assert stopped["Location"] == at("overview", sitting)
    assert own.post(at("overview", sitting))["Location"] == f"{at('sheet', sitting, 'dass_21')}#item-3"


def test_every_instrument_that_a_wave_can_ask_has_a_page_of_its_items(participant, own):
    slugs = [each.slug for each in factories.askable_instruments()]
    sitting = factories.make_sitting(factories.respondent_of(participant), wave="all", instruments=slugs)
    pages = {slug: own.get(at("sheet", sitting, slug)).content.decode() for slug in slugs}

    shown = {slug: text.count("<legend>") for slug, text in pages.items()}
    assert shown == {each.slug: len(each.items) for each in factories.askable_instruments()}
    assert len(slugs) == 10


def test_page_speaks_the_language_of_the_participant_and_says_which_wording_was_read(sitting, participant, own):
    type(participant).objects.update(language="es")
    text = own.get(at("sheet", sitting, "dass_21")).content.decode()
    own.post(at("answer", sitting, "dass_21"), posted())

    assert "Durante la última semana" in text
    assert Answer.objects.get().wording == "working-es"


def test_support_of_the_trial_stands_on_every_page(sitting, participant, trial, own):
    number = trial.latest_version().protocol.support.emergency[0].number
    shown = [
        own.get(each).content.decode().count(number)
        for each in (addresses(sitting)[0], at("sheet", sitting, "dass_21"), at("review", sitting))
    ]
    answering.submit_sitting(sitting, by=sitting.respondent_id)
    shown.append(own.get(at("receipt", sitting)).content.decode().count(number))

    assert min(shown) >= 2


def test_support_of_an_amendment_stands_on_the_sheet_as_soon_as_it_is_in_force(sitting, trial, own):
    address = at("sheet", sitting, "dass_21")
    before = own.get(address).content.decode().count("tel:113")
    factories.amend(trial, 'number = "112"', 'number = "113"')

    assert (before, own.get(address).content.decode().count("tel:113")) == (0, 2)


def test_late_submission_says_so_on_its_receipt(sitting, own, participant):
    with clock.fixed(sitting.ends_at):
        answering.submit_sitting(sitting, by=sitting.respondent_id)

    assert "it is marked as late" in own.get(at("receipt", sitting)).content.decode()


def test_sheet_takes_as_many_queries_for_ten_sheets_as_for_two(participant, own, django_assert_num_queries):
    respondent = factories.respondent_of(participant)
    slugs = [each.slug for each in factories.askable_instruments()]
    for wave, instruments in (("two", ["dass_21", "brs_6"]), ("ten", slugs)):
        sitting = factories.make_sitting(respondent, wave=wave, instruments=instruments)
        own.get(at("sheet", sitting, "dass_21"))  # the protocol's text is read once a process
        with django_assert_num_queries(6):
            own.get(at("sheet", sitting, "dass_21"))
