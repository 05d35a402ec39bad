"""The one thing to do next in enrolment, as a pure function of a person's facts."""

from dataclasses import replace

import pytest

from tests.trial.facts import DOCUMENT, NEW, READY, SCREENED, SIGNED
from trial.enrolment.journey import what_is_next


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
