"""The state of a wave for one person, from the clock: the whole truth table."""

import pytest

from questionnaires.windows import SECOND
from tests.trial.flow.conftest import DRAWN, WINDOWS, day, done, person, sat
from trial.flow.standing import cell
from trial.waves.standing import WaveState

POST = WINDOWS["post"]
RANDOMISED = {"cohort": DRAWN, "randomised_at": day(-2)}


def state(now, wave="post", **known) -> str:
    return cell(person(**{**RANDOMISED, **known}), wave, now, before_draw=wave == "pre").state.value


@pytest.mark.parametrize(
    ("now", "not_begun", "begun"),
    [
        (POST.opens_at - SECOND, "not_open", None),
        (POST.opens_at, "not_started", "under_way"),
        (POST.due_at, "not_started", "under_way"),
        (POST.closing_at, "not_started", "under_way"),
        (POST.ends_at - SECOND, "not_started", "under_way"),
        (POST.ends_at, "missed", "under_way"),
        (POST.accepts_until - SECOND, "missed", "under_way"),
        (POST.accepts_until, "missed", "missed"),
    ],
)
def test_wave_follows_the_clock(now, not_begun, begun):
    assert state(now) == not_begun
    if begun:
        assert state(now, sat={"post": sat("post", opened=POST.opens_at)}) == begun


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (POST.closes_at - SECOND, "not_started"),
        (POST.closes_at, "extended"),
        (day(62), "extended"),
        (day(63), "missed"),
    ],
)
def test_wave_extended_for_one_person_ends_on_its_own_day(now, expected):
    own = sat("post", ends_at=day(63), accepts_until=day(65))

    assert state(now, sat={"post": own}) == expected


@pytest.mark.parametrize(
    ("submitted", "expected"),
    [(POST.opens_at, "done"), (POST.ends_at - SECOND, "done"), (POST.ends_at, "done_late")],
)
def test_wave_handed_in_is_done_and_late_from_the_end_on(submitted, expected):
    assert state(day(200), sat={"post": sat("post", opened=POST.opens_at, submitted=submitted)}) == expected


@pytest.mark.parametrize("level", ["sessions", "questionnaires", "data"])
@pytest.mark.parametrize(
    ("left", "now", "expected"),
    [
        (day(20), day(20), "withdrawn"),
        (day(20), day(200), "withdrawn"),
        (POST.ends_at - SECOND, day(200), "withdrawn"),
        (POST.ends_at, day(200), "missed"),
    ],
)
def test_withdrawal_shows_alike_whatever_was_left_and_forgets_no_missed_wave(level, left, now, expected):
    assert state(now, left={level: left}) == expected


def test_wave_done_before_the_withdrawal_stays_done():
    assert state(day(200), wave="pre", left={"sessions": day(20)}, sat=done("pre")) == "done"


def test_waves_after_the_draw_are_not_asked_of_those_who_were_not_in_it():
    assert state(day(52), code="P-009", randomised_at=None) == "not_asked"
    assert state(day(52), code="P-009", randomised_at=None, wave="pre") == "missed"


def test_wave_whose_date_is_not_known_is_not_open():
    assert cell(person(cohort=None), "post", day(52), before_draw=False).state is WaveState.NOT_OPEN


@pytest.mark.parametrize(
    ("now", "expected"),
    [(POST.due_at - SECOND, False), (POST.due_at, True), (POST.ends_at - SECOND, True), (POST.ends_at, False)],
)
def test_attention_is_due_from_the_first_reminder_to_the_end(now, expected):
    assert cell(person(**RANDOMISED), "post", now, before_draw=False).needs_attention(now) is expected
