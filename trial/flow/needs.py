"""What needs somebody today: rules over what is known of the people, the cohorts and the mails. Pure.

Each rule is a function; a need that has been met is simply no longer found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trial.flow.standing import Cell, CohortFacts, Person, cell
from trial.protocol.kinds import Text
from trial.protocol.schema import Protocol
from trial.waves.standing import OUT, TO_BEGIN, WaveState

SHOWN = 5  # so many codes are named, the others counted
FEWEST = 2  # people without whom there is nothing to draw


class Kind(StrEnum):
    SAFETY = "safety"
    MAIL = "mail"
    JUDGE = "judge"
    WAVE_CLOSING = "wave_closing"
    OPEN_COHORT = "open_cohort"
    CLOSE_COHORT = "close_cohort"
    DRAW_COHORT = "draw_cohort"
    TELL_COHORT = "tell_cohort"
    CONSENT = "consent"
    STAGE = "stage"
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing. `codes` are the first of the `count` people it is about."""

    kind: Kind
    count: int = 1
    codes: tuple[str, ...] = ()
    at: datetime | None = None
    cohort: int | None = None
    wave: Text | None = None
    version: str = ""

    people: int | None = None  # where it counts something else than people

    @property
    def more(self) -> int:
        """How many people are not named."""
        return (self.count if self.people is None else self.people) - len(self.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the rules look at. `cases`: whom an open case of safety is about, and until when it is to be answered;
    `unsent`: to whom a mail went in vain, and when it was asked for; `seen`: whose withdrawal somebody has seen."""

    protocol: Protocol
    now: datetime
    stage: str
    people: Sequence[Person]
    cohorts: Sequence[CohortFacts]
    cases: Sequence[tuple[str, datetime]] = ()
    unsent: Sequence[tuple[str, datetime]] = ()
    seen: frozenset[str] = frozenset()
    draft: str = ""

    @property
    def taking_part(self) -> list[Person]:
        return [person for person in self.people if not person.left]


def needs(of: Situation) -> tuple[Need, ...]:
    """Everything that needs somebody, the most pressing first."""
    rules = (cases, mails, judgements, closing_waves, cohort_steps, changed_consent, stage_steps, drafts, withdrawals)
    return tuple(need for rule in rules for need in rule(of))


def _about(kind: Kind, people: Sequence[Person], at: datetime | None = None) -> Iterator[Need]:
    if people:
        codes = tuple(person.code for person in people[:SHOWN])
        yield Need(kind=kind, count=len(people), codes=codes, at=at)


def cases(of: Situation) -> Iterator[Need]:
    """Crossed thresholds that nobody has closed."""
    if of.cases:
        codes = tuple(dict.fromkeys(code for code, _until in of.cases))
        until = min(until for _code, until in of.cases)
        yield Need(kind=Kind.SAFETY, count=len(of.cases), codes=codes[:SHOWN], at=until, people=len(codes))


def mails(of: Situation) -> Iterator[Need]:
    """Mails that were tried as often as we try."""
    if of.unsent:
        codes = tuple(dict.fromkeys(code for code, _asked in of.unsent if code))
        latest = max(asked for _code, asked in of.unsent)
        yield Need(kind=Kind.MAIL, count=len(of.unsent), codes=codes[:SHOWN], at=latest, people=len(codes))


def judgements(of: Situation) -> Iterator[Need]:
    """Screenings that wait for a member of staff."""
    waiting = [person for person in of.taking_part if person.outcome == "waiting"]
    yield from _about(
        Kind.JUDGE, waiting, min((each.screened_at for each in waiting if each.screened_at), default=None)
    )


def closing_waves(of: Situation) -> Iterator[Need]:
    """Waves of a cohort on their last day, with people who have not begun."""
    before = {wave.id for wave in of.protocol.waves_before_randomisation}
    for cohort in of.cohorts:
        for wave in of.protocol.waves:
            window = cohort.windows.get(wave.id)
            if window is None or not window.closing_at <= of.now < window.ends_at:
                continue
            own = [person for person in of.taking_part if person.cohort == cohort]
            cells = [(each, cell(each, wave.id, of.now, before_draw=wave.id in before)) for each in own]
            late = [each for each, state in cells if state.state in TO_BEGIN]
            if late:
                codes = tuple(person.code for person in late[:SHOWN])
                yield Need(
                    kind=Kind.WAVE_CLOSING,
                    count=len(late),
                    codes=codes,
                    at=window.ends_at,
                    cohort=cohort.number,
                    wave=wave.name,
                )


def cohort_steps(of: Situation) -> Iterator[Need]:
    """The next act on each cohort: to open one for those who wait, to close, to draw, to tell."""
    if of.stage != "recruiting":
        return
    waiting = [person for person in of.taking_part if person.sheet_at and person.cohort is None]
    if all(cohort.closed_at for cohort in of.cohorts):
        yield from _about(Kind.OPEN_COHORT, waiting)
    if of.protocol.randomisation.method != "cohort_draw":
        return
    for cohort in of.cohorts:
        if cohort.closed_at is None:
            yield from _to_close(cohort, of)
        elif cohort.drawn_at is None:
            yield Need(kind=Kind.DRAW_COHORT, count=len(cohort.codes), cohort=cohort.number, at=cohort.closed_at)
        elif cohort.told_at is None:
            yield Need(kind=Kind.TELL_COHORT, count=len(cohort.codes), cohort=cohort.number, at=cohort.drawn_at)


def _to_close(cohort: CohortFacts, of: Situation) -> Iterator[Need]:
    """Once nobody who takes part can or has to hand in anything more."""
    before = of.protocol.waves_before_randomisation
    own = [person for person in of.taking_part if person.cohort == cohort]
    cells = [[cell(each, wave.id, of.now, before_draw=True) for wave in before] for each in own]
    ready = [row for row in cells if all(each.is_done for each in row)]
    open_ones = [row for row in cells if any(_may_still_come(each) for each in row)]
    if len(ready) >= FEWEST and not open_ones:
        yield Need(kind=Kind.CLOSE_COHORT, count=len(ready), cohort=cohort.number)


def _may_still_come(each: Cell) -> bool:
    return not each.is_done and each.state not in OUT and each.state is not WaveState.MISSED


def changed_consent(of: Situation) -> Iterator[Need]:
    """People who signed an earlier version of a text, and not the one in force."""
    for document in of.protocol.consent_documents:
        again = [
            person
            for person in of.taking_part
            if person.outcome != "failed"
            and (document.id, document.version) not in person.signed
            and any(id == document.id for id, _version in person.signed)
        ]
        for need in _about(Kind.CONSENT, again):
            yield Need(kind=need.kind, count=need.count, codes=need.codes, version=document.version)


def stage_steps(of: Situation) -> Iterator[Need]:
    """A step of the trial that is open: to recruit once a protocol is in force, to close once enough take part."""
    randomised = sum(person.randomised_at is not None for person in of.people)
    if of.stage == "draft":
        yield Need(kind=Kind.STAGE, count=0)
    elif of.stage == "recruiting" and randomised >= of.protocol.target_sample_size:
        yield Need(kind=Kind.STAGE, count=randomised)


def drafts(of: Situation) -> Iterator[Need]:
    if of.draft:
        yield Need(kind=Kind.DRAFT, version=of.draft)


def withdrawals(of: Situation) -> Iterator[Need]:
    """People who withdrew, until somebody says that they have seen it."""
    unseen = [person for person in of.people if person.left and person.code not in of.seen]
    unseen.sort(key=lambda person: (person.withdrawn_at, person.code), reverse=True)
    yield from _about(Kind.WITHDRAWN, unseen, unseen[0].withdrawn_at if unseen else None)
