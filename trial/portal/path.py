"""A participant's way through the study, and the one thing to do next: pure functions of what is known of the person.

The steps are the same in every arm; what belongs to one arm alone (its words, its sessions) is not among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from questionnaires.windows import Window
from trial.enrolment.journey import Facts, what_is_next
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import Wave
from trial.waves.standing import DONE, TO_BEGIN, WaveState, wave_state

State = Literal["done", "now", "later", "over"]
# Where nothing more is asked, the way shows what was done and nothing to come.
ENDS = ("left", "not_eligible", "no_questionnaires", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveStanding:
    """One wave of one person. `may_begin`: the draw lets it be begun; `key` is that of its sitting, if there is one."""

    wave: Wave
    is_before_draw: bool = False
    window: Window | None = None
    may_begin: bool = True
    key: str = ""
    opened_at: datetime | None = None
    submitted_at: datetime | None = None

    def state(self, now: datetime) -> WaveState:
        return wave_state(
            self.window,
            now,
            opened_at=self.opened_at,
            submitted_at=self.submitted_at,
            may_begin=self.may_begin,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that decides what a person's page shows. `drawn`: None before the draw, then whether they were in it.

    `told_at` is when the groups could be read; `session_at` when the next session starts that the person may join.
    """

    facts: Facts
    waves: tuple[WaveStanding, ...] = ()
    drawn: bool | None = None
    told_at: datetime | None = None
    session_at: datetime | None = None

    def misses_draw(self, now: datetime) -> bool:
        """The groups are drawn without the person, who did not hand in what comes before in time."""
        if self.drawn is None:
            return any(each.is_before_draw and each.state(now) is WaveState.MISSED for each in self.waves)
        return not self.drawn

    def wave_at(self, now: datetime) -> WaveStanding | None:
        """The wave that can be answered now, one under way before one that is new."""
        found = [(each, each.state(now)) for each in self.waves]
        under_way = [each for each, state in found if state is WaveState.UNDER_WAY]
        return next(iter(under_way + [each for each, state in found if state in TO_BEGIN]), None)

    def wave_to_come(self, now: datetime) -> WaveStanding | None:
        """The next wave whose opening is known."""
        known = [each for each in self.waves if each.window and each.state(now) is WaveState.NOT_OPEN]
        return min(known, key=lambda each: each.window.opens_at if each.window else now, default=None)


def next_for(standing: Standing, now: datetime) -> str:
    """The one thing that is open to the person: a step of enrolment, "wave", "session", "not_drawn" or "rest".

    A wave comes before a session, so that it is shown at the same moment in every arm.
    """
    step = what_is_next(standing.facts)
    if step == "rest" and standing.misses_draw(now):
        return "not_drawn"
    if step == "rest" and standing.wave_at(now):
        return "wave"
    if step in ("rest", "no_questionnaires") and standing.session_at:
        return "session"
    return step


@dataclass(frozen=True, slots=True)
class Step:
    """`kind` is consent, screening, about_you, wave or draw; `on` the local day on which it was done."""

    kind: str
    state: State
    on: date | None = None
    wave: WaveStanding | None = None


def path(standing: Standing, protocol: Protocol, now: datetime) -> tuple[Step, ...]:
    """What is done, what is now and what is still to come; the same for everybody, whatever the arm."""
    facts, zone = standing.facts, ZoneInfo(protocol.time_zone)
    dates = {"consent": facts.consented_on, "screening": facts.screened_on, "about_you": facts.sheet_on}
    if facts.screening == "waiting":
        dates["screening"] = None
    steps = [Step(kind, "done" if on else "later", on) for kind, on in dates.items()]
    for each in standing.waves or [WaveStanding(wave=wave) for wave in protocol.waves]:
        steps.append(_of_wave(each, now, zone))
        if each.wave.id == protocol.randomisation.after_wave:
            told = standing.told_at.astimezone(zone).date() if standing.told_at else None
            steps.append(Step("draw", "done" if told else "later", told))
    if what_is_next(facts) in ENDS or standing.misses_draw(now):
        return tuple(step for step in steps if step.state == "done")
    return _with_here(steps)


def _of_wave(each: WaveStanding, now: datetime, zone: ZoneInfo) -> Step:
    state = each.state(now)
    on = each.submitted_at.astimezone(zone).date() if each.submitted_at else None
    return Step("wave", "done" if state in DONE else "over" if state is WaveState.MISSED else "later", on, each)


def _with_here(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The first step that is still to do is the one where the person is."""
    here = next((number for number, step in enumerate(steps) if step.state == "later"), None)
    return tuple(replace(step, state="now") if number == here else step for number, step in enumerate(steps))
