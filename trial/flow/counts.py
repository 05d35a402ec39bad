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
class FlowCounts:
    """The whole flow; `enrolment` is None where only those who were randomised are known."""

    enrolment: Enrolment | None
    arms: tuple[ArmFlow, ...]

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
        found = []
        if self.enrolment:
            start = self.enrolment
            found.append(_balance("enrolment", start.assessed, start.exits, start.randomised, "assessed"))
            allocated = sum(arm.allocated for arm in self.arms)
            found.append(_balance("allocation", start.randomised, (), allocated, "randomised"))
        for arm in self.arms:
            for wave in arm.waves:
                found.append(_balance(f"{arm.arm}, {wave.wave}", arm.allocated, wave.exits, wave.answered))
            found.append(_balance(f"{arm.arm}, analysis", arm.allocated, arm.left_out, arm.analysed))
        return [sentence for sentence in found if sentence]


def left(exits: Iterable[Exit]) -> int:
    """Return how many left in all."""
    return sum(each.count for each in exits)


def _balance(place: str, before: int, exits: tuple[Exit, ...], after: int, word: str = "allocated") -> str:
    if before - left(exits) == after:
        return ""
    return f"{place}: {before} {word}, {left(exits)} left, but {after} counted."
