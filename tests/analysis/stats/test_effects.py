"""Standardised differences beside R and by the laws they must keep.

R 4.2.2, `pt(t, df, ncp)` solved for ncp by `uniroot(..., tol = 1e-13)`; s pooled, J by lgamma:
    J <- exp(lgamma(df/2) - lgamma((df-1)/2)) / sqrt(df/2); g <- J * (mean(a) - mean(b)) / s
    low  <- sqrt(1/n1 + 1/n2) * uniroot(function(n) pt(t, df, n) - .975, c(t-12, t+12), tol=1e-13)$root
on DASS_Anxiety of the published file, CCT minus WL.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.stats.meta_analysis import effectsize_smd

from analysis.stats.effects import between_arms
from analysis.stats.errors import BadInput, ConstantOutcome, DidNotConverge, TooFewObservations
from analysis.stats.hedges import hedges_correction, standardised_difference

SHARED = Path(__file__).parents[3].parent / "shared"
NAMES = {"participant": "id", "arm": "arm", "time": "time", "outcome": "stress"}

# time, n CCT, n WL, pooled SD, g, low, high
R_ANXIETY = [
    (1, 18, 22, 3.7938820052627, 0.35619566988575, -0.26713800971173, 0.98929751404313),
    (2, 17, 20, 3.2510114780253, -0.75591507304954, -1.438733639181, -0.096255784560948),
    (3, 17, 19, 3.6899998741473, -0.51599997009475, -1.1901657458364, 0.14215033145064),
]

values = st.lists(st.integers(0, 21), min_size=3, max_size=12).filter(lambda found: len(set(found)) > 1)


def cct():
    return pyreadstat.read_sav(str(SHARED / "data" / "cct-medical-students.sav"))[0]


def long(first, second):
    arms = ["WL"] * len(first) + ["CCT"] * len(second)
    return pd.DataFrame({"id": range(len(arms)), "arm": arms, "time": 1, "stress": [*first, *second]})


def effect(frame, **named):
    return between_arms(frame, **NAMES, **named).table.iloc[0]


@pytest.mark.parametrize(("time", "n_arm", "n_versus", "sd", "g", "low", "high"), R_ANXIETY)
def test_between_arms_agrees_with_r_to_1e_9(time, n_arm, n_versus, sd, g, low, high):
    table = between_arms(cct(), participant="id", arm="Group", time="Time", outcome="DASS_Anxiety").table

    row = table.set_index("time").loc[time]

    assert (row["n_arm"], row["n_versus"]) == (n_arm, n_versus)
    assert row[["sd_pooled", "g", "low", "high"]].tolist() == pytest.approx([sd, g, low, high], rel=1e-9)


def test_correction_is_one_over_root_pi_for_2_degrees_of_freedom():
    assert hedges_correction(2) == pytest.approx(1 / np.sqrt(np.pi), rel=1e-14)


@pytest.mark.parametrize("df", [10, 100, 10_000])
def test_correction_is_near_its_approximation(df):
    assert hedges_correction(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=1 / df**2)


def test_standard_error_is_near_statsmodels_whose_correction_is_approximate():
    g, variance = effectsize_smd(15, 5, 20, 12, 6, 25)

    found = standardised_difference(15, 5, 20, 12, 6, 25)

    assert [found.g, found.se] == pytest.approx([g, np.sqrt(variance)], rel=2e-3)


def test_interval_excludes_zero_exactly_when_student_t_is_significant():
    n, difference = 10, student.isf(0.025, 18) * np.sqrt(2 / 10)

    found = standardised_difference(difference, 1, n, 0, 1, n)

    assert found.low == pytest.approx(0, abs=1e-10)


def test_interval_covers_a_true_difference_of_one_in_95_of_100_samples():
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, (1000, 8)), rng.normal(0, 1, (1000, 6))

    found = [
        standardised_difference(x.mean(), x.std(ddof=1), 8, y.mean(), y.std(ddof=1), 6)
        for x, y in zip(a, b, strict=True)
    ]

    # five standard errors of a proportion of .95 in 1000 samples
    assert np.mean([e.low < 1 < e.high for e in found]) == pytest.approx(0.95, abs=0.035)


def test_three_arms_give_each_pair_the_later_arm_minus_the_earlier():
    frame = pd.DataFrame({"id": range(6), "arm": [0, 0, 1, 1, 2, 2], "time": 1, "stress": [1, 2, 3, 5, 4, 9]})

    table = between_arms(frame, **NAMES, reference_arm=2).table

    assert table[["arm", "versus"]].to_numpy().tolist() == [[0, 2], [1, 2], [1, 0]]


@given(values, values)
def test_swapping_the_arms_flips_the_sign(first, second):
    here = effect(long(first, second), reference_arm="WL")
    there = effect(long(first, second), reference_arm="CCT")

    assert [here["g"], here["low"], here["high"]] == pytest.approx(
        [-there["g"], -there["high"], -there["low"]], abs=1e-9
    )


@given(values, values, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_shift_and_scale_change_nothing(first, second, scale, shift):
    frame = long(first, second)
    moved = frame.assign(stress=frame["stress"] * scale + shift)

    assert effect(moved)[["g", "low", "high"]].tolist() == pytest.approx(
        effect(frame)[["g", "low", "high"]].tolist(), abs=1e-6
    )


@given(values, values, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(first, second, random):
    frame = long(first, second)
    order = list(frame.index)
    random.shuffle(order)

    mixed = effect(frame.loc[order], reference_arm="WL")

    assert mixed["g"] == pytest.approx(effect(frame)["g"], abs=1e-12)


@given(values, values)
def test_a_participant_without_a_value_changes_nothing(first, second):
    frame = long(first, second)

    more = pd.concat([frame, long([np.nan], []).assign(id=-1)])

    assert effect(more).equals(effect(frame))


@given(values, values)
def test_one_participant_more_at_the_arms_mean_adds_a_degree_of_freedom_and_no_spread(first, second):
    before = effect(long(first, second))

    after = effect(long([*first, np.mean(first)], second))

    df = len(first) + len(second) - 2
    assert after["sd_pooled"] == pytest.approx(before["sd_pooled"] * np.sqrt(df / (df + 1)), rel=1e-9)


@pytest.mark.parametrize(
    ("group", "error"),
    [
        ((np.inf, 1, 5), BadInput),
        ((1, np.nan, 5), BadInput),
        ((1, -1, 5), BadInput),
        ((1, 1, 5.5), BadInput),
        ((1, 1, 1), TooFewObservations),
    ],
)
def test_standardised_difference_refuses_a_bad_group(group, error):
    with pytest.raises(error):
        standardised_difference(*group, 0, 1, 5)


def test_standardised_difference_refuses_two_constant_groups():
    with pytest.raises(ConstantOutcome, match="Both groups have a standard deviation of zero"):
        standardised_difference(1, 0, 5, 2, 0, 5)


def test_standardised_difference_refuses_a_difference_beyond_reach():
    with pytest.raises(DidNotConverge):
        standardised_difference(1e7, 1, 5, 0, 1, 5)


def test_between_arms_names_arm_and_time_of_too_few_values():
    frame = long([1, 2], [3, np.nan])

    with pytest.raises(TooFewObservations, match="stress: arm 'CCT' has 1 value at time 1"):
        effect(frame)


def test_between_arms_names_the_time_of_a_constant_outcome():
    with pytest.raises(ConstantOutcome, match="stress: arms 'CCT', 'WL' have no spread at time 1"):
        effect(long([0.1, 0.1, 0.1], [0.3, 0.3, 0.3]))


def test_between_arms_refuses_one_arm():
    with pytest.raises(TooFewObservations, match=r"arm has 1 arm \('WL'\); a comparison needs two"):
        effect(long([1, 2], []))
