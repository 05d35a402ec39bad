"""Where each person of a trial is: pure functions of what is stored about them, and of the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from questionnaires.windows import Window
from trial.enrolment.journey import Document
from trial.waves.standing import DONE, OPEN, OUT, WaveState, wave_state


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
    opened_at, submitted_at = (sat.opened_at, sat.submitted_at) if sat else (None, None)
    drawn_at = person.cohort.closed_at if before_draw and person.cohort else None
    state = wave_state(
        window,
        now,
        opened_at=opened_at,
        submitted_at=submitted_at,
        left_at=person.withdrawn_at,
        may_begin=drawn_at is None,
    )
    if not before_draw and person.is_out_of_the_draw and state not in DONE | OUT:
        state = WaveState.NOT_ASKED
    at = window.ends_at if window else None
    if state in DONE:
        at = submitted_at
    elif state is WaveState.WITHDRAWN:
        at = person.withdrawn_at
    elif state is WaveState.NOT_ASKED:
        at = None
    elif state is WaveState.NOT_OPEN:
        at = window.opens_at if window else None
    elif state is WaveState.MISSED and window and now < window.ends_at:
        at = drawn_at
    return Cell(wave, state, at, window, sat.key if sat else None)
