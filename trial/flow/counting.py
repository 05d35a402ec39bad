"""From where each person is to the boxes of the flow. Pure: people in, counts out, and who is in each box."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from trial.flow.counts import (
    BASELINE_UNFINISHED,
    DATA_WITHDRAWN,
    DECLINED,
    DID_NOT_ANSWER,
    NEVER_CAME,
    POOLED,
    UNDER_WAY,
    WITHDREW,
    ArmFlow,
    Enrolment,
    Entry,
    Exit,
    FlowCounts,
    WaveFlow,
)
from trial.flow.standing import Person, cell
from trial.protocol.schema import Protocol
from trial.waves.standing import DONE, WaveState


@dataclass(frozen=True, slots=True)
class Way:
    """How far one person came. Each exit is the reason for which they did not come further there, or None."""

    code: str
    without_consent: str | None = None
    unassessed: str | None = None
    not_randomised: str | None = None
    before_start: str | None = None
    waves: Mapping[str, str | None] = field(default_factory=dict)
    left_out: str | None = None

    @property
    def is_randomised(self) -> bool:
        return (self.without_consent, self.unassessed, self.not_randomised) == (None, None, None)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and under which rules people are counted. `is_masked`: nobody may learn from what somebody withdrew."""

    protocol: Protocol
    now: datetime
    is_recruiting: bool
    is_masked: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.protocol.time_zone)

    @property
    def before(self) -> tuple[str, ...]:
        return tuple(wave.id for wave in self.protocol.waves_before_randomisation)

    @property
    def after(self) -> tuple[str, ...]:
        return tuple(wave.id for wave in self.protocol.waves if wave.id not in self.before)


def way_of(person: Person, at: Moment) -> Way:
    """Each step presupposes those before it, so every person leaves at one place at most."""
    if person.randomised_at:
        return _after_randomisation(person, at)
    # "Still under way" as long as the step is open to them.
    open_or_never = UNDER_WAY if at.is_recruiting else DID_NOT_ANSWER
    if not person.signed:
        return Way(person.code, without_consent=DECLINED if person.left else open_or_never)
    if person.screened_at is None:
        return Way(person.code, unassessed=DECLINED if person.left else open_or_never)
    return Way(person.code, not_randomised=_not_randomised(person, at))


def _not_randomised(person: Person, at: Moment) -> str:
    if person.outcome == "failed":
        order = [criterion.id for criterion in at.protocol.criteria]
        return min(person.unmet, key=order.index, default=DECLINED)
    if person.left:
        return DECLINED
    if all(person.has_done(wave) for wave in at.before):
        # Everything was handed in, and the draw went without them: a new consent text was not signed.
        return DECLINED if person.is_out_of_the_draw else UNDER_WAY
    missed = any(
        cell(person, wave, at.now, before_draw=True).state is WaveState.MISSED
        for wave in at.before
        if not person.has_done(wave)
    )
    return BASELINE_UNFINISHED if missed or person.is_out_of_the_draw or not at.is_recruiting else UNDER_WAY


def _after_randomisation(person: Person, at: Moment) -> Way:
    before_start = _before_start(person, at)
    waves = {wave: _not_answered(person, wave, before_start, at) for wave in at.after}
    took_data_back = "data" in person.left and not at.is_masked
    return Way(
        person.code,
        before_start=before_start,
        waves=waves,
        left_out=DATA_WITHDRAWN if took_data_back else None,
    )


def _left_at(person: Person, level: str, at: Moment) -> datetime | None:
    return person.withdrawn_at if at.is_masked else person.left.get(level)


def _before_start(person: Person, at: Moment) -> str | None:
    """Why somebody who was randomised did not begin: left before the first day, or came to no session."""
    left = _left_at(person, "sessions", at)
    if left and person.cohort and left.astimezone(at.zone).date() < person.cohort.starts_on:
        return before_start_reason(at.protocol)
    return NEVER_CAME if person.came is False else None


def before_start_reason(protocol: Protocol) -> str:
    """The protocol's own criterion for those who withdrew before the programme, if it has one."""
    own = [each.id for each in protocol.criteria if (each.moment, each.judged_by) == ("programme_start", "system")]
    return own[0] if own else WITHDREW


def _not_answered(person: Person, wave: str, before_start: str | None, at: Moment) -> str | None:
    state = cell(person, wave, at.now, before_draw=False).state
    if state in DONE:
        return None
    left = _left_at(person, "questionnaires", at)
    if left and state is WaveState.WITHDRAWN:
        return before_start if before_start not in (None, NEVER_CAME) else WITHDREW
    window = person.sat[wave].window if wave in person.sat else person.windows.get(wave)
    is_over = state is WaveState.MISSED or (window is not None and at.now >= window.accepts_until)
    return DID_NOT_ANSWER if is_over else UNDER_WAY


def flow_counts(ways: Sequence[Way], at: Moment, arms: Mapping[str, str] | None = None) -> FlowCounts:
    """The counts. `arms` gives each code its arm; without it everybody is counted together."""
    without_consent = [way.without_consent for way in ways]
    unassessed = [way.unassessed for way in ways]
    not_randomised = [way.not_randomised for way in ways]
    consented = len(ways) - _left(without_consent)
    assessed = consented - _left(unassessed)
    randomised = [way for way in ways if way.is_randomised]
    groups = {POOLED: randomised}
    if arms is not None:
        groups = {arm.id: [w for w in randomised if arms.get(w.code) == arm.id] for arm in at.protocol.arms}
    return FlowCounts(
        entry=Entry(len(ways), _exits(without_consent), consented, _exits(unassessed)),
        enrolment=Enrolment(assessed, _exits(not_randomised, _order(at)), len(randomised)),
        arms=tuple(_arm(arm, group, at) for arm, group in groups.items()),
    )


def _arm(arm: str, ways: Sequence[Way], at: Moment) -> ArmFlow:
    left_out = [way.left_out for way in ways]
    return ArmFlow(
        arm,
        len(ways),
        _exits([way.before_start for way in ways], _order(at)),
        tuple(_wave(wave, [way.waves[wave] for way in ways], at) for wave in at.after),
        len(ways) - _left(left_out),
        _exits(left_out),
    )


def _wave(wave: str, reasons: Sequence[str | None], at: Moment) -> WaveFlow:
    return WaveFlow(wave, len(reasons) - _left(reasons), _exits(reasons, _order(at)))


def _order(at: Moment) -> tuple[str, ...]:
    """Reasons that are criteria stand in the protocol's order, before the others."""
    return tuple(criterion.id for criterion in at.protocol.criteria)


def _left(reasons: Iterable[str | None]) -> int:
    return sum(reason is not None for reason in reasons)


def _exits(reasons: Iterable[str | None], first: tuple[str, ...] = ()) -> tuple[Exit, ...]:
    counted = Counter(reason for reason in reasons if reason is not None)
    order = [*(id for id in first if id in counted), *sorted(id for id in counted if id not in first)]
    return tuple(Exit(reason, counted[reason]) for reason in order)


def members(ways: Iterable[Way], box: str) -> tuple[str, ...] | None:
    """The codes of those in a box, or None when there is no such box. A wave's box is "wave-" and its id."""
    if box.startswith("wave-"):
        wave = box.removeprefix("wave-")
        return tuple(way.code for way in ways if way.is_randomised and way.waves.get(wave, "") is None)
    inside = {
        "registered": lambda way: True,
        "without-consent": lambda way: way.without_consent,
        "consented": lambda way: not way.without_consent,
        "unassessed": lambda way: way.unassessed,
        "assessed": lambda way: not way.without_consent and not way.unassessed,
        "not-randomised": lambda way: way.not_randomised,
        "randomised": lambda way: way.is_randomised,
        "analysed": lambda way: way.is_randomised and not way.left_out,
    }.get(box)
    return tuple(way.code for way in ways if inside(way)) if inside else None
