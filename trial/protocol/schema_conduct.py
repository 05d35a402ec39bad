"""What happens to those who take part: the programme, waves, messages, safety, thanks."""

from dataclasses import dataclass
from datetime import time
from typing import Annotated, Literal, Protocol

from trial.protocol.kinds import (
    Between,
    Count,
    Country,
    DayOffset,
    Email,
    Entries,
    Hours,
    Id,
    Instrument,
    Line,
    MeasurementId,
    Minutes,
    Number,
    QuestionId,
    Text,
    WaveId,
)

Staff = Literal["safety_clinician", "principal_investigator", "programme_coordinator"]
Anchor = Literal["consent", "allocation", "programme_start", "programme_end"]
Mail = Literal[
    "consent_copy",
    "wave_open",
    "wave_reminder",
    "allocation",
    "session_reminder",
    "session_moved",
    "materials",
    "crossover",
    "withdrawal",
    "reward",
    "results",
]


class Opening(Protocol):
    """What is open for some days: counted in local days of the trial from a date, which is day 0."""

    @property
    def opens_days(self) -> int: ...
    @property
    def window_days(self) -> int: ...
    @property
    def grace_days(self) -> int: ...


def last_day(opening: Opening) -> int:
    """Last day on which a sitting may be begun."""
    return opening.opens_days + opening.window_days - 1


def last_day_of_grace(opening: Opening) -> int:
    """Last day on which a sitting begun in time may be ended."""
    return last_day(opening) + opening.grace_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Something handed out when its session is over."""

    id: Id
    kind: Literal["audio", "video", "workbook", "text"]
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`minutes` only where it differs from the programme's."""

    title: Text
    contents: Text
    minutes: Minutes | None = None
    materials: tuple[Material, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeSheet:
    """A sheet for the programme's own people, no wave. Its days count from the end of their programme."""

    id: Id
    name: Text
    instrument: Instrument
    opens_days: DayOffset
    opens_at: time
    window_days: Annotated[int, Between(1, 365)]
    grace_days: Annotated[int, Between(0, 60)]
    minutes: Minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    id: Id
    name: Text
    led_by: Text
    held: Literal["online", "in_person"]
    join_link: Literal["per_cohort", "per_session", "none"]
    group_size: Count
    session_minutes: Minutes
    every_days: Annotated[int, Between(1, 60)]
    practice_minutes_a_day: Annotated[int, Between(0, 600)]
    sessions: Annotated[tuple[Session, ...], Entries(1, 200)]
    sheets: tuple[ProgrammeSheet, ...] = ()

    @property
    def days(self) -> int:
        """From the first session to the last, when none is moved."""
        return (len(self.sessions) - 1) * self.every_days

    @property
    def total_session_minutes(self) -> int:
        return sum(session.minutes or self.session_minutes for session in self.sessions)

    @property
    def total_practice_minutes(self) -> int:
        """Practice asked for on every day of the programme, the days after the last session included."""
        return self.practice_minutes_a_day * self.every_days * len(self.sessions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One of the two is given."""

    days_after_opening: Annotated[int, Between(1, 365)] | None = None
    days_before_closing: Annotated[int, Between(0, 365)] | None = None

    def day(self, opening: Opening) -> int:
        """The day it goes out, on the wave's own count."""
        if self.days_after_opening is not None:
            return opening.opens_days + self.days_after_opening
        return last_day(opening) - (self.days_before_closing or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Questionnaires asked of everybody in the same days. Open from `opens_at` of its first day to the end of
    the last; `minutes` is what participants are promised."""

    id: Id
    name: Text
    anchor: Anchor
    opens_days: DayOffset
    opens_at: time
    window_days: Annotated[int, Between(1, 365)]
    grace_days: Annotated[int, Between(0, 60)]
    minutes: Minutes
    instruments: Annotated[tuple[Instrument, ...], Entries(1, 100)]
    questions: tuple[QuestionId, ...] = ()
    measurements: tuple[MeasurementId, ...] = ()
    reminders: Annotated[tuple[Reminder, ...], Entries(0, 10)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Hours are local to the trial. Nothing leaves from `quiet_from` to `quiet_until`."""

    sender: Text
    quiet_from: time
    quiet_until: time
    send_at: time
    session_reminder_hours: Annotated[tuple[Hours, ...], Entries(0, 5)] = ()
    mails: Annotated[tuple[Mail, ...], Entries(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRule:
    """A score at or beyond the threshold is a crossing: somebody answers within `deadline_hours`."""

    id: Id
    name: Text
    instrument: Instrument
    score: Id
    deadline_hours: Hours
    at_least: Number | None = None
    at_most: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEvents:
    """`asked` are the questions of each wave that report one."""

    asked: Annotated[tuple[QuestionId, ...], Entries(1)]
    explanation: Text
    serious_within_hours: Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    answered_by: Staff
    escalates_to: Staff
    escalates_after_hours: Hours
    looked_at: Text
    shown_at_once: Text
    adverse_events: AdverseEvents
    rules: tuple[SafetyRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    id: Literal["questions", "clinician", "ethics", "data_protection"]
    name: Text
    email: Email | None = None
    phone: Line | None = None
    hours: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyNumber:
    number: Line
    country: Country
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    emergency: Annotated[tuple[EmergencyNumber, ...], Entries(1, 50)]
    contacts: Annotated[tuple[Contact, ...], Entries(1, 10)]

    def in_country(self, code: str) -> tuple[EmergencyNumber, ...]:
        """Numbers of that country, all of them when there is none for it."""
        return tuple(number for number in self.emergency if number.country == code) or self.emergency


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    id: Id
    name: Text
    given_after: WaveId
    also_after_withdrawal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Counted from the end of the trial; contact details are needed for the letter with the results."""

    research_data_years: Annotated[int, Between(1, 100)]
    contact_details_months: Annotated[int, Between(0, 240)]
    backups_days: Annotated[int, Between(1, 3650)]
