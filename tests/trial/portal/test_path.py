"""The way through the study and the one thing to do next, as pure functions of where a person stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from questionnaires.catalogue import score_ranges
from questionnaires.windows import window
from tests import factories
from tests.trial.facts import DAY, NEW, READY, SCREENED, SIGNED
from trial.portal.path import Standing, WaveStanding, next_for, path
from trial.protocol.reading import read
from trial.waves.timing import timing_of

NOW = datetime(2026, 10, 6, 12, 0, tzinfo=UTC)
OPENED_DAYS_AGO = {"done": 2, "under_way": 2, "not_started": 2, "not_open": -20, "missed": 40}
LEFT = frozenset({"sessions", "questionnaires"})


@pytest.fixture(scope="module")
def protocol():
    return read((factories.ROOT / "trial" / "protocols" / "cct.toml").read_bytes(), instruments=score_ranges())


def standing(protocol, *states: str, **more) -> Standing:
    """Somebody ready for the questionnaires whose waves are in these states at NOW."""
    waves = tuple(wave(each, state) for each, state in zip(protocol.waves, states, strict=True))
    return Standing(facts=more.pop("facts", READY), waves=waves, **more)


def wave(of, state: str) -> WaveStanding:
    day = NOW.date() - timedelta(days=OPENED_DAYS_AGO[state]) - timedelta(days=of.opens_days)
    begun = NOW - timedelta(hours=30)
    return WaveStanding(
        wave=of,
        is_before_draw=of.id == "pre",
        window=window(timing_of(of), anchor=day, zone="Europe/Madrid"),
        opened_at=begun if state in ("done", "under_way") else None,
        submitted_at=NOW - timedelta(hours=3) if state == "done" else None,
    )


@pytest.mark.parametrize("state", OPENED_DAYS_AGO)
def test_wave_is_in_the_state_that_its_window_and_its_sitting_make(protocol, state):
    assert wave(protocol.wave("post"), state).state(NOW) == state


def test_wave_that_the_draw_has_closed_is_over_within_its_window(protocol):
    assert replace(wave(protocol.wave("pre"), "not_started"), may_begin=False).state(NOW) == "missed"


@pytest.mark.parametrize(
    ("states", "more", "expected"),
    [
        ("not_started not_open not_open", {}, "wave"),
        ("under_way not_open not_open", {}, "wave"),
        ("done not_open not_open", {}, "rest"),
        ("missed not_open not_open", {}, "not_drawn"),
        ("done not_open not_open", {"drawn": False}, "not_drawn"),
        ("missed not_open not_open", {"drawn": True}, "rest"),
        ("done not_open not_open", {"drawn": True, "session_at": NOW}, "session"),
        ("done not_started not_open", {"drawn": True, "session_at": NOW}, "wave"),
        ("done missed missed", {"drawn": True}, "rest"),
        ("not_started not_open not_open", {"facts": SIGNED}, "screening"),
        ("done not_started not_open", {"facts": replace(READY, left=LEFT), "session_at": NOW}, "left"),
        (
            "done not_started not_open",
            {"facts": replace(READY, left=frozenset({"questionnaires"}))},
            "no_questionnaires",
        ),
        (
            "done not_started not_open",
            {"facts": replace(READY, left=frozenset({"questionnaires"})), "session_at": NOW},
            "session",
        ),
    ],
)
def test_one_thing_is_next(protocol, states, more, expected):
    assert next_for(standing(protocol, *states.split(), **more), NOW) == expected


def test_wave_under_way_comes_before_one_that_is_new(protocol):
    assert standing(protocol, "done", "not_started", "under_way").wave_at(NOW).wave.id == "follow_up"


def test_wave_to_come_is_the_next_that_opens(protocol):
    assert standing(protocol, "done", "not_open", "not_open").wave_to_come(NOW).wave.id == "post"
    assert standing(protocol, "done", "done", "missed").wave_to_come(NOW) is None


@pytest.mark.parametrize(
    ("of", "states"),
    [
        (Standing(facts=NEW), "now later later later later later later"),
        (Standing(facts=SIGNED), "done now later later later later later"),
        (Standing(facts=replace(SCREENED, screening="waiting")), "done now later later later later later"),
        (Standing(facts=SCREENED), "done done now later later later later"),
        (Standing(facts=READY), "done done done now later later later"),
        (
            Standing(facts=replace(READY, needed=(("participation", "1.1"),))),
            "now done done later later later later",
        ),
        (Standing(facts=replace(READY, left=LEFT)), "done done done"),
        (Standing(facts=replace(SCREENED, screening="failed")), "done done"),
    ],
)
def test_path_has_one_step_now_and_none_after_leaving(protocol, of, states):
    assert [step.state for step in path(of, protocol, NOW)] == states.split()


@pytest.mark.parametrize(
    ("waves", "told", "states"),
    [
        ("done not_open not_open", False, "done done done done now later later"),
        ("done not_open not_open", True, "done done done done done now later"),
        ("done missed not_started", True, "done done done done done over now"),
        ("done done done", True, "done done done done done done done"),
    ],
)
def test_path_goes_on_through_the_waves(protocol, waves, told, states):
    of = standing(protocol, *waves.split(), drawn=True, told_at=NOW if told else None)

    steps = path(of, protocol, NOW)

    assert [step.state for step in steps] == states.split()
    assert [step.on for step in steps if step.kind == "draw"] == [NOW.date() if told else None]
    assert steps[0].on == DAY


def test_path_ends_for_somebody_without_whom_the_groups_are_drawn(protocol):
    assert [step.kind for step in path(standing(protocol, "missed", "not_open", "not_open"), protocol, NOW)] == [
        "consent",
        "screening",
        "about_you",
    ]


def test_groups_are_drawn_after_the_wave_that_the_protocol_says(protocol):
    steps = path(Standing(facts=NEW), protocol, NOW)

    assert [step.wave.wave.id if step.wave else step.kind for step in steps[3:]] == ["pre", "draw", "post", "follow_up"]
