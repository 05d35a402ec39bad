"""Figures of predictability: against earlier simulations of 20,000 lists each, exact formulas, and drawn lists."""

from collections import defaultdict
from fractions import Fraction
from functools import cache

import pytest

from tests.trial.allocation.conftest import TWO, Dice
from trial.allocation.advice import Recommendation, Sentence, figures, recommendation, warnings
from trial.allocation.designs import CohortDraw
from trial.allocation.lists import BigStick, ListDesign, MaximalProcedure, PermutedBlocks, Simple
from trial.allocation.predictability import Predictability, predictability
from trial.allocation.shares import ArmShare, DesignImpossible

THREE = (ArmShare("a", 2), ArmShare("b", 1), ArmShare("c", 1))


def blocks(*sizes: int) -> PermutedBlocks:
    return PermutedBlocks(TWO, sizes=sizes)


# Right guesses and certain ones in percent, and the largest final difference, of 44 in two equal arms.
EARLIER: dict[str, tuple[CohortDraw | ListDesign, float, float, int]] = {
    "cohort draw": (CohortDraw(TWO), 50.0, 0.0, 0),
    "coin": (Simple(TWO), 50.0, 0.0, 44),
    "blocks of 2": (blocks(2), 75.0, 50.0, 0),
    "blocks of 4": (blocks(4), 70.8, 33.3, 0),
    "blocks of 6": (blocks(6), 67.7, 23.9, 2),
    "blocks of 8": (blocks(8), 65.7, 18.2, 4),
    "blocks of 2 or 4": (blocks(2, 4), 72.1, 10.8, 2),
    "blocks of 2, 4 or 6": (blocks(2, 4, 6), 70.0, 4.0, 2),
    "blocks of 4 or 6": (blocks(4, 6), 68.9, 5.6, 2),
    "blocks of 4, 6 or 8": (blocks(4, 6, 8), 67.7, 2.3, 4),
    "one block of 44": (blocks(44), 58.4, 4.4, 0),
    "big stick 2": (BigStick(TWO, mti=2), 61.9, 23.9, 2),
    "big stick 3": (BigStick(TWO, mti=3), 57.8, 15.7, 2),
    "big stick 4": (BigStick(TWO, mti=4), 55.4, 10.8, 4),
    "maximal 3, ends level": (MaximalProcedure(TWO, mti=3, ends_level=True), 63.3, 9.7, 0),
    "maximal 3": (MaximalProcedure(TWO, mti=3), 61.8, 7.0, 2),
    "maximal 4": (MaximalProcedure(TWO, mti=4), 58.8, 3.4, 4),
}
# Of a figure from 20,000 lists rounded to a tenth, in points: 0.05, and four standard errors of about 0.05.
EARLIER_TOLERANCE = 0.25


@cache
def found_of_44(name: str) -> Predictability:
    return predictability(EARLIER[name][0], 44)


@pytest.mark.parametrize("name", EARLIER)
def test_figures_of_44_agree_with_20000_earlier_lists(name: str) -> None:
    _, right, certain, largest = EARLIER[name]

    found = found_of_44(name)

    guesses = found.guesses
    assert abs(100 * found.right - right) < EARLIER_TOLERANCE + 400 * guesses.right_error
    assert abs(100 * found.certain_share - certain) < EARLIER_TOLERANCE + 400 * guesses.certain_error / 44
    assert found.imbalances.largest == largest


@pytest.mark.parametrize(
    ("design", "right"),
    [
        (blocks(4), 69.7),
        (blocks(2, 4), 71.9),
        (BigStick(TWO, mti=4), 54.5),
        (MaximalProcedure(TWO, mti=4), 57.7),
    ],
    ids=["blocks of 4", "blocks of 2 or 4", "big stick 4", "maximal 4"],
)
def test_right_guesses_of_22_agree_with_8000_earlier_lists(design: ListDesign, right: float) -> None:
    assert abs(100 * predictability(design, 22).right - right) < 0.4


def test_coin_ends_at_26_to_18_or_worse_in_29_percent_and_maximal_4_within_2_in_81_percent() -> None:
    coin, maximal = predictability(Simple(TWO), 44), predictability(MaximalProcedure(TWO, mti=4), 44)

    assert round(1 - coin.imbalances.within(7), 2) == 0.29
    assert round(maximal.imbalances.within(2), 2) == 0.81


@pytest.mark.parametrize("half", range(1, 9))
def test_certain_places_in_blocks_of_2m_are_exactly_1_in_m_plus_1(half: int) -> None:
    places = 2 * half * 3

    found = predictability(blocks(2 * half), places)

    assert (found.certain, found.is_exact) == (places / (half + 1), True)


def certain_places(size: int, lists: int) -> float:
    """Percent of places of drawn lists of 44 at which a block of the size has one arm left, by counting."""
    source, certain = Dice(size), 0
    for _ in range(lists):
        order = blocks(size).draw(44, source)
        for at in range(44):
            begun = order[at - at % size : at]
            certain += max(begun.count("cct"), begun.count("waitlist")) == size // 2
    return 100 * certain / (44 * lists)


@pytest.mark.parametrize("size", [2, 4])
def test_certain_share_of_500_drawn_lists_is_1_in_m_plus_1_within_half_a_point(size: int) -> None:
    assert abs(certain_places(size, 500) - 100 / (size // 2 + 1)) < 0.5


@pytest.mark.soak
@pytest.mark.parametrize("size", [2, 4, 22])
def test_certain_share_of_10000_drawn_lists_is_1_in_m_plus_1_within_half_a_point(size: int) -> None:
    assert abs(certain_places(size, 10_000) - 100 / (size // 2 + 1)) < 0.5


@pytest.mark.parametrize(
    "design",
    [blocks(2, 4), MaximalProcedure(TWO, mti=4), PermutedBlocks(THREE, sizes=(4, 8))],
    ids=["blocks of 2 or 4", "maximal", "three arms"],
)
def test_simulated_figures_of_20_agree_with_exact_ones_within_four_standard_errors(design: ListDesign) -> None:
    exact = predictability(design, 20)

    simulated = predictability(design, 20, most_beliefs=0).guesses

    assert (exact.guesses.lists, simulated.lists) == (0, 1500)
    assert abs(simulated.right - exact.right) < 4 * simulated.right_error
    assert abs(simulated.certain - exact.certain) < 4 * simulated.certain_error


@pytest.mark.soak
@pytest.mark.parametrize("sizes", [(2, 4, 6), (4, 6)])
def test_simulated_figures_of_44_agree_with_up_to_20000_beliefs_within_four_standard_errors(
    sizes: tuple[int, ...],
) -> None:
    exact, simulated = predictability(blocks(*sizes), 44, most_beliefs=20_000), predictability(blocks(*sizes), 44)

    assert (exact.is_exact, simulated.is_exact) == (True, False)
    assert abs(simulated.right - exact.right) < 4 * simulated.guesses.right_error
    assert abs(simulated.certain - exact.certain) < 4 * simulated.guesses.certain_error


def test_figures_in_floating_point_agree_with_rational_ones_to_12_digits() -> None:
    """Above 200 places figures are in floating point; blocks repeat themselves, so the shares stay the same."""
    rational, floating = predictability(blocks(4), 200), predictability(blocks(4), 2000)

    assert floating.right == pytest.approx(rational.right, abs=1e-12)
    assert floating.certain_share == pytest.approx(rational.certain_share, abs=1e-12)


def test_figures_of_300_places_whose_counts_have_559_digits_are_60_percent_right_and_4_certain() -> None:
    found = predictability(MaximalProcedure(TWO, mti=4), 300, list_length=2000)

    assert (round(found.right, 2), round(found.certain_share, 2)) == (0.6, 0.04)


def test_figures_of_44_places_of_60_of_the_maximal_procedure_are_those_of_counting() -> None:
    """Chances of a step from all lists that go on from it, counted here by recursion."""

    @cache
    def ways(left: int, lead: int) -> int:
        return 0 if abs(lead) > 4 else 1 if left == 0 else ways(left - 1, lead + 1) + ways(left - 1, lead - 1)

    chances, right = {0: Fraction(1)}, Fraction(0)
    for left in range(60, 16, -1):
        after: dict[int, Fraction] = defaultdict(Fraction)
        for lead, chance in chances.items():
            up = Fraction(ways(left - 1, lead + 1), ways(left, lead))
            right += chance * max(up, 1 - up)
            after[lead + 1] += chance * up
            after[lead - 1] += chance * (1 - up)
        chances = {lead: chance for lead, chance in after.items() if chance}

    found = predictability(MaximalProcedure(TWO, mti=4), 44, list_length=60)
    assert (found.right, round(100 * found.right, 1)) == (float(right / 44), 59.4)


@pytest.mark.parametrize("design", [Simple(THREE), CohortDraw(THREE)], ids=["simple", "cohort draw"])
def test_best_guess_of_unequal_arms_is_the_largest_arm(design: Simple | CohortDraw) -> None:
    found = predictability(design, 44)

    assert (found.right, found.certain, found.guesses.lists, found.imbalances.lists) == (0.5, 0.0, 0, 2000)


def test_cohort_of_three_arms_ends_as_even_as_its_ratio_allows() -> None:
    even, odd = predictability(CohortDraw(THREE), 44), predictability(CohortDraw(THREE), 45)

    assert even.imbalances.chances == ((0.0, 1.0),)
    assert [size for size, _ in odd.imbalances.chances] == [0.5, 1.0]


@pytest.mark.parametrize("name", EARLIER)
def test_final_imbalances_have_probability_1_together(name: str) -> None:
    assert sum(chance for _, chance in found_of_44(name).imbalances.chances) == pytest.approx(1)


@pytest.mark.parametrize(
    ("places", "length", "sentence"),
    [
        (0, None, "Figures for 0 participants do not exist; ask for 1 or more."),
        (44, 40, "A list of 40 places is too short for 44 participants."),
    ],
)
def test_figures_that_cannot_be_are_refused(places: int, length: int | None, sentence: str) -> None:
    with pytest.raises(DesignImpossible) as refused:
        predictability(blocks(4), places, list_length=length)

    assert str(refused.value) == sentence


# What the page says.
def test_cohort_draw_is_recommended_for_groups_and_maximal_4_for_rolling_intake() -> None:
    assert recommendation(TWO, in_cohorts=True) == Recommendation(CohortDraw(TWO), Sentence("cohort"))
    assert recommendation(TWO, in_cohorts=False) == Recommendation(
        MaximalProcedure(TWO, mti=4), Sentence("maximal", (("mti", 4),))
    )


def test_blocks_of_8_12_and_16_are_recommended_for_three_arms_2_1_1_and_rolling_intake() -> None:
    assert recommendation(THREE, in_cohorts=False).design == PermutedBlocks(THREE, sizes=(8, 12, 16))


def test_ratio_with_large_numbers_is_recommended_one_block_size() -> None:
    arms = (ArmShare("a", 20), ArmShare("b", 19), ArmShare("c", 20))

    assert recommendation(arms, in_cohorts=False).design == PermutedBlocks(arms, sizes=(59,))


def test_sentence_of_figures_names_58_9_percent_and_1_and_a_half_of_44() -> None:
    assert str(figures(predictability(MaximalProcedure(TWO, mti=4), 44))) == (
        "With this design an informed person would guess 58.9 % right and be certain of 1.5 of 44."
    )


@pytest.mark.parametrize(
    ("design", "in_cohorts", "keys"),
    [
        (blocks(4), False, ["blocks_are_guessed", "blocks_to_repeat", "one_size"]),
        (blocks(2, 4), True, ["blocks_are_guessed", "blocks_to_repeat", "in_cohorts"]),
        (PermutedBlocks(THREE, sizes=(8, 12)), False, ["blocks_are_guessed"]),
        (Simple(TWO), False, ["uneven_by_chance"]),
        (Simple(THREE), False, []),
        (BigStick(TWO, mti=2), False, ["small_tolerance"]),
        (MaximalProcedure(TWO, mti=4), False, []),
        (MaximalProcedure(TWO, mti=4), True, ["in_cohorts"]),
        (CohortDraw(TWO), True, []),
    ],
)
def test_design_is_warned_of(design: CohortDraw | ListDesign, in_cohorts: bool, keys: list[str]) -> None:
    found = warnings(design, predictability(design, 20), in_cohorts=in_cohorts)

    assert [sentence.key for sentence in found] == keys


@pytest.mark.parametrize(
    ("design", "sentence"),
    [
        (
            blocks(4),
            "Blocks can be foreseen: an informed person would guess 70.8 % right and be certain of 14.7 of 44.",
        ),
        (Simple(TWO), "Simple randomisation may end uneven: 29 % of lists of 44 have arms that differ by 8 or more."),
        (
            BigStick(TWO, mti=2),
            "A tolerance of 2 leaves 10.5 of 44 places certain to an informed person; 3 or more leaves fewer.",
        ),
    ],
    ids=["blocks", "simple", "small tolerance"],
)
def test_warning_says_its_figures(design: ListDesign, sentence: str) -> None:
    assert str(warnings(design, predictability(design, 44), in_cohorts=False)[0]) == sentence
