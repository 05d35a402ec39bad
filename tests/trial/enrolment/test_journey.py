"""The way through the study as a pure function of a person's facts."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from trial.enrolment import services as enrolment
from trial.enrolment.journey import Facts, path, what_is_next

DOCUMENT, DAY = ("participation", "1.0"), date(2026, 10, 5)
NEW = Facts(is_recruiting=True, needed=(DOCUMENT,))
SIGNED = replace(NEW, given={DOCUMENT: DAY})
SCREENED = replace(SIGNED, screening="passed", screened_on=DAY)
READY = replace(SCREENED, sheet_on=DAY)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (NEW, "consent"),
        (replace(NEW, is_recruiting=False), "closed"),
        (SIGNED, "screening"),
        (replace(SIGNED, is_recruiting=False), "closed"),
        (replace(SCREENED, screening="failed"), "not_eligible"),
        (replace(SCREENED, screening="waiting"), "waiting"),
        (SCREENED, "about_you"),
        (READY, "rest"),
        (replace(READY, is_recruiting=False), "rest"),
        (replace(READY, needed=(("participation", "1.1"),)), "consent_again"),
        (replace(READY, needed=(DOCUMENT, ("recordings", "1"))), "consent"),
        (replace(READY, left=frozenset({"sessions"})), "rest"),
        (replace(READY, left=frozenset({"questionnaires"})), "no_questionnaires"),
        (replace(READY, left=frozenset({"sessions", "questionnaires"})), "left"),
        (replace(NEW, left=frozenset({"sessions", "questionnaires", "data"})), "left"),
    ],
)
def test_one_thing_is_next(facts, expected):
    assert what_is_next(facts) == expected


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        (NEW, "now later later later later later later"),
        (SIGNED, "done now later later later later later"),
        (replace(SCREENED, screening="waiting"), "done now later later later later later"),
        (SCREENED, "done done now later later later later"),
        (READY, "done done done now later later later"),
        (replace(READY, needed=(("participation", "1.1"),)), "now done done later later later later"),
        (replace(READY, left=frozenset({"sessions", "questionnaires"})), "done done done"),
        (replace(SCREENED, screening="failed"), "done done"),
    ],
)
def test_path_has_one_step_now_and_none_after_leaving(trial, facts, states):
    steps = path(facts, trial.version_in_force().protocol)

    assert [step.state for step in steps] == states.split()


def test_groups_are_drawn_after_the_wave_that_the_protocol_says(trial):
    steps = path(NEW, trial.version_in_force().protocol)

    assert [step.wave.id if step.wave else step.kind for step in steps[3:]] == ["pre", "draw", "post", "follow_up"]


def test_home_asks_the_database_9_questions_wherever_one_is(trial, participant):
    client, counts = factories.open_pages(Client(), participant), []

    def look() -> None:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/me/").status_code == 200
        counts.append(len(queries))

    look()
    factories.give_consent(participant)
    look()
    enrolment.submit_screening(participant=participant, answers=factories.SUITABLE)
    look()
    factories.amend(trial, 'version = "1.0"', 'version = "1.1"')
    factories.give_consent(participant)
    look()
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)
    look()

    assert counts == [9] * 5
