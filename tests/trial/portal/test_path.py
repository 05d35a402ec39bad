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
OPENED_DAYS_AGO = {"done": 2, "under_way": 2, "open": 2, "later": -20, "over": 40}
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
    assert replace(wave(protocol.wave("pre"), "open"), may_begin=False).state(NOW) == "over"


@pytest.mark.parametrize(
    ("states", "more", "expected"),
    [
        ("open later later", {}, "wave"),
        ("under_way later later", {}, "wave"),
        ("done later later", {}, "rest"),
        ("over later later", {}, "not_drawn"),
        ("done later later", {"drawn": False}, "not_drawn"),
        ("over later later", {"drawn": True}, "rest"),
        ("done later later", {"drawn": True, "session_at": NOW}, "session"),
        ("done open later", {"drawn": True, "session_at": NOW}, "wave"),
        ("done over over", {"drawn": True}, "rest"),
        ("open later later", {"facts": SIGNED}, "screening"),
        ("done open later", {"facts": replace(READY, left=LEFT), "session_at": NOW}, "left"),
        ("done open later", {"facts": replace(READY, left=frozenset({"questionnaires"}))}, "no_questionnaires"),
        (
            "done open later",
            {"facts": replace(READY, left=frozenset({"questionnaires"})), "session_at": NOW},
            "session",
        ),
    ],
)
def test_one_thing_is_next(protocol, states, more, expected):
    assert next_for(standing(protocol, *states.split(), **more), NOW) == expected


def test_wave_under_way_comes_before_one_that_is_new(protocol):
    assert standing(protocol, "done", "open", "under_way").wave_at(NOW).wave.id == "follow_up"


def test_wave_to_come_is_the_next_that_opens(protocol):
    assert standing(protocol, "done", "later", "later").wave_to_come(NOW).wave.id == "post"
    assert standing(protocol, "done", "done", "over").wave_to_come(NOW) is None


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
        ("done later later", False, "done done done done now later later"),
        ("done later later", True, "done done done done done now later"),
        ("done over open", True, "done done done done done over now"),
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
    assert [step.kind for step in path(standing(protocol, "over", "later", "later"), protocol, NOW)] == [
        "consent",
        "screening",
        "about_you",
    ]


def test_groups_are_drawn_after_the_wave_that_the_protocol_says(protocol):
    steps = path(Standing(facts=NEW), protocol, NOW)

    assert [step.wave.wave.id if step.wave else step.kind for step in steps[3:]] == ["pre", "draw", "post", "follow_up"]
