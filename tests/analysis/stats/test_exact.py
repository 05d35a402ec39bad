"""Fisher-Freeman-Halton against R 4.2.2 `fisher.test(table, workspace = 2e8)$p.value` and its laws."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from analysis.stats.errors import BadInput, TooFewObservations
from analysis.stats.exact import fisher_freeman_halton

R_FISHER = {
    "tea": ([[3, 1], [1, 3]], 0.485714285714286),
    "two_by_two": ([[120, 80], [90, 110]], 0.00363518555588144),
    "sparse": ([[0, 3, 0, 1, 0], [2, 0, 4, 0, 1]], 0.0121212121212121),
    "all_equal": ([[2, 2, 2], [2, 2, 2]], 1.0),
    "tall": ([[1, 5], [4, 4], [7, 1]], 0.0357444413171964),
    "four_categories": ([[5, 2, 6, 3], [2, 0, 4, 16]], 0.00497894034674038),
    "five_categories": ([[7, 2, 5, 1, 3], [2, 1, 10, 5, 4]], 0.122192026434356),
    "three_arms": ([[8, 3, 5, 2], [1, 4, 13, 4], [3, 3, 3, 9]], 0.0048563823729517),
}
# the job satisfaction table of R's own example: ?fisher.test
JOB = [[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]]
R_JOB = 0.782684938965693

small = st.integers(0, 6)
tables = st.lists(st.lists(small, min_size=3, max_size=3), min_size=2, max_size=2).filter(
    lambda t: np.array(t).sum(axis=1).all() and (np.array(t).sum(axis=0) > 0).sum() > 1
)


@pytest.mark.parametrize("name", R_FISHER)
def test_enumeration_agrees_with_r_to_1e_10(name):
    table, p = R_FISHER[name]

    found = fisher_freeman_halton(table)

    assert found.p == pytest.approx(p, rel=1e-10)
    assert (found.method, found.standard_error, found.draws) == ("enumeration", 0.0, 0)


@pytest.mark.parametrize("name", R_FISHER)
def test_monte_carlo_is_within_four_standard_errors_of_r(name):
    table, p = R_FISHER[name]

    found = fisher_freeman_halton(table, rng=np.random.default_rng(1), largest=0)

    assert found.method == "monte_carlo"
    assert abs(found.p - p) <= 4 * found.standard_error + 1e-5


def test_job_satisfaction_is_too_large_to_enumerate_and_drawn_within_four_standard_errors_of_r():
    found = fisher_freeman_halton(JOB, rng=np.random.default_rng(2), largest=10_000)

    assert abs(found.p - R_JOB) <= 4 * found.standard_error


def test_the_same_seed_gives_the_same_p():
    first, second = (fisher_freeman_halton(JOB, rng=np.random.default_rng(3), draws=5000, largest=0) for _ in range(2))

    assert first == second


def test_standard_error_is_that_of_a_proportion():
    found = fisher_freeman_halton(JOB, rng=np.random.default_rng(3), draws=5000, largest=0)

    assert found.standard_error == pytest.approx(math.sqrt(found.p * (1 - found.p) / 5000))


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4))
def test_two_by_two_agrees_with_scipy(cells):
    table = np.array(cells).reshape(2, 2)
    if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
        return

    assert fisher_freeman_halton(table).p == pytest.approx(fisher_exact(table).pvalue, rel=1e-7)


@settings(max_examples=50)
@given(tables)
def test_enumeration_agrees_with_brute_force(table):
    counts = np.array(table)
    total = counts.sum(axis=0)

    def weight(first):
        return math.prod(math.comb(int(c), int(x)) for c, x in zip(total, first, strict=True))

    ways = [weight(first) for first in product(*(range(c + 1) for c in total)) if sum(first) == counts[0].sum()]
    expected = sum(way for way in ways if way <= weight(counts[0])) / sum(ways)

    assert fisher_freeman_halton(counts).p == pytest.approx(expected, rel=1e-9)


@given(tables, st.permutations(range(3)))
def test_relabelling_arms_and_categories_changes_nothing(table, order):
    mixed = np.array(table)[::-1][:, order]

    assert fisher_freeman_halton(mixed.T).p == pytest.approx(fisher_freeman_halton(table).p, rel=1e-9)


def test_a_table_too_large_without_rng_says_what_to_do():
    with pytest.raises(BadInput, match=r"The 4 x 4 table of 96 people is too large .* Give rng="):
        fisher_freeman_halton(JOB, largest=1000)


def test_one_category_is_refused():
    with pytest.raises(TooFewObservations):
        fisher_freeman_halton([[3, 0], [5, 0]])


@pytest.mark.parametrize("named", [{"draws": 10}, {"draws": 1e4}, {"largest": -1}])
def test_bad_limits_are_refused(named):
    with pytest.raises(BadInput, match=next(iter(named))):
        fisher_freeman_halton([[3, 1], [1, 3]], **named)
