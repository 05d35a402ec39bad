"""Where a participant is in the study, and the one thing to do next: pure functions of the person's facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import Wave

Document = tuple[str, str]  # a consent document's id and version
Next = Literal[
    "left", "consent_again", "consent", "closed", "no_questionnaires", "screening", "not_eligible", "waiting",
    "about_you", "rest",
]  # fmt: skip
State = Literal["done", "now", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`needed`: the documents in force; `given`: those signed, with the local day; `left`: levels of withdrawal."""

    is_recruiting: bool
    needed: tuple[Document, ...]
    given: Mapping[Document, date] = field(default_factory=dict)
    screening: Literal["passed", "failed", "waiting"] | None = None
    screened_on: date | None = None
    sheet_on: date | None = None
    left: frozenset[str] = frozenset()

    @property
    def has_left_study(self) -> bool:
        return {"sessions", "questionnaires"} <= self.left

    @property
    def missing(self) -> Document | None:
        """The first document in force that is not signed."""
        return next((document for document in self.needed if document not in self.given), None)

    @property
    def consented_on(self) -> date | None:
        """The day of the last signature, once every document in force is signed."""
        return max(self.given[document] for document in self.needed) if self.missing is None else None

    @property
    def signs_again(self) -> bool:
        """Whether an earlier version of what is missing was signed."""
        return self.missing is not None and self.missing[0] in {document for document, _ in self.given}


@dataclass(frozen=True, slots=True)
class Step:
    """`kind` is consent, screening, about_you, wave or draw."""

    kind: str
    state: State
    on: date | None = None
    wave: Wave | None = None


def what_is_next(facts: Facts) -> Next:
    """The one thing that is open to the person now."""
    if facts.has_left_study:
        return "left"
    if facts.missing is not None:
        if facts.signs_again:
            return "consent_again"
        return "consent" if facts.is_recruiting else "closed"
    if "questionnaires" in facts.left:
        return "no_questionnaires"
    if facts.screening is None:
        return "screening" if facts.is_recruiting else "closed"
    if facts.screening == "failed":
        return "not_eligible"
    if facts.screening == "waiting":
        return "waiting"
    if facts.sheet_on is None:
        return "about_you" if facts.is_recruiting else "closed"
    return "rest"


def path(facts: Facts, protocol: Protocol) -> tuple[Step, ...]:
    """What is done, what is now and what is still to come; the same for everybody, whatever the arm."""
    dates = {"consent": facts.consented_on, "screening": facts.screened_on, "about_you": facts.sheet_on}
    if facts.screening == "waiting":
        dates["screening"] = None
    steps = [Step(kind, "done" if on else "later", on) for kind, on in dates.items()]
    if what_is_next(facts) in ("left", "not_eligible", "no_questionnaires", "closed"):
        return tuple(step for step in steps if step.on)
    steps += _to_come(protocol)
    here = next(number for number, step in enumerate(steps) if step.state != "done")
    steps[here] = replace(steps[here], state="now")
    return tuple(steps)


def _to_come(protocol: Protocol) -> list[Step]:
    steps = []
    for wave in protocol.waves:
        steps.append(Step("wave", "later", None, wave))
        if wave.id == protocol.randomisation.after_wave:
            steps.append(Step("draw", "later"))
    return steps
