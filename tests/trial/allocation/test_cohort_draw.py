"""The draw of a cohort: fair, as even as can be, and the same from the same secret."""

import hashlib
from collections import Counter
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from tests.trial.allocation.conftest import TWO, Dice
from trial.allocation.designs import CohortDraw
from trial.allocation.proofs import Cohort, Facts, ProofMismatch, new_cohort
from trial.allocation.randomness import SecretInvalid, SecretStream, shuffled
from trial.allocation.shares import ArmShare, DesignImpossible

CODES = tuple(f"P{number:03}" for number in range(1, 6))


def secret(number: int) -> str:
    return hashlib.sha256(b"secret %d" % number).hexdigest()


def p_of_draws(facts: Facts, secrets: int) -> float:
    """Chi-square over the 20 possible draws of five into two arms, the odd place in either."""
    draws = Counter(Cohort(facts, CODES, secret(number)).allocations for number in range(secrets))
    assert len(draws) == 20
    return chisquare(list(draws.values())).pvalue


def test_1000_secrets_give_20_draws_of_five_equally_often(facts: Facts) -> None:
    assert p_of_draws(facts, 1000) > 0.001


@pytest.mark.soak
def test_10000_secrets_give_20_draws_of_five_equally_often(facts: Facts) -> None:
    assert p_of_draws(facts, 10_000) > 0.001


def test_same_secret_gives_the_same_draw_100_times(facts: Facts) -> None:
    assert len({Cohort(facts, CODES, secret(1)).allocations for _ in range(100)}) == 1


def test_draw_is_the_one_of_the_day_the_format_was_fixed(facts: Facts) -> None:
    """If this fails, published commitments can no longer be opened: make a second format instead."""
    cohort = Cohort(facts, CODES, secret(1))

    assert cohort.commitment == "e43feff062103981c2088fd819b54a786fff1beecaff36ca5b5cf8388c5198f2"
    assert [arm for _, arm in cohort.allocations] == ["waitlist", "cct", "waitlist", "cct", "cct"]


def test_another_participant_gives_another_commitment_and_draw(facts: Facts) -> None:
    codes = [f"P{number:03}" for number in range(40)]

    ours, other = Cohort(facts, tuple(codes), secret(1)), Cohort(facts, (*codes[:-1], "P999"), secret(1))

    assert ours.commitment != other.commitment
    assert [arm for _, arm in ours.allocations] != [arm for _, arm in other.allocations]


@given(st.lists(st.integers(1, 20), min_size=2, max_size=6), st.integers(6, 200), st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_every_arm_has_its_share_rounded_down_or_up(ratios: list[int], places: int, seed: int) -> None:
    design = CohortDraw(tuple(ArmShare(f"arm{at}", ratio) for at, ratio in enumerate(ratios)))

    found = Counter(design.draw(places, Dice(seed)))

    shares = [Fraction(places * ratio, sum(ratios)) for ratio in ratios]
    numbers = [found[arm.id] for arm in design.arms]
    assert sum(numbers) == places
    assert [floor(each) <= number <= ceil(each) for each, number in zip(shares, numbers, strict=True)] == [True] * len(
        ratios
    )


def test_odd_places_go_to_each_arm_by_its_ratio_in_6000_draws(dice: Dice) -> None:
    """Of 4 places in the ratio 3:2:1 the exact shares are 2, 4/3 and 2/3."""
    design = CohortDraw((ArmShare("a", 3), ArmShare("b", 2), ArmShare("c", 1)))

    by_arm = Counter(tuple(sorted(design.numbers(4, dice).items())) for _ in range(6000))
    assert sorted(by_arm) == [(("a", 2), ("b", 1), ("c", 1)), (("a", 2), ("b", 2), ("c", 0))]
    assert chisquare([by_arm[key] for key in sorted(by_arm)], [4000, 2000]).pvalue > 0.001


def test_odd_place_is_a_coin_in_2000_cohorts_of_nine(draw_cohort: CohortDraw, dice: Dice) -> None:
    larger = Counter(draw_cohort.draw(9, dice).count("cct") for _ in range(2000))

    assert sorted(larger) == [4, 5]
    assert chisquare(list(larger.values())).pvalue > 0.001


@pytest.mark.parametrize("size", [0, 1])
def test_cohort_too_small_is_refused(facts: Facts, size: int) -> None:
    with pytest.raises(DesignImpossible) as refused:
        new_cohort(facts, CODES[:size])

    assert str(refused.value) == (
        f"A cohort of {size} cannot be drawn into 2 arms: it needs 2 participants or more. "
        "Close it later, or join it with another."
    )


def test_code_that_stands_twice_is_refused(facts: Facts) -> None:
    with pytest.raises(DesignImpossible) as refused:
        new_cohort(facts, ["P001", "P002", "P001"])

    assert str(refused.value) == "The code P001 stands in the cohort more than once."


def test_order_of_the_codes_is_nobodys_choice(facts: Facts) -> None:
    with pytest.raises(ProofMismatch) as refused:
        Cohort(facts, ("P002", "P001"), secret(1))

    assert new_cohort(facts, ["P002", "P001"]).codes == ("P001", "P002")
    assert str(refused.value) == (
        "The codes of a cohort ascend, each once; found P001 after P002. "
        "Make the cohort with new_cohort(), which puts them in order."
    )


def test_secret_is_not_in_what_is_shown_or_said(facts: Facts) -> None:
    with pytest.raises(SecretInvalid) as refused:
        Cohort(facts, CODES, "not hexadecimal")

    assert str(refused.value) == (
        "A secret is 256 bits, written as 64 digits of 0-9 and a-f; this one has 15 characters. "
        "Make one with new_secret()."
    )
    assert secret(1)[:8] not in repr(Cohort(facts, CODES, secret(1)))


def test_cohort_altered_after_its_commitment_is_refused(facts: Facts) -> None:
    committed, altered = Cohort(facts, CODES, secret(1)), Cohort(facts, CODES[:4], secret(1))

    with pytest.raises(ProofMismatch) as refused:
        altered.check(committed.commitment)

    assert str(refused.value) == (
        f"The 4 participants, the protocol and the secret give the commitment {altered.commitment[:12]}, but "
        f"{committed.commitment[:12]} was published: one of them was altered. Draw nothing until it is known which."
    )


# The stream under it.
@pytest.mark.parametrize("n", [1, 2, 3, 44, 2**255 + 1, 2**256, 2**256 + 1, 2**1000])
def test_stream_stays_below_what_is_asked_for(n: int) -> None:
    stream = SecretStream(secret(1), "label")

    numbers = [stream.randbelow(n) for _ in range(50)]

    assert (min(numbers) >= 0, max(numbers) < n) == (True, True)


def test_stream_rejects_what_would_make_a_remainder_likelier() -> None:
    """Of 2^255 + 1 about half of all blocks are too large; without rejection small numbers came twice as often."""
    stream, n = SecretStream(secret(2), "label"), 2**255 + 1

    lower_half = sum(stream.randbelow(n) < n // 2 for _ in range(2000))

    assert abs(lower_half - 1000) < 4 * (2000 * 0.25) ** 0.5
    assert next(stream._blocks) > 3600


def test_stream_of_another_label_is_another_one() -> None:
    one, other = (SecretStream(secret(1), label) for label in ("one", "other"))

    assert [one.randbelow(2**64) for _ in range(5)] != [other.randbelow(2**64) for _ in range(5)]


def test_number_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"A random number below 0 does not exist; ask for one below 1 or more\."):
        SecretStream(secret(1), "label").randbelow(0)


def test_shuffle_gives_24_orders_of_four_equally_often_in_4800(dice: Dice) -> None:
    orders = Counter(tuple(shuffled("abcd", dice)) for _ in range(4800))

    assert len(orders) == 24
    assert chisquare(list(orders.values())).pvalue > 0.001


def test_two_arms_of_an_even_cohort_are_equal(draw_cohort: CohortDraw) -> None:
    assert {draw_cohort.draw(44).count(arm.id) for arm in TWO for _ in range(20)} == {22}
