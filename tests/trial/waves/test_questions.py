"""The questions of a protocol's waves, as a sitting carries them."""

import json

import pytest

from questionnaires.own_questions import own_sheet
from tests import factories
from trial.protocol.services import check
from trial.waves import services as waves
from trial.waves.questions import plain, questions_of


@pytest.fixture(scope="module")
def protocol():
    return check((factories.ROOT / "trial" / "protocols" / "cct.toml").read_bytes())


def test_wave_has_its_own_questions_in_its_order(protocol):
    sheet = own_sheet(questions_of(protocol, protocol.waves[0]))

    assert [each.key for each in sheet.questions] == list(protocol.waves[0].questions)
    assert len(sheet.questions) == 6


def test_every_question_of_the_shipped_protocol_survives_json_and_says_the_same(protocol):
    for question in protocol.questions:
        said = plain(question) | {"shown_if": None}
        read = own_sheet(json.loads(json.dumps([said]))).questions[0]

        assert (read.key, read.kind, read.may_be_skipped) == (question.id, question.kind, question.may_be_skipped)
        assert read.wording.versions == question.text.versions
        assert read.option_ids() == question.answers
        assert (read.lowest, read.highest) == (question.lowest, question.highest)


def test_condition_names_the_same_question_and_answers(protocol):
    found = {each["id"]: each.get("shown_if") for each in questions_of(protocol, protocol.waves[1])}

    asked = {"question": "adverse_event", "answers": ["yes"]}
    assert found == {
        "other_programme": None,
        "other_care": None,
        "adverse_event": None,
        "adverse_event_what": asked,
        "adverse_event_care": asked,
        "adverse_event_study": asked,
    }


def test_wave_that_is_begun_asks_its_own_questions_last(db):
    trial = factories.make_model_trial()
    protocol = trial.version_in_force().protocol
    factories.make_cohort(trial)

    sitting = waves.begin(participant=factories.enrol(trial, "first@example.org"), wave="pre")

    sheet = sitting.sheets.last()
    assert (sheet.position, sheet.instrument) == (11, "own_questions")
    assert sheet.questions == questions_of(protocol, protocol.waves[0])
