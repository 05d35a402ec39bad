"""When the mails of a wave leave: pure functions of the protocol, of the wave's window and of a clock time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from questionnaires.windows import Window, opening_moment
from trial.protocol.schema_conduct import Reminder, Wave
from trial.waves.timing import last_moment


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """One mail of a wave: the opening is number 0, reminders count from 1 in the order of the protocol."""

    at: datetime
    number: int


def mails_of(wave: Wave, window: Window, *, sent_at: time, zone: ZoneInfo, since: datetime) -> tuple[Planned, ...]:
    """The opening and the reminders of a wave for somebody who takes part `since` then, in order of time.

    Each leaves on its local day at `sent_at`; the opening not before the wave opens, and for those who came later at
    the next `sent_at`. A reminder follows the opening, and precedes the end, which an extension moves.
    """
    first = _opening(window, sent_at=sent_at, zone=zone, since=since)
    if first >= window.ends_at:
        return ()
    opens_on = window.opens_at.astimezone(zone).date()
    ends_on = last_moment(window.ends_at).astimezone(zone).date()
    reminders = [
        Planned(opening_moment(_day(reminder, opens_on, ends_on), sent_at, zone), number)
        for number, reminder in enumerate(wave.reminders, start=1)
    ]
    return (Planned(first, 0), *sorted(each for each in reminders if first < each.at < window.ends_at))


def _opening(window: Window, *, sent_at: time, zone: ZoneInfo, since: datetime) -> datetime:
    start = max(window.opens_at, since)
    day = start.astimezone(zone).date()
    on_the_day = opening_moment(day, sent_at, zone)
    if on_the_day >= start:
        return on_the_day
    return start if start == window.opens_at else opening_moment(day + timedelta(days=1), sent_at, zone)


def _day(reminder: Reminder, opens_on: date, ends_on: date) -> date:
    if reminder.days_after_opening is not None:
        return opens_on + timedelta(days=reminder.days_after_opening)
    return ends_on - timedelta(days=reminder.days_before_closing or 0)


def last_due(plan: tuple[Planned, ...], now: datetime) -> Planned | None:
    """The mail whose time has come last. What it has overtaken, while no worker ran, is not sent any more."""
    return max((each for each in plan if each.at <= now), default=None)
