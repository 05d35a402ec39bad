"""How many people were at each point of the trial, from the first assessment to the analysis. Pure.

Counted once, for the page and for the report. Reasons, arms and waves are ids; whoever shows them has the words.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exit:
    """How many left at one point for one reason: a criterion's id, or one of `REASONS`."""

    reason: str
    count: int


# Reasons that are no criterion of the protocol.
DECLINED = "declined"
UNDER_WAY = "under_way"
BASELINE_UNFINISHED = "baseline_unfinished"
WITHDREW = "withdrew"
DID_NOT_ANSWER = "did_not_answer"
NOT_IN_THE_SET = "not_in_the_set"
DATA_WITHDRAWN = "data_withdrawn"
TOO_FEW_SESSIONS = "too_few_sessions"
REASONS = (
    DECLINED,
    UNDER_WAY,
    BASELINE_UNFINISHED,
    WITHDREW,
    DID_NOT_ANSWER,
    NOT_IN_THE_SET,
    DATA_WITHDRAWN,
    TOO_FEW_SESSIONS,
)

# Why somebody did not begin a programme, besides having withdrawn before it.
NEVER_CAME = "never_came"

# The name of the one arm that there is while the groups are masked: everybody together.
POOLED = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """From registration to the assessment: `without_consent` and `unassessed` say who stopped where, and why."""

    registered: int
    without_consent: tuple[Exit, ...]
    consented: int
    unassessed: tuple[Exit, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Who was assessed, and who was not randomised and why."""

    assessed: int
    exits: tuple[Exit, ...]
    randomised: int


@dataclass(frozen=True, slots=True)
class WaveFlow:
    """Of one arm's people, who answered a wave after randomisation, and why the others did not."""

    wave: str
    answered: int
    exits: tuple[Exit, ...]


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """One arm. `before_start` are those who left between allocation and the start of the programme."""

    arm: str
    allocated: int
    before_start: tuple[Exit, ...]
    waves: tuple[WaveFlow, ...]
    analysed: int
    left_out: tuple[Exit, ...]


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A box that is not its parent minus its exits: `before` people less `left` should have been `after`."""

    place: str
    before: int
    word: str
    left: int
    after: int

    def __str__(self) -> str:
        return f"{self.place}: {self.before} {self.word}, {self.left} left, but {self.after} counted."


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """The whole flow; `enrolment` is None where only those who were randomised are known, `entry` likewise.

    While the groups are masked, `arms` has one member, whose name is POOLED.
    """

    enrolment: Enrolment | None
    arms: tuple[ArmFlow, ...]
    entry: Entry | None = None

    @property
    def is_pooled(self) -> bool:
        return [arm.arm for arm in self.arms] == [POOLED]

    @property
    def randomised(self) -> int:
        return self.enrolment.randomised if self.enrolment else sum(arm.allocated for arm in self.arms)

    @property
    def analysed(self) -> int:
        return sum(arm.analysed for arm in self.arms)

    def problems(self) -> list[str]:
        """Return a sentence for every box that is not its parent minus the exits.

        Examples
        --------
        >>> arm = ArmFlow("act", 10, (), (WaveFlow("post", 8, (Exit("withdrew", 1),)),), 10, ())
        >>> FlowCounts(Enrolment(12, (Exit("declined", 2),), 10), (arm,)).problems()
        ['act, post: 10 allocated, 1 left, but 8 counted.']
        """
        return [str(each) for each in self.imbalances()]

    def imbalances(self) -> list[Imbalance]:
        """The same, as records."""
        found = []
        if self.entry:
            found.append(_balance("consent", self.entry.registered, self.entry.without_consent, self.entry.consented))
        if self.entry and self.enrolment:
            found.append(_balance("screening", self.entry.consented, self.entry.unassessed, self.enrolment.assessed))
        if self.enrolment:
            start = self.enrolment
            found.append(_balance("enrolment", start.assessed, start.exits, start.randomised, "assessed"))
            allocated = sum(arm.allocated for arm in self.arms)
            found.append(_balance("allocation", start.randomised, (), allocated, "randomised"))
        for arm in self.arms:
            name = arm.arm or "everybody"
            for wave in arm.waves:
                found.append(_balance(f"{name}, {wave.wave}", arm.allocated, wave.exits, wave.answered, "allocated"))
            found.append(_balance(f"{name}, analysis", arm.allocated, arm.left_out, arm.analysed, "allocated"))
        return [imbalance for imbalance in found if imbalance]


def left(exits: Iterable[Exit]) -> int:
    """Return how many left in all."""
    return sum(each.count for each in exits)


def _balance(place: str, before: int, exits: tuple[Exit, ...], after: int, word: str = "before") -> Imbalance | None:
    if before - left(exits) == after:
        return None
    return Imbalance(place, before, word, left(exits), after)
