"""What to choose, and what to be warned of: sentences for the page where the method is chosen.

Each sentence is a text with places for values, so that a page can translate the text and write the values as the
reader's language does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trial.allocation.designs import CohortDraw
from trial.allocation.lists import BigStick, ListDesign, MaximalProcedure, PermutedBlocks, Simple
from trial.allocation.predictability import Predictability
from trial.allocation.shares import ArmShare

MTI = 4
SMALLEST_MTI = 3
BLOCKS_OF = (2, 3, 4)  # times the sum of the ratios
LARGEST_BLOCK = 100
UNWANTED_SPLIT = 0.05  # probability above which simple randomisation is warned of
UNWANTED_SHARE = 0.15  # a difference between two arms of this part of all participants


def gettext_noop(text: str) -> str:
    """Marks a sentence for the catalogue of translations; this file knows nothing of Django."""
    return text


SENTENCES = {
    "figures": gettext_noop(
        "With this design an informed person would guess %(right)s %% right and be certain of %(certain)s of "
        "%(participants)s."
    ),
    "cohort": gettext_noop(
        "Close the cohort after consent, eligibility and baseline, then draw all of it at once: nobody can "
        "foresee an allocation while enrolling, and the arms are as equal as their ratio allows."
    ),
    "maximal": gettext_noop(
        "Every list in which the arms never differ by more than %(mti)s is equally likely: hard to foresee, "
        "and close to equal at every moment."
    ),
    "random_blocks": gettext_noop(
        "The arms are not two with equal ratios, so the designs that tolerate an imbalance are out; "
        "blocks of several sizes, larger than one round of the ratio, come nearest."
    ),
    "blocks_are_guessed": gettext_noop(
        "Blocks can be foreseen: an informed person would guess %(right)s %% right and be certain "
        "of %(certain)s of %(participants)s."
    ),
    "blocks_to_repeat": gettext_noop(
        "Two equal arms have a better design; choose blocks only to repeat an earlier protocol."
    ),
    "one_size": gettext_noop(
        "With one block size the last places of each block are certain to anyone who knows it. Take "
        "several sizes, and do not publish them before the end."
    ),
    "uneven_by_chance": gettext_noop(
        "Simple randomisation may end uneven: %(chance)s %% of lists of %(participants)s have arms "
        "that differ by %(difference)s or more."
    ),
    "small_tolerance": gettext_noop(
        "A tolerance of %(mti)s leaves %(certain)s of %(participants)s places certain to an informed "
        "person; %(least)s or more leaves fewer."
    ),
    "in_cohorts": gettext_noop(
        "Participants start in groups, so the whole cohort can be drawn at once, and nothing be guessed."
    ),
}


@dataclass(frozen=True)
class Sentence:
    """A key of SENTENCES with its values; `str` is the sentence in English."""

    key: str
    values: tuple[tuple[str, int | float], ...] = ()

    @property
    def text(self) -> str:
        """In English, with places for the values; also the key of its translation."""
        return SENTENCES[self.key]

    def __str__(self) -> str:
        return self.text % dict(self.values)


@dataclass(frozen=True)
class Recommendation:
    design: CohortDraw | ListDesign
    reason: Sentence


def recommendation(arms: Sequence[ArmShare], *, in_cohorts: bool) -> Recommendation:
    """The design for these arms; `in_cohorts`: participants start in groups, not one by one."""
    arms = tuple(arms)
    drawn_at_once = CohortDraw(arms)
    if in_cohorts:
        return Recommendation(drawn_at_once, Sentence("cohort"))
    if drawn_at_once.has_two_equal_arms:
        return Recommendation(MaximalProcedure(arms, mti=MTI), Sentence("maximal", (("mti", MTI),)))
    ratio_sum = drawn_at_once.ratio_sum
    sizes = tuple(times * ratio_sum for times in BLOCKS_OF if times * ratio_sum <= LARGEST_BLOCK)
    return Recommendation(PermutedBlocks(arms, sizes=sizes or (ratio_sum,)), Sentence("random_blocks"))


def figures(found: Predictability) -> Sentence:
    """What an informed person could do, in one sentence."""
    return Sentence("figures", _guessed(found))


def warnings(design: CohortDraw | ListDesign, found: Predictability, *, in_cohorts: bool) -> tuple[Sentence, ...]:
    """What speaks against the design, the gravest first."""
    sentences = []
    if isinstance(design, PermutedBlocks):
        sentences.append(Sentence("blocks_are_guessed", _guessed(found)))
        if design.has_two_equal_arms:
            sentences.append(Sentence("blocks_to_repeat"))
        if len(set(design.sizes)) == 1:
            sentences.append(Sentence("one_size"))
    if isinstance(design, BigStick | MaximalProcedure) and design.mti < SMALLEST_MTI:
        values = (("mti", design.mti), ("least", SMALLEST_MTI), *_guessed(found))
        sentences.append(Sentence("small_tolerance", values))
    if isinstance(design, Simple):
        sentences += _uneven(design, found)
    if in_cohorts and not isinstance(design, CohortDraw):
        sentences.append(Sentence("in_cohorts"))
    return tuple(sentences)


def _guessed(found: Predictability) -> tuple[tuple[str, int | float], ...]:
    right, certain = round(100 * found.right, 1), round(found.certain, 1)
    return (("right", right), ("certain", certain), ("participants", found.participants))


def _uneven(design: Simple, found: Predictability) -> list[Sentence]:
    """Of equal arms only: with a ratio, a difference has no plain meaning."""
    if len({arm.ratio for arm in design.arms}) > 1:
        return []
    ratio = design.arms[0].ratio
    difference = max(2, round(UNWANTED_SHARE * found.participants))
    if len(design.arms) == 2 and (difference - found.participants) % 2:
        difference += 1  # two numbers differ by an even number when their sum is even
    chance = 1 - found.imbalances.within((difference - 1) / ratio)
    if chance <= UNWANTED_SPLIT:
        return []
    values = (("chance", round(100 * chance)), ("difference", difference), ("participants", found.participants))
    return [Sentence("uneven_by_chance", values)]
