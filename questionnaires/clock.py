"""The one clock. The database's time decides, whatever the web process or the browser believe.

A simulated trial sets its own time with `fixed`; everything that runs inside sees that moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateTimeField, Expression, Func, Value


class ClockTimestamp(Func):
    """The database's time at the very call."""

    function = "clock_timestamp"
    arity = 0
    output_field = DateTimeField()


_fixed: ContextVar[datetime | None] = ContextVar("fixed", default=None)


def now() -> datetime:
    """The database's time at this very call (one query), aware, in UTC.

    `clock_timestamp()` and not `now()`: the latter stands still within a transaction, so a decision taken after
    waiting for a lock would be dated before it.
    """
    moment = _fixed.get()
    if moment is not None:
        return moment
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def expression() -> Expression:
    """The same moment within a query, for whoever asks for rows by it: one query instead of two."""
    moment = _fixed.get()
    return ClockTimestamp() if moment is None else Value(moment, output_field=DateTimeField())


def today(zone: ZoneInfo) -> date:
    """The local day in `zone` at this moment. Day rules are always in a trial's own zone."""
    return now().astimezone(zone).date()


def is_fixed() -> bool:
    """Whether a simulated time is in force, so that what is written can say so."""
    return _fixed.get() is not None


@contextmanager
def fixed(moment: datetime) -> Iterator[None]:
    """Everything inside happens at `moment` (aware). For simulated trials and tests; never for a request."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give an aware moment, for example in UTC.")
    token = _fixed.set(moment)
    try:
        yield
    finally:
        _fixed.reset(token)
