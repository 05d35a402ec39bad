"""Little's test against R: lavaan's figures in little_mcar.json, and EM run to 1e-15 in base R 4.2.2.

lavaan's optimiser stops about 1e-7 short of the maximum. EM in base R, person by person on scale()d columns
(T1 and T2 sums, solve(S[o, o])), until no parameter moves by 1e-15, gives the two exact figures below.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.stats.errors import (
    BadInput,
    ConstantOutcome,
    DidNotConverge,
    StatisticsError,
    TooFewObservations,
)
from analysis.stats.little_mcar import little_mcar
from analysis.stats.missingness import across_waves

SHARED = Path(__file__).parents[3].parent / "shared"
R_EM = {"airquality_6_columns": 35.1061749071556, "cct_dass_3_scales_by_3_times": 19.2822650459901}


def published(name):
    if name == "airquality_6_columns":
        return pd.read_csv(SHARED / "reference" / "airquality.csv")
    frame = pyreadstat.read_sav(str(SHARED / "data" / "cct-medical-students.sav"))[0]
    scales = ["DASS_Stress", "DASS_Anxiety", "DASS_Depression"]
    return across_waves(frame, participant="id", time="Time", outcomes=scales)


def scores(seed, people=40, variables=4, missing=0.15):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(people, variables)) + rng.normal(size=(people, 1))
    values[rng.random(values.shape) < missing] = np.nan
    return pd.DataFrame(values, columns=[f"v{number}" for number in range(variables)])


@pytest.mark.parametrize("name", R_EM)
def test_little_mcar_agrees_with_lavaan_to_2e_7_and_its_p_to_1e_7(name):
    reference = json.loads((SHARED / "reference" / "little_mcar.json").read_text())[name]

    found = little_mcar(published(name))

    assert [found.df, found.n, len(found.patterns)] == [
        reference["df"],
        reference["n"],
        reference["patterns"],
    ]
    assert found.statistic == pytest.approx(reference["statistic"], rel=2e-7)
    assert found.p == pytest.approx(reference["p"], abs=1e-7)


@pytest.mark.parametrize("name", R_EM)
def test_little_mcar_agrees_with_em_in_r_to_1e_11(name):
    assert little_mcar(published(name)).statistic == pytest.approx(R_EM[name], rel=1e-11)


def test_patterns_name_the_missing_columns_and_add_up():
    found = little_mcar(published("airquality_6_columns"))

    assert found.patterns["missing"].tolist() == ["", "Ozone", "Solar.R", "Ozone, Solar.R"]
    assert found.patterns["people"].tolist() == [111, 35, 5, 2]
    assert found.patterns["contribution"].sum() == found.statistic


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_people_and_columns_changes_nothing(seed, random):
    frame = scores(seed)
    rows, columns = list(frame.index), list(frame.columns)
    random.shuffle(rows)
    random.shuffle(columns)

    mixed = little_mcar(frame.loc[rows, columns])

    assert mixed.statistic == pytest.approx(little_mcar(frame).statistic, rel=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.001, 1000), st.floats(-1e4, 1e4))
def test_units_of_a_column_change_nothing(seed, scale, shift):
    frame = scores(seed)
    moved = frame.assign(v1=frame["v1"] * -scale + shift)

    assert little_mcar(moved).statistic == pytest.approx(little_mcar(frame).statistic, rel=1e-5)


def test_a_participant_without_any_value_changes_nothing():
    frame = scores(1)

    more = little_mcar(pd.concat([frame, pd.DataFrame([{"v0": np.nan}])]))

    assert more.statistic == little_mcar(frame).statistic


def test_one_participant_more_is_one_more_in_n():
    frame = scores(1)

    assert little_mcar(pd.concat([frame, frame.head(1)])).n == little_mcar(frame).n + 1


def test_p_is_uniform_when_values_are_missing_completely_at_random():
    p = [little_mcar(scores(seed, people=200, variables=3, missing=0.1)).p for seed in range(200)]

    # a Kolmogorov distance of 1.63 / sqrt(200) has probability .01
    assert np.abs(np.sort(p) - np.linspace(0, 1, 200)).max() < 1.63 / np.sqrt(200)


def test_p_is_small_when_the_low_scorers_drop_out():
    frame = scores(3, people=100, variables=2, missing=0)
    frame.loc[frame["v0"] < -0.5, "v1"] = np.nan

    assert little_mcar(frame).p < 1e-6


def test_collinear_columns_are_named():
    frame = scores(0, missing=0.1)
    frame["total"] = frame["v1"] + 2 * frame["v2"]

    with pytest.raises(BadInput, match=r"These columns are collinear .*: v1, v2, total\. Leave one"):
        little_mcar(frame)


def test_as_many_variables_as_people_are_refused_with_a_sentence():
    with pytest.raises(TooFewObservations, match=r"There are 12 variables and 12 people .* one scale across"):
        little_mcar(scores(0, people=12, variables=12))


def test_people_that_are_too_few_for_a_regression_are_refused_as_collinear():
    frame = scores(0, people=7, variables=6, missing=0)
    frame.loc[0, "v0"] = np.nan

    with pytest.raises(BadInput, match=r"collinear .* test fewer columns at a time"):
        little_mcar(frame)


def test_columns_never_observed_together_are_named():
    frame = scores(0, missing=0)
    frame.loc[:19, "v1"] = np.nan
    frame.loc[20:, "v3"] = np.nan

    with pytest.raises(TooFewObservations, match="Only 0 participants with both v1 and v3"):
        little_mcar(frame)


def test_an_iteration_limit_is_named():
    with pytest.raises(DidNotConverge, match="after 2 iterations"):
        little_mcar(scores(0), most_iterations=2)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"v1": 3.0}, ConstantOutcome, "v1 is 3 for everybody"),
        ({"v1": np.nan}, TooFewObservations, "v1 has no value at all"),
        ({"v1": np.inf}, BadInput, "v1 has an infinite value"),
        ({"v1": "low"}, BadInput, "v1 has text in row 1"),
    ],
)
def test_a_useless_column_is_named(change, error, sentence):
    with pytest.raises(error, match=sentence):
        little_mcar(scores(0).assign(**change))


def test_complete_data_are_refused():
    with pytest.raises(BadInput, match="nothing is missing"):
        little_mcar(scores(0, missing=0))


def test_one_variable_is_refused():
    with pytest.raises(TooFewObservations, match="two or more variables; 1 given"):
        little_mcar(scores(0)[["v0"]])


def test_the_whole_published_file_is_refused():
    frame = pyreadstat.read_sav(str(SHARED / "data" / "cct-medical-students.sav"))[0]
    outcomes = [name for name in frame.columns if name not in ("id", "Group", "Time")]

    with pytest.raises(StatisticsError, match="There are 81 variables and 40 people"):
        little_mcar(across_waves(frame, participant="id", time="Time", outcomes=outcomes))
