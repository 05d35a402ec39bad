"""When a wave is open: windows of local days, and the state they are in at a moment.

Pure. A window opens at a clock time on a local day and closes at that or another clock time some local days
later; it is never a multiple of 24 hours. Three rules for the days on which clocks are changed:

- a clock time that is left out stands for the first minute after the gap;
- of a clock time that comes twice, a window opens on the first and closes on the second. (So two
  windows that touch at such a time share the doubled hour.)
- a window that closes at 00:00 ends with the day before: at the new day's first moment, even where midnight
  comes twice.

All moments are returned in UTC; intervals include their beginning and exclude their end.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = timedelta(seconds=1)
MIDNIGHT = time(0)


class State(StrEnum):
    """What a wave's window is at a moment, for one respondent."""

    UPCOMING = "upcoming"
    OPEN = "open"
    DUE = "due"
    CLOSING = "closing"
    EXTENDED = "extended"
    CLOSED = "closed"


@dataclass(frozen=True)
class Timing:
    """A wave's place in time, in local days.

    It opens `offset_days` after the anchor date (before it, when negative) at `opening` o'clock, and
    closes `open_days` later at `closing` o'clock, at the same hour where that is None. With `MIDNIGHT` the
    first of these days is the day it opens on, and it is open to the end of the last: a wave of a protocol.
    From `due_after_days` after the opening it is due; in the last `closing_days` it is closing. A sitting
    that was opened in time takes answers for `grace_days` more.
    """

    offset_days: int
    open_days: int
    opening: time = time(9)
    closing: time | None = None
    due_after_days: int = 1
    closing_days: int = 1
    grace_days: int = 0

    def __post_init__(self) -> None:
        if self.open_days < 1:
            raise ValueError(f"A wave is open for {self.open_days} days; it needs 1 or more.")
        for field in ("due_after_days", "closing_days", "grace_days"):
            if getattr(self, field) < 0:
                raise ValueError(f"{field} is {getattr(self, field)}; write 0 or more.")
        for verb, clock in (("opens", self.opening), ("closes", self.closing_clock)):
            if clock.tzinfo is not None or clock.second or clock.microsecond:
                raise ValueError(f"A wave {verb} at {clock!r}; write an hour and minute without a zone.")

    @property
    def closing_clock(self) -> time:
        return self.opening if self.closing is None else self.closing


@dataclass(frozen=True)
class Window:
    """A wave's moments, in UTC.

    `opens_at` < `closes_at` <= `ends_at` <= `accepts_until`; `ends_at` is `closes_at` unless the window
    is extended.
    """

    opens_at: datetime
    due_at: datetime
    closing_at: datetime
    closes_at: datetime
    ends_at: datetime
    accepts_until: datetime


def window(timing: Timing, *, anchor: date, zone: str, extended_to: date | None = None) -> Window:
    """Compute a wave's window from its anchor date.

    Parameters
    ----------
    anchor
        The local date that the wave hangs on, such as the end of the programme.
    zone
        The trial's time zone, an IANA name such as "Europe/Madrid".
    extended_to
        The last local day instead, at whose closing hour it ends; after the ordinary one.

    Raises
    ------
    ValueError
        For an unknown zone, an extension that extends nothing, and a window of no length (where a
        whole local day was left out, as in Samoa in 2011).
    """
    place = _zone(zone)
    opening_day = anchor + timedelta(days=timing.offset_days)
    # The last day is the one that the closing hour ends: for midnight the day before the date it strikes on.
    beyond = timedelta(days=1 if timing.closing_clock == MIDNIGHT else 0)
    ordinary = opening_day + timedelta(days=timing.open_days) - beyond
    if extended_to is not None and extended_to <= ordinary:
        raise ValueError(f"It closes on {ordinary} anyway; extend it to a later day than {extended_to}.")
    last = extended_to or ordinary

    def end_of(day: date) -> datetime:
        return closing_moment(day + beyond, timing.closing_clock, place)

    opens_at = opening_moment(opening_day, timing.opening, place)
    closes_at = end_of(ordinary)
    if closes_at <= opens_at:
        raise ValueError(f"Clocks in {zone} left out {opening_day}: the window would have no length.")
    return Window(
        opens_at=opens_at,
        due_at=opening_moment(opening_day + timedelta(days=timing.due_after_days), timing.opening, place),
        closing_at=max(
            opens_at,
            opening_moment(ordinary + beyond - timedelta(days=timing.closing_days), timing.closing_clock, place),
        ),
        closes_at=closes_at,
        ends_at=end_of(last),
        accepts_until=end_of(last + timedelta(days=timing.grace_days)),
    )


def last_day(end: datetime, zone: tzinfo) -> date:
    """Return the local day of the last second before `end`, such as a window's `ends_at`."""
    _require_aware(end)
    return (end - SECOND).astimezone(zone).date()


def ends_with_the_day(end: datetime, zone: tzinfo) -> bool:
    """Whether all of the last day counts, so that its date says enough."""
    return end.astimezone(zone).date() > last_day(end, zone)


def state(of: Window, now: datetime) -> State:
    """Return the window's state at `now`, an aware datetime."""
    _require_aware(now)
    if now < of.opens_at:
        return State.UPCOMING
    if now < of.closes_at:
        if now >= of.closing_at:
            return State.CLOSING
        return State.DUE if now >= of.due_at else State.OPEN
    return State.EXTENDED if now < of.ends_at else State.CLOSED


def may_open(of: Window, now: datetime) -> bool:
    """Whether a new sitting may be opened at `now`."""
    _require_aware(now)
    return of.opens_at <= now < of.ends_at


def takes_answers(of: Window, now: datetime, *, opened_at: datetime) -> bool:
    """Whether a sitting opened at `opened_at` takes answers at `now`: if in time, through the grace."""
    _require_aware(now)
    return may_open(of, opened_at) and opened_at <= now < of.accepts_until


def is_late(of: Window, now: datetime) -> bool:
    """Whether an answer given at `now` is to be flagged as late."""
    _require_aware(now)
    return now >= of.ends_at


def opening_moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return when `clock` strikes on `day` in `zone`, in UTC: the first time, if it comes twice."""
    return _moment(datetime.combine(day, clock, tzinfo=zone).replace(fold=0))


def closing_moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return when `clock` strikes on `day` in `zone`, in UTC: the second time, if it comes twice; of midnight the
    first, with which the day before is over."""
    return _moment(datetime.combine(day, clock, tzinfo=zone).replace(fold=0 if clock == MIDNIGHT else 1))


def _moment(wanted: datetime) -> datetime:
    moment = wanted.astimezone(UTC)
    if moment.astimezone(wanted.tzinfo).replace(fold=0, tzinfo=None) == wanted.replace(fold=0, tzinfo=None):
        return moment
    return _end_of_gap(wanted)


def _end_of_gap(wanted: datetime) -> datetime:
    # Of a time in a gap, fold 1 is read with the later offset, which lands before the gap, and fold 0
    # after it; halving finds the second in between at which the clock jumps past the wanted time.
    before, after = (wanted.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
    clock = wanted.replace(fold=0, tzinfo=None)
    while after - before > SECOND:
        middle = before + (after - before) // (2 * SECOND) * SECOND
        if middle.astimezone(wanted.tzinfo).replace(fold=0, tzinfo=None) < clock:
            before = middle
        else:
            after = middle
    return after


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"There is no time zone {name!r}; write one such as 'Europe/Madrid'.") from error


def _require_aware(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; windows are compared with aware moments only.")
