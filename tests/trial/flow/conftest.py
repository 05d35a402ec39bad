"""People, cohorts and windows by hand, for the rules that are pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from questionnaires.windows import Timing, Window, window
from tests.factories import ROOT
from trial.flow.counting import Moment
from trial.flow.needs import Situation
from trial.flow.standing import CohortFacts, Person, Sat
from trial.protocol.reading import read_stored
from trial.protocol.schema import Protocol

MADRID = "Europe/Madrid"
START = date(2026, 10, 15)


def day(number: int, hour: int = 12) -> datetime:
    """Noon of a day, counted from the start of the programme, in UTC."""
    return datetime.combine(START, datetime.min.time(), UTC) + timedelta(days=number, hours=hour)


def opens_on(number: int) -> Window:
    """A week from that day on, due on its fourth day, with two days of grace."""
    timing = Timing(offset_days=number, open_days=7, due_after_days=3, grace_days=2)
    return window(timing, anchor=START, zone=MADRID)


WINDOWS = {"pre": opens_on(-10), "post": opens_on(50), "follow_up": opens_on(110)}
COHORT = CohortFacts(1, START, START + timedelta(days=49), windows=WINDOWS)
DRAWN = replace(COHORT, closed_at=day(-2), drawn_at=day(-2), told_at=day(-1), codes=frozenset({"P-001", "P-002"}))


def person(code: str = "P-001", *, cohort: CohortFacts | None = COHORT, **known) -> Person:
    """Somebody who has consented, is suitable and has a place; `known` says otherwise."""
    usual = {
        "registered_at": day(-12),
        "signed": {("participation", "1.0"): day(-12)},
        "screened_at": day(-12),
        "outcome": "passed",
        "sheet_at": day(-12),
        "windows": cohort.windows if cohort else {},
    }
    return Person(code=code, cohort=cohort, **{**usual, **known})


def sat(wave: str, *, opened: datetime | None = None, submitted: datetime | None = None, **window) -> Sat:
    return Sat(None, replace(WINDOWS[wave], **window), opened or submitted, submitted)


def done(wave: str) -> dict[str, Sat]:
    return {wave: sat(wave, submitted=WINDOWS[wave].opens_at + timedelta(hours=3))}


@pytest.fixture(scope="session")
def cct() -> Protocol:
    return read_stored((ROOT / "trial" / "protocols" / "cct.toml").read_bytes())


@pytest.fixture
def at(cct):
    """`at(60, is_masked=False)`: the moment of counting."""
    return lambda number, *, is_recruiting=True, is_masked=True: Moment(cct, day(number), is_recruiting, is_masked)


@pytest.fixture
def situation(cct):
    """`situation(60, [person()])`: what the rules of today look at."""

    def of(number: int, people=(), **known) -> Situation:
        usual = {"protocol": cct, "now": day(number), "stage": "recruiting", "people": people, "cohorts": [COHORT]}
        return Situation(**{**usual, **known})

    return of
