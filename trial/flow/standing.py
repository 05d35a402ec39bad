"""Where each person of a trial is: pure functions of what is stored about them, and of the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from questionnaires.windows import Window, is_late
from trial.enrolment.journey import Document


class WaveState(StrEnum):
    """What a wave is for one person at one moment. It says nothing of an arm, nor from what somebody withdrew."""

    DONE = "done"
    DONE_LATE = "done_late"
    UNDER_WAY = "under_way"
    NOT_STARTED = "not_started"
    EXTENDED = "extended"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    NOT_OPEN = "not_open"
    NOT_ASKED = "not_asked"


DONE = frozenset({WaveState.DONE, WaveState.DONE_LATE})
OPEN = frozenset({WaveState.UNDER_WAY, WaveState.NOT_STARTED, WaveState.EXTENDED})
# Nobody waits for these any more.
OUT = frozenset({WaveState.WITHDRAWN, WaveState.NOT_ASKED})


@dataclass(frozen=True, slots=True)
class Sat:
    """A sitting that exists: its own window, which an extension may have changed, and how far it is."""

    key: UUID
    window: Window
    opened_at: datetime | None = None
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """A cohort, and how far it is. `codes` are those who are or were drawn."""

    number: int
    starts_on: date
    ends_on: date
    closed_at: datetime | None = None
    drawn_at: datetime | None = None
    told_at: datetime | None = None
    codes: frozenset[str] = frozenset()
    windows: Mapping[str, Window] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything of one person that decides where they are. `left` holds levels of withdrawal with their moments.

    `windows` are those of the waves that hang on a date of the cohort or on the person's own; one that is missing
    hangs on a date that is not known yet. `came` is None while nobody may know who took the programme.
    """

    code: str
    registered_at: datetime
    signed: Mapping[Document, datetime] = field(default_factory=dict)
    screened_at: datetime | None = None
    outcome: str | None = None
    unmet: tuple[str, ...] = ()
    sheet_at: datetime | None = None
    cohort: CohortFacts | None = None
    randomised_at: datetime | None = None
    left: Mapping[str, datetime] = field(default_factory=dict)
    sat: Mapping[str, Sat] = field(default_factory=dict)
    windows: Mapping[str, Window] = field(default_factory=dict)
    came: bool | None = None

    @property
    def withdrawn_at(self) -> datetime | None:
        """The first withdrawal, from whatever it was."""
        return min(self.left.values(), default=None)

    @property
    def consented_at(self) -> datetime | None:
        return min(self.signed.values(), default=None)

    @property
    def is_out_of_the_draw(self) -> bool:
        """Whether the cohort was drawn, or is committed to be, without this person."""
        if self.cohort is None or self.cohort.closed_at is None:
            return False
        return self.randomised_at is None and self.code not in self.cohort.codes

    def has_done(self, wave: str) -> bool:
        return wave in self.sat and self.sat[wave].submitted_at is not None


@dataclass(frozen=True, slots=True)
class Cell:
    """One person's wave. `at` is when it was done or given up, when it opens, or until when it can be done."""

    wave: str
    state: WaveState
    at: datetime | None = None
    window: Window | None = None
    sitting: UUID | None = None

    @property
    def is_done(self) -> bool:
        return self.state in DONE

    def needs_attention(self, now: datetime) -> bool:
        """Whether it is open, and the day has come on which the first reminder goes out."""
        return self.state in OPEN and self.window is not None and now >= self.window.due_at


def cell(person: Person, wave: str, now: datetime, *, before_draw: bool) -> Cell:
    """What `wave` is for this person now. The waves after the draw are asked of those alone who were in it."""
    sat = person.sat.get(wave)
    window = sat.window if sat else person.windows.get(wave)
    key = sat.key if sat else None
    # Whatever somebody does after a withdrawal would tell from what they withdrew.
    if sat and sat.submitted_at and not (person.withdrawn_at and sat.submitted_at > person.withdrawn_at):
        late = is_late(sat.window, sat.submitted_at)
        return Cell(wave, WaveState.DONE_LATE if late else WaveState.DONE, sat.submitted_at, window, key)
    if person.withdrawn_at and not (window and _is_over(window, sat, person.withdrawn_at)):
        return Cell(wave, WaveState.WITHDRAWN, person.withdrawn_at, window, key)
    if not before_draw and person.is_out_of_the_draw:
        return Cell(wave, WaveState.NOT_ASKED, None, window, key)
    if window is None or now < window.opens_at:
        return Cell(wave, WaveState.NOT_OPEN, window.opens_at if window else None, window, key)
    if _is_over(window, sat, now):
        return Cell(wave, WaveState.MISSED, window.ends_at, window, key)
    if before_draw and person.cohort and person.cohort.closed_at and not (sat and sat.opened_at):
        return Cell(wave, WaveState.MISSED, person.cohort.closed_at, window, key)
    if sat and sat.opened_at:
        return Cell(wave, WaveState.UNDER_WAY, window.ends_at, window, key)
    state = WaveState.EXTENDED if now >= window.closes_at else WaveState.NOT_STARTED
    return Cell(wave, state, window.ends_at, window, key)


def _is_over(window: Window, sat: Sat | None, now: datetime) -> bool:
    """Whether it can no longer be handed in: it was begun and its grace has ended, or it can no longer be begun."""
    return now >= (window.accepts_until if sat and sat.opened_at else window.ends_at)
