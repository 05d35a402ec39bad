"""The plan of the analysis: what the protocol says about it, frozen, in one canonical form with one hash.

Pure. Whatever changes a number or a word of the report stands here; nothing else of the protocol does, so that a
new session or another reminder leaves the plan as it was frozen.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from trial.protocol.kinds import Text
from trial.protocol.schema import Protocol
from trial.protocol.schema_analysis import Analysis, Contrast, Outcome

# Written into the canonical form: another form of the same plan must not pass for the same hash.
FORM = "equipoise-plan 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanArm:
    """An arm as tables and figures call it. Arms stand in the protocol's order, which is that of the colours."""

    id: str
    short: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWave:
    """A wave, by its id in the protocol."""

    id: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """A line of the baseline table: an answer of the sociodemographic sheet.

    `unit` belongs to a number, `options` (id and words, in order) to a category.
    """

    id: str
    kind: Literal["number", "category"]
    text: Text
    unit: Text | None = None
    options: tuple[tuple[str, Text | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is compared, when, how, and of whom."""

    arms: tuple[PlanArm, ...]
    waves: tuple[PlanWave, ...]
    characteristics: tuple[Characteristic, ...]
    outcomes: tuple[Outcome, ...]
    analysis: Analysis

    @property
    def arm_ids(self) -> tuple[str, ...]:
        """The arms, the reference first: the order of the models."""
        reference = self.analysis.reference_arm
        return (reference, *(arm.id for arm in self.arms if arm.id != reference))

    @property
    def wave_ids(self) -> tuple[str, ...]:
        """The waves, the reference first: the order of the models."""
        reference = self.analysis.reference_wave
        return (reference, *(wave.id for wave in self.waves if wave.id != reference))

    @property
    def primary_set(self) -> str:
        return next(each.id for each in self.analysis.sets if each.is_primary)

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        return self.analysis.contrasts

    def arm(self, id: str) -> PlanArm:
        """The arm with this id; KeyError when there is none, here and below."""
        return {arm.id: arm for arm in self.arms}[id]

    def wave(self, id: str) -> PlanWave:
        return {wave.id: wave for wave in self.waves}[id]

    def outcome(self, id: str) -> Outcome:
        return {outcome.id: outcome for outcome in self.outcomes}[id]

    @property
    def canonical(self) -> bytes:
        """The plan as JSON: keys in alphabetical order, no space, UTF-8. Equal plans give equal bytes."""
        told = {"form": FORM, **_plain(self)}
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical).hexdigest()


def plan_of(protocol: Protocol) -> Plan:
    """Return the plan that a protocol states."""
    return Plan(
        arms=tuple(PlanArm(id=arm.id, short=arm.short, name=arm.name) for arm in protocol.arms),
        waves=tuple(PlanWave(id=wave.id, name=wave.name) for wave in protocol.waves),
        characteristics=_characteristics(protocol),
        outcomes=protocol.outcomes,
        analysis=protocol.analysis,
    )


def _characteristics(protocol: Protocol) -> tuple[Characteristic, ...]:
    """Questions that a table can hold: numbers, choices, yes or no. Dates and free text would name people."""
    found = []
    for id in protocol.sociodemographic.questions:
        question = protocol.question(id)
        if question.kind == "number":
            found.append(Characteristic(id=id, kind="number", text=question.text, unit=question.unit))
        elif question.answers:
            words = {option.id: option.text for option in question.options}
            options = tuple((answer, words.get(answer)) for answer in question.answers)
            found.append(Characteristic(id=id, kind="category", text=question.text, options=options))
    return tuple(found)


def _plain(value: Any) -> Any:
    """Turn records into what JSON holds; a text becomes its versions by language."""
    if isinstance(value, Text):
        return dict(value.versions)
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value
