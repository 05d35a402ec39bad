"""At which hours mails may leave. Pure; all clock times are local to the trial."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from questionnaires.windows import opening_moment
from trial.protocol.rules_conduct import is_quiet
from trial.protocol.schema_conduct import Messages


def quiet_at(clock: time, messages: Messages) -> bool:
    return is_quiet(clock, messages.quiet_from, messages.quiet_until)


def end_of_quiet(now: datetime, messages: Messages, zone: ZoneInfo) -> datetime | None:
    """When mails may leave again; None when they may now."""
    local = now.astimezone(zone)
    if not quiet_at(local.time(), messages):
        return None
    day = local.date() if local.time() < messages.quiet_until else local.date() + timedelta(days=1)
    return opening_moment(day, messages.quiet_until, zone)


def sending_time(messages: Messages, hour: int | None) -> time:
    """The trial's time of sending, or the full hour that somebody prefers unless it is a quiet one."""
    if hour is None or quiet_at(time(hour), messages):
        return messages.send_at
    return time(hour)


def hours_to_choose(messages: Messages) -> tuple[int, ...]:
    """The full hours that are not quiet."""
    return tuple(hour for hour in range(24) if not quiet_at(time(hour), messages))
