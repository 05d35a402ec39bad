"""Windows of local days: the nine named edges, every zone, the states, and what is refused."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.windows import (
    MIDNIGHT,
    State,
    Timing,
    Window,
    closing_moment,
    ends_with_the_day,
    is_late,
    last_day,
    may_open,
    opening_moment,
    state,
    takes_answers,
    window,
)
from tests.soak import small_or_full

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
ZONES = sorted(available_timezones())
WEEK = Timing(offset_days=0, open_days=7)
WHOLE_DAYS = Timing(offset_days=0, open_days=7, closing=MIDNIGHT, grace_days=2)
MADRID = window(
    Timing(offset_days=7, open_days=10, due_after_days=3, closing_days=2, grace_days=2),
    anchor=date(2026, 10, 10),
    zone="Europe/Madrid",
)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "local", "moment"),
    [
        ("Europe/London", "2026-03-29 01:30", "2026-03-29 01:00"),
        ("Australia/Sydney", "2026-10-04 02:30", "2026-10-03 16:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
    ],
)
def test_missing_time_is_the_first_minute_after_the_gap(zone: str, local: str, moment: str) -> None:
    wanted = datetime.fromisoformat(local)

    found = [edge(wanted.date(), wanted.time(), ZoneInfo(zone)) for edge in (opening_moment, closing_moment)]

    assert found == [_utc(moment), _utc(moment)]


@pytest.mark.parametrize(
    ("edge", "zone", "local", "moment"),
    [
        (opening_moment, "Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),
        (closing_moment, "Europe/London", "2026-10-25 01:30", "2026-10-25 01:30"),
        (opening_moment, "Australia/Sydney", "2026-04-05 02:30", "2026-04-04 15:30"),
        (closing_moment, "Australia/Sydney", "2026-04-05 02:30", "2026-04-04 16:30"),
        (opening_moment, "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        (closing_moment, "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 15:15"),
    ],
)
def test_doubled_time_opens_on_the_first_and_closes_on_the_second(
    edge: object, zone: str, local: str, moment: str
) -> None:
    wanted = datetime.fromisoformat(local)

    assert edge(wanted.date(), wanted.time(), ZoneInfo(zone)) == _utc(moment)


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Europe/Madrid", date(2026, 12, 23), "2026-12-23 23:00"),
        ("America/Santiago", date(2026, 9, 5), "2026-09-06 04:00"),  # midnight is left out
        ("Africa/Cairo", date(2026, 10, 29), "2026-10-29 22:00"),  # 23:00 comes twice
        ("America/Havana", date(2026, 10, 31), "2026-11-01 04:00"),  # midnight comes twice
        ("Atlantic/Azores", date(2026, 10, 24), "2026-10-25 00:00"),  # likewise
    ],
)
def test_wave_that_closes_at_midnight_lasts_to_the_end_of_its_last_day(zone: str, day: date, end: str) -> None:
    place = ZoneInfo(zone)
    found = window(WHOLE_DAYS, anchor=day - timedelta(days=6), zone=zone)

    assert (found.closes_at, found.ends_at) == (_utc(end), _utc(end))
    assert (last_day(found.ends_at, place), ends_with_the_day(found.ends_at, place)) == (day, True)
    assert last_day(found.accepts_until, place) == day + timedelta(days=2)


def test_wave_that_closes_at_another_hour_keeps_to_it() -> None:
    timing = Timing(offset_days=0, open_days=1, opening=time(18), closing=time(8, 30))
    found = window(timing, anchor=date(2026, 12, 22), zone="Europe/Madrid")

    assert (found.opens_at, found.closes_at) == (_utc("2026-12-22 17:00"), _utc("2026-12-23 07:30"))
    assert last_day(found.ends_at, ZoneInfo("Europe/Madrid")) == date(2026, 12, 23)
    assert not ends_with_the_day(found.ends_at, ZoneInfo("Europe/Madrid"))


def test_week_of_whole_days_is_closing_on_its_last_day_and_extended_to_the_end_of_a_later_one() -> None:
    found = window(WHOLE_DAYS, anchor=date(2026, 12, 17), zone="Europe/Madrid", extended_to=date(2026, 12, 27))

    assert (found.closing_at, found.closes_at) == (_utc("2026-12-22 23:00"), _utc("2026-12-23 23:00"))
    assert (found.ends_at, found.accepts_until) == (_utc("2026-12-27 23:00"), _utc("2026-12-29 23:00"))
    with pytest.raises(ValueError, match="It closes on 2026-12-23 anyway"):
        window(WHOLE_DAYS, anchor=date(2026, 12, 17), zone="Europe/Madrid", extended_to=date(2026, 12, 23))


def test_week_across_the_change_is_169_hours_in_autumn_and_167_in_spring() -> None:
    weeks = [window(WEEK, anchor=day, zone="Europe/Madrid") for day in (date(2026, 10, 20), date(2026, 3, 25))]

    assert [(each.closes_at - each.opens_at) / HOUR for each in weeks] == [169, 167]


def _hours(timing: Timing, zone: str, days: int) -> Iterator[float]:
    """The hours of weeks from `days` days spread over two years; none is empty, or overlaps the week that follows."""
    for place in range(days):
        anchor = date(2026, 1, 1) + timedelta(days=place * 730 // days)
        this = window(timing, anchor=anchor, zone=zone)
        following = window(timing, anchor=anchor + timedelta(days=7), zone=zone)
        assert this.opens_at < this.closes_at <= following.opens_at
        last = anchor + timedelta(days=7 if timing is WEEK else 6)
        assert (last_day(this.ends_at, ZoneInfo(zone)), ends_with_the_day(this.ends_at, ZoneInfo(zone))) == (
            last,
            timing is WHOLE_DAYS,
        )
        yield (this.closes_at - this.opens_at) / HOUR


@pytest.mark.parametrize(("timing", "lowest", "highest"), [(WEEK, 166, 170), (WHOLE_DAYS, 157, 161)])
@small_or_full(15, 730, minutes=2)
def test_weeks_of_every_zone_from_days_of_2026_and_2027_are_7_local_days(n, timing, lowest, highest) -> None:
    hours = [each for zone in ZONES for each in _hours(timing, zone, n)]

    assert len(hours) == n * len(ZONES)
    assert (min(hours) >= lowest, max(hours) <= highest) == (True, True)


@given(
    st.sampled_from(ZONES),
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    st.integers(1, 60),
)
@settings(max_examples=300, deadline=None)
def test_moment_shows_the_wanted_clock_or_the_first_minute_after(
    zone: str, day: date, clock: time, open_days: int
) -> None:
    found = window(Timing(offset_days=0, open_days=open_days, opening=clock), anchor=day, zone=zone)

    wanted = datetime.combine(day, clock)
    shown = found.opens_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    a_second_before = (found.opens_at - SECOND).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert found.opens_at < found.closes_at
    assert shown >= wanted > a_second_before


def test_window_hangs_on_its_anchor_in_local_days() -> None:
    assert (
        Window(
            opens_at=_utc("2026-10-17 07:00"),
            due_at=_utc("2026-10-20 07:00"),
            closing_at=_utc("2026-10-25 08:00"),
            closes_at=_utc("2026-10-27 08:00"),
            ends_at=_utc("2026-10-27 08:00"),
            accepts_until=_utc("2026-10-29 08:00"),
        )
        == MADRID
    )


@pytest.mark.parametrize(
    ("moment", "before", "at"),
    [
        ("opens_at", State.UPCOMING, State.OPEN),
        ("due_at", State.OPEN, State.DUE),
        ("closing_at", State.DUE, State.CLOSING),
        ("closes_at", State.CLOSING, State.CLOSED),
    ],
)
def test_state_changes_exactly_at_its_moment(moment: str, before: State, at: State) -> None:
    edge = getattr(MADRID, moment)

    assert [state(MADRID, edge + step) for step in (-SECOND, 0 * SECOND, SECOND)] == [before, at, at]


def test_extension_keeps_it_open_past_its_close_and_moves_the_grace() -> None:
    timing = Timing(offset_days=0, open_days=7, grace_days=1)

    found = window(timing, anchor=date(2026, 5, 1), zone="Europe/Madrid", extended_to=date(2026, 5, 12))

    assert (state(found, found.closes_at), state(found, found.ends_at)) == (State.EXTENDED, State.CLOSED)
    assert (found.ends_at, found.accepts_until) == (_utc("2026-05-12 07:00"), _utc("2026-05-13 07:00"))


def test_one_day_window_is_closing_from_the_start() -> None:
    found = window(Timing(offset_days=0, open_days=1, closing_days=3), anchor=date(2026, 5, 1), zone="UTC")

    assert state(found, found.opens_at) == State.CLOSING


@pytest.mark.parametrize(("step", "new", "old", "late"), [(-1, True, True, False), (0, False, True, True)])
def test_at_the_end_new_sittings_are_refused_and_open_ones_go_on_flagged(
    step: int, new: bool, old: bool, late: bool
) -> None:
    now = MADRID.ends_at + step * SECOND

    found = (
        may_open(MADRID, now),
        takes_answers(MADRID, now, opened_at=MADRID.opens_at),
        is_late(MADRID, now),
    )

    assert found == (new, old, late)


def test_grace_ends_exactly() -> None:
    edge = MADRID.accepts_until

    found = [takes_answers(MADRID, now, opened_at=MADRID.ends_at - SECOND) for now in (edge - SECOND, edge)]

    assert found == [True, False]


def test_sitting_opened_too_late_takes_no_answers() -> None:
    assert not takes_answers(MADRID, MADRID.ends_at + SECOND, opened_at=MADRID.ends_at)


@pytest.mark.parametrize("zone", ["Europe/Madird", "", "../etc/passwd", "Europe", "\0"])
def test_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match=r"There is no time zone .*; write one such as 'Europe/Madrid'\."):
        window(WEEK, anchor=date(2026, 5, 1), zone=zone)


def test_extension_that_extends_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="It closes on 2026-05-08 anyway"):
        window(WEEK, anchor=date(2026, 5, 1), zone="UTC", extended_to=date(2026, 5, 8))


def test_window_on_a_day_that_never_was_is_refused() -> None:
    with pytest.raises(ValueError, match="left out 2011-12-30"):
        window(Timing(0, 1, opening=time(0)), anchor=date(2011, 12, 30), zone="Pacific/Apia")


@pytest.mark.parametrize(
    "change",
    [
        {"open_days": 0},
        {"grace_days": -1},
        {"closing_days": -1},
        {"due_after_days": -1},
        {"opening": time(9, 0, 30)},
        {"opening": time(9, tzinfo=UTC)},
        {"closing": time(0, 0, 1)},
    ],
)
def test_impossible_timing_is_refused(change: dict) -> None:
    with pytest.raises(ValueError, match=r"\d|_days"):
        Timing(**({"offset_days": 0, "open_days": 7} | change))


def test_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        state(MADRID, datetime(2026, 10, 20))
