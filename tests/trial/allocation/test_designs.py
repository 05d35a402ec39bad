"""Every list design keeps what it promises, and refuses what it cannot do."""

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import accumulate, product
from math import log2, prod

import pytest
from scipy.stats import chisquare

from tests.trial.allocation.conftest import TWO, Dice
from trial.allocation.designs import CohortDraw, design_of
from trial.allocation.lists import BigStick, ListDesign, MaximalProcedure, PermutedBlocks, Simple
from trial.allocation.randomness import SYSTEM, SystemSource
from trial.allocation.shares import ArmShare, DesignImpossible, spread
from trial.protocol.kinds import Text
from trial.protocol.schema_enrolment import Arm, Randomisation

DESIGNS: dict[str, CohortDraw | ListDesign] = {
    "cohort draw": CohortDraw(TWO),
    "maximal 4": MaximalProcedure(TWO, mti=4),
    "maximal 3 level": MaximalProcedure(TWO, mti=3, ends_level=True),
    "big stick 3": BigStick(TWO, mti=3),
    "blocks of 4": PermutedBlocks(TWO, sizes=(4,)),
    "blocks of 2, 4 or 6": PermutedBlocks(TWO, sizes=(2, 4, 6)),
    "simple": Simple(TWO),
}
LIMITS = {"maximal 4": 4, "maximal 3 level": 3, "big stick 3": 3}
ENDS_LEVEL = ["cohort draw", "maximal 3 level", "blocks of 4"]
Lists = list[tuple[str, ...]]


@cache
def drawn(name: str, lists: int, places: int = 44) -> Lists:
    source = Dice(len(name))
    return [DESIGNS[name].draw(places, source) for _ in range(lists)]


def leads(order: tuple[str, ...]) -> list[int]:
    return list(accumulate(1 if arm == "cct" else -1 for arm in order))


def share_of_first(lists: Lists) -> float:
    return 100 * sum(order.count("cct") for order in lists) / sum(map(len, lists))


@pytest.mark.parametrize("name", DESIGNS)
def test_arms_of_1000_lists_are_50_percent_within_1(name: str) -> None:
    assert abs(share_of_first(drawn(name, 1000)) - 50) < 1


@pytest.mark.soak
@pytest.mark.parametrize("name", DESIGNS)
def test_arms_of_10000_lists_are_50_percent_within_half_a_point(name: str) -> None:
    assert abs(share_of_first(drawn(name, 10_000)) - 50) < 0.5


@pytest.mark.parametrize("name", LIMITS)
def test_tolerance_is_reached_and_never_broken_in_1000_lists(name: str) -> None:
    assert max(abs(lead) for order in drawn(name, 1000) for lead in leads(order)) == LIMITS[name]


@pytest.mark.soak
@pytest.mark.parametrize("name", LIMITS)
def test_tolerance_is_reached_and_never_broken_in_10000_lists(name: str) -> None:
    assert max(abs(lead) for order in drawn(name, 10_000) for lead in leads(order)) == LIMITS[name]


@pytest.mark.parametrize("name", ENDS_LEVEL)
def test_300_lists_of_44_that_must_end_level_do(name: str) -> None:
    assert {leads(order)[-1] for order in drawn(name, 300)} == {0}


# Which short lists there are, and how likely each is, by the definition of each design and not by its moves.
def of_maximal(order: tuple[str, ...]) -> Fraction:
    return Fraction(max(map(abs, leads(order))) <= 2, 108)


def of_big_stick(order: tuple[str, ...]) -> Fraction:
    before = [0, *leads(order)[:-1]]
    chances = (Fraction(1, 1 if abs(lead) == 2 else 2) for lead in before)
    return prod(chances, start=Fraction(1)) if max(map(abs, leads(order))) <= 2 else Fraction(0)


def of_blocks(order: tuple[str, ...], sizes: tuple[int, ...]) -> Fraction:
    if not order:
        return Fraction(1)
    return sum((_of_block(order, size) * of_blocks(order[size:], sizes) for size in sizes), Fraction(0)) / len(sizes)


def _of_block(order: tuple[str, ...], size: int) -> Fraction:
    """The part of the block's permutations that begin with the order, as far as it goes."""
    block = ("cct", "waitlist") * (size // 2)
    begun = order[:size]
    all_of_them = {p for p in product(("cct", "waitlist"), repeat=size) if Counter(p) == Counter(block)}
    return Fraction(sum(p[: len(begun)] == begun for p in all_of_them), len(all_of_them))


SHORT: dict[str, tuple[CohortDraw | ListDesign, int, Callable[[tuple[str, ...]], Fraction]]] = {
    "cohort draw": (CohortDraw(TWO), 70, lambda order: Fraction(leads(order)[-1] == 0, 70)),
    "maximal 2": (MaximalProcedure(TWO, mti=2), 108, of_maximal),
    "big stick 2": (BigStick(TWO, mti=2), 108, of_big_stick),
    "blocks of 4": (PermutedBlocks(TWO, sizes=(4,)), 36, lambda order: of_blocks(order, (4,))),
    "blocks of 2 or 4": (PermutedBlocks(TWO, sizes=(2, 4)), 76, lambda order: of_blocks(order, (2, 4))),
    "simple": (Simple(TWO), 256, lambda order: Fraction(1, 256)),
}


def p_of_short_lists(name: str, lists: int) -> float:
    """Chi-square over all admissible lists of 8; fails at once when another list is drawn."""
    design, admissible, chance = SHORT[name]
    chances = {order: chance(order) for order in product(("cct", "waitlist"), repeat=8) if chance(order)}
    source = Dice(8)
    found = Counter(design.draw(8, source) for _ in range(lists))
    assert (len(chances), sum(chances.values()), set(found) - set(chances)) == (admissible, 1, set())
    return chisquare([found[order] for order in chances], [float(lists * each) for each in chances.values()]).pvalue


@pytest.mark.parametrize("name", SHORT)
def test_2000_lists_of_8_have_their_exact_chances(name: str) -> None:
    assert p_of_short_lists(name, 2000) > 0.001


@pytest.mark.soak
@pytest.mark.parametrize("name", SHORT)
def test_10000_lists_of_8_have_their_exact_chances(name: str) -> None:
    assert p_of_short_lists(name, 10_000) > 0.001


def test_maximal_counts_as_many_lists_as_there_are() -> None:
    counted = [MaximalProcedure(TWO, mti=mti).admissible(10) for mti in (1, 2, 3, 10)]

    orders = [leads(order) for order in product(("cct", "waitlist"), repeat=10)]
    assert counted == [sum(max(map(abs, order)) <= mti for order in orders) for mti in (1, 2, 3, 10)]


def test_maximal_3_that_ends_level_at_44_has_38_bits_of_lists() -> None:
    lists = MaximalProcedure(TWO, mti=3, ends_level=True).admissible(44)

    assert round(log2(lists), 1) == 38.0


def test_blocks_of_three_arms_hold_each_by_its_ratio() -> None:
    arms = (ArmShare("a", 3), ArmShare("b", 2), ArmShare("c", 1))

    order = PermutedBlocks(arms, sizes=(6, 12)).draw(60, Dice(1)) + PermutedBlocks(arms, sizes=(12,)).draw(60, Dice(1))

    assert Counter(order) == {"a": 60, "b": 40, "c": 20}


def test_imbalance_of_the_state_is_that_of_the_order() -> None:
    for design in (*[each for each in DESIGNS.values() if isinstance(each, ListDesign)], *ratio_designs()):
        state, order, source = design.start(30), [], Dice(2)
        for _ in range(30):
            move = design.moves(state)[source.randbelow(len(design.moves(state)))]
            state = move.state
            order.append(design.arms[move.arm].id)
            assert design.imbalance(state) == spread(order, design.arms)


def ratio_designs() -> Iterator[ListDesign]:
    arms = (ArmShare("a", 2), ArmShare("b", 1), ArmShare("c", 3))
    yield Simple(arms)
    yield PermutedBlocks(arms, sizes=(6, 12, 18))


def test_lists_come_from_the_operating_system_unless_told_otherwise() -> None:
    orders = {Simple(TWO).draw(64) for _ in range(50)}

    assert (type(SYSTEM), len(orders)) == (SystemSource, 50)


# From the protocol.
def plan(method: str, **more: object) -> Randomisation:
    return Randomisation(method=method, after_wave="pre", **more)


def protocol_arms(*ratios: int) -> list[Arm]:
    text = Text((("en", "An arm"),))
    return [
        Arm(id=f"arm{at}", short=f"{at}", name=text, role="programme", ratio=ratio, told=text)
        for at, ratio in enumerate(ratios)
    ]


EQUAL = (ArmShare("arm0", 1), ArmShare("arm1", 1))


@pytest.mark.parametrize(
    ("stated", "design"),
    [
        (plan("cohort_draw"), CohortDraw(EQUAL)),
        (plan("maximal", mti=4, list_length=60), MaximalProcedure(EQUAL, mti=4)),
        (plan("big_stick", mti=3, list_length=60), BigStick(EQUAL, mti=3)),
        (plan("permuted_blocks", block_sizes=(4, 8), list_length=160), PermutedBlocks(EQUAL, sizes=(4, 8))),
        (plan("simple", list_length=60), Simple(EQUAL)),
    ],
    ids=lambda value: getattr(value, "method", ""),
)
def test_protocol_states_a_design(stated: Randomisation, design: CohortDraw | ListDesign) -> None:
    assert design_of(stated, protocol_arms(1, 1)) == design


@pytest.mark.parametrize(
    ("stated", "ratios", "sentence"),
    [
        (
            plan("simple", mti=4, list_length=60),
            (1, 1),
            "The method simple knows no mti, but the protocol says 4.",
        ),
        (plan("maximal", list_length=60), (1, 1), "The method maximal needs a value of mti; the protocol has none."),
        (
            plan("maximal", mti=4, list_length=60),
            (2, 1),
            "The method maximal is for two arms with equal ratios; found 2 : 1. Take cohort_draw, permuted_blocks or "
            "simple for such arms.",
        ),
        (
            plan("big_stick", mti=4, list_length=60),
            (1, 1, 1),
            "The method big_stick is for two arms with equal ratios; found 1 : 1 : 1. Take cohort_draw, "
            "permuted_blocks or simple for such arms.",
        ),
        (
            plan("big_stick", mti=0, list_length=60),
            (1, 1),
            "The maximum tolerated imbalance is 0; it must be 1 or more.",
        ),
        (
            plan("permuted_blocks", block_sizes=(4,), list_length=60),
            (2, 1),
            "A block of 4 does not hold the arms in their ratio; it must be a multiple of 3, the sum of the ratios.",
        ),
        (
            plan("cohort_draw"),
            (1, 0),
            "The arm arm1 has the ratio 0; it must be a whole number from 1 to 1000.",
        ),
        (plan("cohort_draw"), (1,), "A design needs two or more different arms; found arm0."),
    ],
)
def test_design_that_cannot_be_is_refused_with_a_sentence(
    stated: Randomisation, ratios: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(DesignImpossible) as refused:
        design_of(stated, protocol_arms(*ratios))

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("design", "places", "sentence"),
    [
        (
            MaximalProcedure(TWO, mti=4),
            5001,
            "A list of 5,001 places cannot be drawn by the method maximal; allowed are 1 to 5,000. "
            "A longer one can follow as a second list.",
        ),
        (
            Simple(TWO),
            0,
            "A list of 0 places cannot be drawn by the method simple; allowed are 1 to 100,000. "
            "A longer one can follow as a second list.",
        ),
        (
            MaximalProcedure(TWO, mti=4, ends_level=True),
            45,
            "A list of 45 places cannot end with equal numbers; take an even number.",
        ),
    ],
)
def test_length_that_cannot_be_is_refused_with_a_sentence(design: ListDesign, places: int, sentence: str) -> None:
    with pytest.raises(DesignImpossible) as refused:
        design.draw(places)

    assert str(refused.value) == sentence
