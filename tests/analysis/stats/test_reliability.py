"""Cronbach's alpha against base R 4.2.2, an independent formula, and its laws.

R: X <- na.omit(as.matrix(d[d$Time == 3, <the five DERS subscales>])); C <- cov(X); k <- 5; n <- 36
    k / (k - 1) * (1 - sum(diag(C)) / sum(C));  the same of X[, -i];  cor(X[, i], rowSums(X[, -i]))
    1 - (1 - a) * qf(c(.975, .025), n - 1, (n - 1) * (k - 1));  k * r / (1 + (k - 1) * r), r mean of cor(X)
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations
from analysis.stats.reliability import cronbach_alpha

SHARED = Path(__file__).parents[3].parent / "shared"
ITEMS = ["DERS_Desatencion", "DERS_Confusion", "DERS_Rechazo", "DERS_Interferencia", "DERS_Descontrol"]
R_ALPHA, R_STANDARDISED = 0.792409548188725, 0.826119411870545
R_FELDT = [0.661769254003807, 0.882960599147305]
R_DELETED = [0.781943320830575, 0.787115165003344, 0.700585849022991, 0.742899777871575, 0.71478658517015]
R_REST = [0.502716756876958, 0.542517589592698, 0.736447895056718, 0.641736564256044, 0.715087753451842]
R_SD = [3.59364518480689, 2.70038210112263, 7.55361786544321, 4.28165151343961, 7.75390326693697]


def ders():
    frame = pyreadstat.read_sav(str(SHARED / "data" / "cct-medical-students.sav"))[0]
    return frame.loc[frame["Time"] == 3, ITEMS]


def answers(seed, people=30, items=5):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(people, items)) + rng.normal(size=(people, 1))
    return pd.DataFrame(values, columns=[f"i{number}" for number in range(items)])


seeds = st.integers(0, 10_000)


def test_alpha_and_feldts_interval_agree_with_r_to_1e_10():
    found = cronbach_alpha(ders())

    assert [found.alpha, found.standardised] == pytest.approx([R_ALPHA, R_STANDARDISED], rel=1e-12)
    assert [found.low, found.high] == pytest.approx(R_FELDT, rel=1e-10)


def test_items_agree_with_r_to_1e_12():
    found = cronbach_alpha(ders()).items

    assert found["item"].tolist() == ITEMS
    assert found["alpha_if_deleted"].tolist() == pytest.approx(R_DELETED, rel=1e-12)
    assert found["item_rest"].tolist() == pytest.approx(R_REST, rel=1e-12)
    assert found["sd"].tolist() == pytest.approx(R_SD, rel=1e-12)


def test_complete_cases_are_36_of_40():
    found = cronbach_alpha(ders())

    assert (found.n, found.left_out) == (36, 4)


@given(seeds)
def test_alpha_is_one_minus_residual_over_people_mean_square(seed):
    scores = answers(seed).to_numpy()
    n, k = scores.shape
    people, items = scores.mean(axis=1, keepdims=True), scores.mean(axis=0)
    between = k * ((people - scores.mean()) ** 2).sum() / (n - 1)
    residual = ((scores - people - items + scores.mean()) ** 2).sum() / ((n - 1) * (k - 1))

    assert cronbach_alpha(answers(seed)).alpha == pytest.approx(1 - residual / between, abs=1e-12)


def test_interval_covers_a_true_alpha_of_five_sixths_in_95_of_100_samples():
    # parallel items with correlation .5: alpha = 5 * .5 / (1 + 4 * .5)
    found = [cronbach_alpha(answers(seed, people=15)) for seed in range(1000)]

    assert np.mean([f.low < 5 / 6 < f.high for f in found]) == pytest.approx(0.95, abs=0.035)


@given(seeds, st.floats(0.01, 100), st.lists(st.floats(-100, 100), min_size=5, max_size=5))
def test_shift_of_each_item_and_common_scale_change_nothing(seed, scale, shift):
    moved = answers(seed) * scale + np.array(shift)

    assert cronbach_alpha(moved).alpha == pytest.approx(cronbach_alpha(answers(seed)).alpha, abs=1e-8)


@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_people_and_items_changes_nothing(seed, random):
    frame = answers(seed)
    rows, columns = list(frame.index), list(frame.columns)
    random.shuffle(rows)
    random.shuffle(columns)

    assert cronbach_alpha(frame.loc[rows, columns]).alpha == pytest.approx(cronbach_alpha(frame).alpha)


@given(seeds)
def test_standardised_alpha_is_alpha_of_equal_spreads(seed):
    frame = answers(seed)

    assert cronbach_alpha(frame / frame.std()).alpha == pytest.approx(cronbach_alpha(frame).standardised)


@given(seeds)
def test_one_participant_more_with_an_answer_missing_changes_only_the_number_left_out(seed):
    frame = answers(seed)

    more = cronbach_alpha(pd.concat([frame, frame.head(1).assign(i0=np.nan)]))

    assert (more.alpha, more.n, more.left_out) == (cronbach_alpha(frame).alpha, len(frame), 1)


def test_two_items_have_no_alpha_if_deleted():
    found = cronbach_alpha(answers(1, items=2)).items

    assert found.columns.tolist() == ["item", "mean", "sd", "item_rest"]


def test_an_item_that_runs_against_the_others_shows_in_item_rest():
    frame = answers(1)

    assert cronbach_alpha(frame.assign(i0=-frame["i0"])).items["item_rest"].iloc[0] < 0


@pytest.mark.parametrize(
    ("frame", "error", "sentence"),
    [
        (answers(1)[["i0"]], TooFewObservations, "Alpha needs two or more items; 1 given"),
        (answers(1).head(2), TooFewObservations, "2 of 2 people answered every item"),
        (answers(1).assign(i1=np.nan), TooFewObservations, "0 of 30 people answered every item"),
        (answers(1).assign(i1=2), ConstantOutcome, "Item i1 is 2 for everybody"),
        (answers(1).assign(i1=np.inf), BadInput, "i1 has an infinite value"),
        (answers(1).assign(i1="often"), BadInput, "i1 has text in row 1"),
        (
            pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1]}),
            ConstantOutcome,
            "Every person has the same total: the scale tells nobody apart. Check the reversed items",
        ),
        (
            pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1], "c": [1, 3, 4]}),
            ConstantOutcome,
            "Without item c every person has the same total",
        ),
    ],
)
def test_what_has_no_alpha_is_refused(frame, error, sentence):
    with pytest.raises(error, match=sentence):
        cronbach_alpha(frame)


def test_a_level_of_one_is_refused():
    with pytest.raises(BadInput, match="level must be a number"):
        cronbach_alpha(answers(1), level=1)
