"""When a programme's sessions are: pure functions of the protocol and of dates."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from questionnaires.windows import Window, opening_moment
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import Programme


@dataclass(frozen=True, slots=True)
class Planned:
    number: int
    starts_at: datetime
    minutes: int


def planned(programme: Programme, *, starts_on: date, at: time, zone: ZoneInfo) -> list[Planned]:
    """Every session at the same clock time, so many local days after the one before."""
    return [
        Planned(
            number,
            opening_moment(starts_on + timedelta(days=(number - 1) * programme.every_days), at, zone),
            session.minutes or programme.session_minutes,
        )
        for number, session in enumerate(programme.sessions, start=1)
    ]


def arms_with(protocol: Protocol, programme: str) -> list[str]:
    """The arms that take a programme from the start."""
    return [arm.id for arm in protocol.arms if arm.programme == programme]


def arms_waiting_for(protocol: Protocol, programme: str) -> list[str]:
    """The arms that receive a programme when they cross over."""
    waiting = [arm for arm in protocol.arms if arm.crosses_over_to]
    return [arm.id for arm in waiting if protocol.arm(arm.crosses_over_to or "").programme == programme]


def waves_to_wait_for(protocol: Protocol, arms: list[str]) -> list[str]:
    """What must be closed for somebody of these arms before they cross over."""
    return sorted({wave for arm in arms if (wave := protocol.arm(arm).crosses_over_after)})


def closed_at(window: Window, *, opened: bool, submitted: bool) -> datetime:
    """From when a wave takes nothing more of one person: past its grace where it was begun and not handed in."""
    return window.accepts_until if opened and not submitted else window.ends_at
