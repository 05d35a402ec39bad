"""What an informed person could guess, could be certain of, and what it costs in balance."""

from dataclasses import dataclass

from trial.allocation.designs import CohortDraw
from trial.allocation.guessing import MOST_BELIEFS, Guesses, guesses
from trial.allocation.imbalances import Imbalances, imbalances
from trial.allocation.lists import ListDesign, Simple
from trial.allocation.randomness import SecretStream, Source
from trial.allocation.shares import DesignImpossible

# Anybody's simulation gives the same figures; these lists allocate nobody.
PUBLIC_SECRET = "0" * 64


@dataclass(frozen=True)
class Predictability:
    """Figures for the first `participants` places."""

    participants: int
    guesses: Guesses
    imbalances: Imbalances

    @property
    def right(self) -> float:
        """Expected share of right guesses, 0 to 1."""
        return self.guesses.right

    @property
    def certain(self) -> float:
        """Expected number of places, 0 to `participants`, whose arm is known beforehand."""
        return self.guesses.certain

    @property
    def certain_share(self) -> float:
        return self.certain / self.participants

    @property
    def is_exact(self) -> bool:
        return not self.guesses.lists and not self.imbalances.lists


def predictability(
    design: CohortDraw | ListDesign,
    participants: int,
    *,
    list_length: int | None = None,
    most_beliefs: int = MOST_BELIEFS,
    source: Source | None = None,
) -> Predictability:
    """The figures of a design for so many participants, of a list of `list_length` places (None: as many).

    The guesser knows the design and every earlier arm. A cohort is drawn when all of it is enrolled, so nothing can
    be guessed beyond the ratio, nor can it of simple randomisation. Exact where the possibilities are few enough to
    add them all up, else simulated, with the standard error. Raises DesignImpossible for a number that the design
    cannot fill.
    """
    source = source or SecretStream(PUBLIC_SECRET, "predictability")
    length = participants if list_length is None else list_length
    if participants < 1:
        raise DesignImpossible(f"Figures for {participants} participants do not exist; ask for 1 or more.")
    if length < participants:
        raise DesignImpossible(f"A list of {length} places is too short for {participants} participants.")
    return Predictability(
        participants,
        _guesses(design, participants, length, source, most_beliefs),
        imbalances(design, participants, length, source),
    )


def _guesses(
    design: CohortDraw | ListDesign, participants: int, length: int, source: Source, most_beliefs: int
) -> Guesses:
    if isinstance(design, ListDesign) and not isinstance(design, Simple):
        return guesses(design, participants, length, source, most_beliefs)
    return Guesses(right=max(arm.ratio for arm in design.arms) / design.ratio_sum, certain=0.0)
