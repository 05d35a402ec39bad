"""How far somebody has come in enrolment, and the one thing to do next: a pure function of the person's facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Document = tuple[str, str]  # a consent document's id and version
Next = Literal[
    "left", "consent_again", "consent", "closed", "no_questionnaires", "screening", "not_eligible", "waiting",
    "about_you", "rest",
]  # fmt: skip


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
