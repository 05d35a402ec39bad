"""What one sees of a trial at a glance: participants by waves, the way into the trial, what opens next. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from questionnaires.windows import Window
from trial.flow.standing import Cell, CohortFacts, Person
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import Wave
from trial.waves.standing import DONE, OUT, WaveState


@dataclass(frozen=True, slots=True)
class Column:
    """A wave, of how many people it is asked, and how many have done it. `window` if it is the same for all."""

    wave: Wave
    done: int
    asked: int
    window: Window | None


@dataclass(frozen=True, slots=True)
class Row:
    person: Person
    cells: tuple[Cell, ...]
    needs_attention: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def attention(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.needs_attention)


def matrix(protocol: Protocol, people: Iterable[tuple[Person, tuple[Cell, ...]]], now: datetime) -> Matrix:
    """Those who have a place in a cohort, in the order of their codes, by the waves of the protocol."""
    rows = tuple(
        Row(person, cells, any(each.needs_attention(now) for each in cells))
        for person, cells in people
        if person.cohort is not None
    )
    return Matrix(tuple(_column(wave, place, rows) for place, wave in enumerate(protocol.waves)), rows)


def _column(wave: Wave, place: int, rows: Sequence[Row]) -> Column:
    cells = [row.cells[place] for row in rows]
    windows = {row.person.windows.get(wave.id) for row in rows}
    return Column(
        wave,
        sum(each.state in DONE for each in cells),
        sum(each.state not in OUT for each in cells),
        windows.pop() if len(windows) == 1 else None,
    )


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """How many came to a point on the way into the trial, and how many who came to the one before did not."""

    name: str
    count: int
    lost: int


STEPS = ("registered", "consented", "screened", "eligible", "baseline", "randomised")


def funnel(people: Sequence[Person], before: Sequence[str]) -> tuple[FunnelStep, ...]:
    """From registration to randomisation; everybody is counted as far as they came."""
    came = [_how_far(person, before) for person in people]
    counts = [sum(far >= place for far in came) for place in range(len(STEPS))]
    return tuple(
        FunnelStep(name, count, (counts[place - 1] if place else count) - count)
        for place, (name, count) in enumerate(zip(STEPS, counts, strict=True))
    )


def _how_far(person: Person, before: Sequence[str]) -> int:
    if person.randomised_at:
        return len(STEPS) - 1
    steps = [person.signed, person.screened_at, person.outcome == "passed", all(map(person.has_done, before))]
    return next((place for place, is_done in enumerate(steps) if not is_done), len(steps))


@dataclass(frozen=True, slots=True)
class Event:
    """A wave of a cohort opens or closes."""

    at: datetime
    kind: Literal["opens", "closes"]
    wave: Wave
    cohort: int


def upcoming(protocol: Protocol, cohorts: Iterable[CohortFacts], now: datetime, most: int = 6) -> tuple[Event, ...]:
    """The next openings and closings of waves, soonest first."""
    found = []
    for cohort in cohorts:
        for wave in protocol.waves:
            if window := cohort.windows.get(wave.id):
                found.append(Event(window.opens_at, "opens", wave, cohort.number))
                found.append(Event(window.ends_at, "closes", wave, cohort.number))
    ahead = [event for event in found if event.at > now]
    return tuple(sorted(ahead, key=lambda event: (event.at, event.cohort, event.wave.id)))[:most]


def under_way(rows: Iterable[Row]) -> list[UUID]:
    """The sittings that are being answered."""
    cells = [each for row in rows for each in row.cells]
    return [each.sitting for each in cells if each.state is WaveState.UNDER_WAY and each.sitting]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of one person's way. `kind` is registered, consent, screening, about_you, wave, draw or withdrawn."""

    kind: str
    state: Literal["done", "now", "later"]
    at: datetime | None = None
    wave: Wave | None = None
    cell: Cell | None = None


def steps(protocol: Protocol, person: Person, cells: Sequence[Cell]) -> tuple[Step, ...]:
    """The person's way in order, the same whatever the arm; what a person who is out has not done is left out."""
    way = [
        _step("registered", person.registered_at),
        _step("consent", person.consented_at),
        _step("screening", None if person.outcome == "waiting" else person.screened_at),
        _step("about_you", person.sheet_at),
    ]
    for wave, each in zip(protocol.waves, cells, strict=True):
        way.append(Step("wave", "done" if each.is_done else "later", each.at if each.is_done else None, wave, each))
        if wave.id == protocol.randomisation.after_wave:
            way.append(_step("draw", person.randomised_at))
    if person.left or person.outcome == "failed":
        done = [step for step in way if step.state == "done"]
        return (*done, Step("withdrawn", "done", person.withdrawn_at)) if person.left else tuple(done)
    here = next((place for place, step in enumerate(way) if _is_here(step)), None)
    return tuple(replace(step, state="now") if place == here else step for place, step in enumerate(way))


def _step(kind: str, at: datetime | None) -> Step:
    return Step(kind, "done" if at else "later", at)


def _is_here(step: Step) -> bool:
    """Whether the person stands there: at the first step that is neither done nor missed."""
    return step.state != "done" and not (step.cell and step.cell.state is WaveState.MISSED)
