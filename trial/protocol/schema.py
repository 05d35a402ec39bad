"""The protocol of a trial as frozen records: who, when, with what, and how it will be analysed.

A field is one key of the TOML file, its annotation is what the reader admits, and a field with a default may
be left out. The records of the parts stand in `schema_enrolment`, `schema_conduct` and `schema_analysis`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, TypeVar
from typing import Protocol as Shape

from trial.protocol.kinds import Between, Count, Entries, Id, Languages, Line, Slug, Text, Url, Zone
from trial.protocol.schema_analysis import Analysis, Measurement, Outcome
from trial.protocol.schema_conduct import Messages, Programme, Retention, Reward, Safety, Support, Wave
from trial.protocol.schema_enrolment import (
    Arm,
    ConsentDocument,
    Criterion,
    Question,
    Randomisation,
    SociodemographicSheet,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    registry: Line
    number: Line
    url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ethics:
    committee: Text
    reference: Line
    approved_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and what is to be said under it."""

    label: Text
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """The words of the page that everybody can read. Who may take part is told by the criteria."""

    question: Text
    lead: Text
    facts: Annotated[tuple[Fact, ...], Entries(1, 8)]
    not_sure: Text
    time_asked: Text
    steps: Annotated[tuple[Fact, ...], Entries(1, 12)]
    good_and_hard: Text
    answers_and_leaving: Text
    behind: Annotated[tuple[Fact, ...], Entries(1, 8)]
    honest_draw: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything the file states, in the file's order. `sha256` is that of the file's bytes."""

    slug: Slug
    version: Count
    dated: date
    languages: Languages
    time_zone: Zone
    target_sample_size: Annotated[int, Between(2, 100_000)]
    title: Text
    short_name: Text
    registration: Registration
    ethics: Ethics
    public: PublicPage
    arms: Annotated[tuple[Arm, ...], Entries(2, 10)]
    randomisation: Randomisation
    criteria: Annotated[tuple[Criterion, ...], Entries(1, 100)]
    questions: tuple[Question, ...] = ()
    sociodemographic: SociodemographicSheet
    consent_documents: Annotated[tuple[ConsentDocument, ...], Entries(1, 10)]
    programmes: Annotated[tuple[Programme, ...], Entries(1, 10)]
    measurements: tuple[Measurement, ...] = ()
    waves: Annotated[tuple[Wave, ...], Entries(2, 100)]
    messages: Messages
    safety: Safety
    support: Support
    rewards: tuple[Reward, ...] = ()
    retention: Retention
    outcomes: Annotated[tuple[Outcome, ...], Entries(1, 500)]
    analysis: Analysis
    sha256: str = field(default="", metadata={"in_file": False})

    @property
    def default_language(self) -> str:
        return self.languages[0]

    @property
    def inclusion_criteria(self) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.kind == "inclusion")

    @property
    def exclusion_criteria(self) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.kind == "exclusion")

    @property
    def waves_before_randomisation(self) -> tuple[Wave, ...]:
        """The waves that must be submitted before a participant is randomised."""
        last = [wave.id for wave in self.waves].index(self.randomisation.after_wave)
        return self.waves[: last + 1]

    @property
    def questionnaire_minutes(self) -> int:
        return sum(wave.minutes for wave in self.waves)

    def arm(self, id: Id) -> Arm:
        """The arm with this id. This one and its like raise KeyError when there is none."""
        return _named(self.arms, id)

    def criterion(self, id: Id) -> Criterion:
        return _named(self.criteria, id)

    def outcome(self, id: Id) -> Outcome:
        return _named(self.outcomes, id)

    def programme(self, id: Id) -> Programme:
        return _named(self.programmes, id)

    def question(self, id: Id) -> Question:
        return _named(self.questions, id)

    def wave(self, id: Id) -> Wave:
        return _named(self.waves, id)


class Named(Shape):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Named)


def _named(items: Sequence[Item], id: str) -> Item:
    for item in items:
        if item.id == id:
            return item
    raise KeyError(id)
