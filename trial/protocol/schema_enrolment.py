"""Who takes part, in which arm, and what they are asked and told before that."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from trial.protocol.kinds import (
    ArmId,
    Between,
    Count,
    Entries,
    Id,
    Line,
    Minutes,
    Number,
    ProgrammeId,
    QuestionId,
    Text,
    WaveId,
)

Role = Literal["programme", "active_control", "usual_care", "waitlist"]
Method = Literal["cohort_draw", "maximal", "big_stick", "permuted_blocks", "simple"]
Moment = Literal["screening", "consent", "programme_start", "each_session", "each_wave"]
Judge = Literal["participant", "recruiter", "programme_coordinator", "instructor", "safety_clinician", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """`short` stands in tables and figures; `told` is what a participant of the arm reads after allocation.

    Who crosses over receives the programme of the arm `crosses_over_to`, once the wave `crosses_over_after`
    is closed for that person.
    """

    id: Id
    short: Line
    name: Text
    role: Role
    ratio: Annotated[int, Between(1, 20)]
    told: Text
    programme: ProgrammeId | None = None
    crosses_over_to: ArmId | None = None
    crosses_over_after: WaveId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomisation:
    """`mti`: maximum tolerated imbalance. `list_length`: places drawn before the first enrolment."""

    method: Method
    after_wave: WaveId
    mti: Annotated[int, Between(1, 50)] | None = None
    block_sizes: tuple[Annotated[int, Between(2, 100)], ...] = ()
    list_length: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    id: Id
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownIf:
    """The question is asked of those who gave one of `answers` to an earlier question."""

    question: QuestionId
    answers: Annotated[tuple[Id, ...], Entries(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the trial's own, asked at screening, on the sociodemographic sheet or in a wave.

    The answer is an option's id (choice), "yes" or "no" (yes_no), a number from `lowest` to `highest` in
    `unit`, a date, or text.
    """

    id: Id
    kind: Literal["choice", "yes_no", "number", "date", "text"]
    text: Text
    hint: Text | None = None
    options: tuple[Option, ...] = ()
    unit: Text | None = None
    lowest: Number | None = None
    highest: Number | None = None
    is_whole: bool = True
    may_be_skipped: bool = True
    shown_if: ShownIf | None = None

    @property
    def answers(self) -> tuple[str, ...]:
        """Every answer there is; none for numbers, dates and text."""
        if self.kind == "yes_no":
            return ("yes", "no")
        return tuple(option.id for option in self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class SociodemographicSheet:
    """Questions in order; one already answered at screening is not asked again."""

    title: Text
    questions: Annotated[tuple[QuestionId, ...], Entries(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """Answers with which one may go on: one of `answers`, or a number in a range (of a date: full years)."""

    answers: tuple[Id, ...] = ()
    at_least: Number | None = None
    at_most: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A condition of taking part. `public` is its short form; `reason` is counted when it stops somebody."""

    id: Id
    kind: Literal["inclusion", "exclusion"]
    text: Text
    reason: Text
    moment: Moment
    judged_by: Judge
    public: Text | None = None
    asks: QuestionId | None = None
    passes: Passes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence to tick. Without the required ones there is no consent."""

    id: Id
    text: Text
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDocument:
    """Information and consent. `text`: paragraphs between empty lines, `## ` headings, `- ` lists."""

    id: Id
    version: Line
    dated: date
    title: Text
    minutes: Minutes
    text: Text
    statements: Annotated[tuple[Statement, ...], Entries(1, 30)]
