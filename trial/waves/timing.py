"""From a wave of the protocol to its window: pure functions of the protocol and of dates."""

from datetime import date, datetime, timedelta

from questionnaires.windows import MIDNIGHT, Timing, Window, window
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import Wave


def timing_of(wave: Wave) -> Timing:
    """Open from `opens_at` of its first local day to the end of its last; closing on that last day."""
    first_reminder = min((each.day(wave) - wave.opens_days for each in wave.reminders), default=wave.window_days)
    return Timing(
        offset_days=wave.opens_days,
        open_days=wave.window_days,
        opening=wave.opens_at,
        closing=MIDNIGHT,
        due_after_days=max(0, first_reminder),
        closing_days=1,
        grace_days=wave.grace_days,
    )


def window_from(wave: Wave, anchor: date, zone: str, *, extended_to: date | None = None) -> Window:
    """The window of a wave that hangs on `anchor`. `extended_to` is its last day, if it was extended."""
    return window(timing_of(wave), anchor=anchor, zone=zone, extended_to=extended_to)


def cohort_windows(protocol: Protocol, *, starts_on: date, ends_on: date) -> dict[str, Window]:
    """The windows of the waves that hang on the dates of the programme, by the wave's id."""
    anchors = {"programme_start": starts_on, "programme_end": ends_on}
    return {
        wave.id: window_from(wave, anchors[wave.anchor], protocol.time_zone)
        for wave in protocol.waves
        if wave.anchor in anchors
    }


def end_of_programme(protocol: Protocol, starts_on: date) -> date:
    """The day of the last session of the longest programme, when none is moved."""
    return starts_on + timedelta(days=max(programme.days for programme in protocol.programmes))


def ending_on(wave: Wave, last_day: date, zone: str) -> tuple[datetime, datetime]:
    """When a wave ends whose last day is this one, and when the grace after it does."""
    timing = timing_of(wave)
    anchor = last_day - timedelta(days=timing.offset_days + timing.open_days + 1)  # so that it is an extension
    extended = window(timing, anchor=anchor, zone=zone, extended_to=last_day)
    return extended.ends_at, extended.accepts_until


def last_moment(end: datetime) -> datetime:
    """The last moment before an end, on whose local day people are told that something is open."""
    return end - timedelta(seconds=1)
