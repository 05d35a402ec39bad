"""Reliable change: the worked example of Jacobson & Truax (1991), every branch of the two rules, and laws.

The article's imaginary measure: pretest mean 40, sd 7.5; functional mean 60, sd 7.5; reliability .80; one
person from 32.5 to 47.5. S_diff 4.74, RC 3.16 and c = 50 are the article's figures; a = 55 and b = 45 follow
from its definitions (40 + 15 and 60 - 15).
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.errors import BadInput
from analysis.stats.reliable_change import (
    CATEGORIES,
    Criteria,
    Norm,
    categories,
    cutoff_a,
    cutoff_b,
    cutoff_c,
    reliable_change_index,
    standard_error_of_difference,
)

CLINICAL, HEALTHY = Norm(40, 7.5), Norm(60, 7.5)

# S_diff is 2 exactly: sd sqrt(2) and reliability 0, so |RCI| > 1.96 from 4 raw points on
WORSE = {"sd": np.sqrt(2), "reliability": 0, "higher_is": "worse", "cutoff": 8}

scores = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 21)), st.one_of(st.none(), st.integers(0, 21))),
    min_size=1,
    max_size=30,
)


def category(pre, post, **named):
    return categories([pre], [post], Criteria(**(WORSE | named)))["category"].item()


def columns_of(pairs):
    return [np.array(side, dtype=float) for side in zip(*pairs, strict=True)]


def test_jacobson_truax_s_diff_is_4_74():
    assert round(standard_error_of_difference(7.5, 0.80), 2) == 4.74


def test_jacobson_truax_rc_is_3_16():
    assert reliable_change_index([32.5], [47.5], 7.5, 0.80).round(2).tolist() == [3.16]


def test_jacobson_truax_cutoffs_are_55_45_and_50():
    assert [cutoff_a(CLINICAL, "better"), cutoff_b(HEALTHY, "better"), cutoff_c(CLINICAL, HEALTHY)] == [
        55,
        45,
        50,
    ]


@pytest.mark.parametrize(("cutoff", "expected"), [(55, "improved"), (45, "recovered"), (50, "improved")])
def test_jacobson_truax_person_is_recovered_by_cutoff_b_alone(cutoff, expected):
    # derived: 47.5 lies beyond b only, and 3.16 > 1.96
    criteria = Criteria(sd=7.5, reliability=0.80, higher_is="better", cutoff=cutoff)

    assert categories([32.5], [47.5], criteria)["category"].tolist() == [expected]


@pytest.mark.parametrize(
    ("name", "burned_out", "healthy", "expected"),
    [
        ("exhaustion", Norm(23.23, 4.74), Norm(14.96, 5.71), 19.48),
        ("cynicism", Norm(14.44, 5.59), Norm(7.59, 5.16), 10.88),
        ("efficacy", Norm(24.81, 5.35), Norm(28.74, 3.21), 27.27),
    ],
)
def test_cutoff_c_of_burnout_is_as_tabulated(name, burned_out, healthy, expected):
    assert round(cutoff_c(burned_out, healthy), 2) == expected


def test_cutoffs_turn_with_the_direction_of_the_scale():
    assert [cutoff_a(Norm(23.23, 4.74), "worse"), cutoff_b(Norm(2.83, 3.87), "worse")] == pytest.approx([13.75, 10.57])


@pytest.mark.parametrize(
    ("pre", "post", "expected"),
    [
        (15, 3, "recovered"),
        (15, 9, "improved"),
        (12, 8, "improved"),  # on the cut-off is not beyond it
        (10, 7, "unchanged"),  # beyond the cut-off, not reliably
        (7, 10, "unchanged"),  # worse, not reliably
        (6, 10, "deteriorated"),
        (6, 2, "recovered"),  # began in the functional range
        (None, 3, "not classifiable"),
        (15, None, "not classifiable"),
    ],
)
def test_default_rule(pre, post, expected):
    assert category(pre, post) == expected


@pytest.mark.parametrize(
    ("pre", "post", "expected", "outside"),
    [
        (15, 3, "recovered", False),
        (15, 9, "improved", False),
        (12, 10, "unchanged", False),
        (10, 7, "unchanged", True),
        (7, 7, "unchanged", True),
        (7, 8, "deteriorated", False),
        (9, 9, "unchanged", False),
        (None, 3, "not classifiable", False),
    ],
)
def test_rojas_rule(pre, post, expected, outside):
    found = categories([pre], [post], Criteria(**WORSE, rule="rojas"))

    assert found[["category", "outside_rule"]].to_numpy().tolist() == [[expected, outside]]


def test_without_a_cutoff_nobody_is_recovered():
    assert category(15, 0, cutoff=None) == "improved"


def test_a_change_of_exactly_the_critical_value_is_not_reliable():
    assert category(10, 6, critical=2.0) == "unchanged"


@given(scores)
def test_every_person_has_one_known_category(pairs):
    found = categories(*columns_of(pairs), Criteria(**WORSE))["category"]

    assert len(found) == len(pairs)
    assert set(found) <= set(CATEGORIES)


@given(scores)
def test_turning_the_scale_round_changes_no_category(pairs):
    pre, post = columns_of(pairs)
    turned = Criteria(**(WORSE | {"higher_is": "better", "cutoff": 21 - 8}))

    here, there = categories(pre, post, Criteria(**WORSE)), categories(21 - pre, 21 - post, turned)

    assert here["category"].tolist() == there["category"].tolist()


@given(scores, st.sampled_from([0.5, 2, 4]), st.integers(-50, 50))
def test_shift_and_scale_change_no_category(pairs, scale, shift):
    pre, post = columns_of(pairs)
    moved = Criteria(**(WORSE | {"sd": np.sqrt(2) * scale, "cutoff": 8 * scale + shift}))

    found = categories(pre * scale + shift, post * scale + shift, moved)["category"]

    assert found.tolist() == categories(pre, post, Criteria(**WORSE))["category"].tolist()


@given(scores)
def test_swapping_pre_and_post_flips_the_index(pairs):
    pre, post = columns_of(pairs)

    there, back = reliable_change_index(pre, post, 4, 0.8), reliable_change_index(post, pre, 4, 0.8)

    assert np.array_equal(there, -back, equal_nan=True)


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"sd": 0}, r"The standard deviation must be a number in \(0, inf\); 0"),
        ({"reliability": 1}, r"The reliability must be a number in \[0, 1\); 1"),
        ({"reliability": -0.2}, "The reliability must be"),
        ({"reliability": np.nan}, "The reliability must be"),
        ({"higher_is": "up"}, "higher_is must be 'better' or 'worse'; 'up'"),
        ({"cutoff": np.inf}, "cutoff must be a number"),
        ({"critical": 0}, "critical must be a number"),
        ({"rule": "paper"}, "The rule must be 'default' or 'rojas'; 'paper'"),
        ({"rule": "rojas", "cutoff": None}, "The rule 'rojas' needs a cut-off"),
    ],
)
def test_criteria_out_of_range_are_refused(named, sentence):
    with pytest.raises(BadInput, match=sentence):
        Criteria(**(WORSE | named))


def test_an_infinite_score_is_refused():
    with pytest.raises(BadInput, match="Mark an infinite score as missing"):
        reliable_change_index([1.0], [np.inf], 4, 0.8)


def test_unequal_lengths_are_refused():
    with pytest.raises(BadInput, match="pre has 2 scores and post 1"):
        reliable_change_index([1, 2], [1], 4, 0.8)


def test_text_is_refused():
    with pytest.raises(BadInput, match="Scores must be numbers, missing ones NaN"):
        reliable_change_index(["low"], ["high"], 4, 0.8)


def test_a_norm_without_spread_is_refused():
    with pytest.raises(BadInput, match="The standard deviation of a norm"):
        Norm(5, 0)
