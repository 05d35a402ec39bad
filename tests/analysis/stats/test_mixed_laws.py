"""Laws that hold for every data set, on trials that hypothesis makes up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.stats.fixed_effects import fixed_effects
from analysis.stats.joint import joint_tests
from analysis.stats.likelihood import deviance
from analysis.stats.marginal import (
    contrasts_between_arms,
    contrasts_within_arms,
    custom_contrast,
    differences_in_change,
    marginal_means,
)
from analysis.stats.mixed import fit_mixed
from analysis.stats.standardised import standardised_differences
from tests.analysis.reference.make_designs import synthetic_trial

LAWS = settings(max_examples=25, deadline=None)


@st.composite
def trials(draw, complete=False):
    """Two to four arms of 4 to 12, two to five times, with and without dropout and variance between people."""
    sizes = draw(st.lists(st.integers(4, 12), min_size=2, max_size=4))
    return synthetic_trial(
        seed=draw(st.integers(0, 10**6)),
        arm_sizes=tuple(sizes),
        n_times=draw(st.integers(2, 5)),
        sd_subject=draw(st.sampled_from([0.0, 0.5, 2.0, 20.0])),
        dropout=0.0 if complete else draw(st.sampled_from([0.0, 0.1])),
    )


def is_estimable(frame):
    return frame.groupby(["arm", "wave"])["y"].count().min() > 0


def fit(frame, **options):
    return fit_mixed(frame, "y", participant="person", arm="arm", time="wave", **options)


def numbers(table):
    return table.select_dtypes("number").drop(columns=["arm", "time"], errors="ignore").to_numpy().ravel()


TABLES = [fixed_effects, marginal_means, contrasts_within_arms, contrasts_between_arms, joint_tests]


@LAWS
@given(trials().filter(is_estimable), st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(frame, random):
    rows = list(range(len(frame)))
    random.shuffle(rows)

    before, after = fit(frame), fit(frame.iloc[rows])

    for table in TABLES:
        assert numbers(table(after)) == pytest.approx(numbers(table(before)), rel=1e-9, abs=1e-9)


@LAWS
@given(trials().filter(is_estimable))
def test_names_of_participants_change_nothing(frame):
    renamed = frame.assign(person="p" + (1000 - frame["person"]).astype(str))

    for table in TABLES:
        assert numbers(table(fit(renamed))) == pytest.approx(numbers(table(fit(frame))), rel=1e-9, abs=1e-9)


@LAWS
@given(trials().filter(is_estimable), st.floats(-1e4, 1e4), st.floats(1e-3, 1e3))
def test_shift_and_scale_of_the_outcome_carry_over(frame, shift, scale):
    before, after = fit(frame), fit(frame.assign(y=shift + scale * frame["y"]))
    old, new = marginal_means(before), marginal_means(after)

    assert new["mean"].to_numpy() == pytest.approx(shift + scale * old["mean"], rel=1e-7, abs=1e-6 * scale)
    assert new["se"].to_numpy() == pytest.approx(scale * old["se"], rel=1e-6)
    assert numbers(joint_tests(after)) == pytest.approx(numbers(joint_tests(before)), rel=1e-4, abs=1e-6)
    degrees = after.n_obs - len(after.coefficients)
    assert after.criterion == pytest.approx(before.criterion + 2 * degrees * np.log(scale), rel=1e-8, abs=1e-6)


@LAWS
@given(trials().filter(is_estimable))
def test_swapping_the_sign_of_the_outcome_mirrors_intervals(frame):
    old, new = fixed_effects(fit(frame)), fixed_effects(fit(frame.assign(y=-frame["y"])))

    assert new["profile_low"].to_numpy() == pytest.approx(-old["profile_high"], rel=1e-6, abs=1e-7)
    assert new["p_kr"].to_numpy() == pytest.approx(old["p_kr"], rel=1e-6, abs=1e-9)


@LAWS
@given(trials().filter(is_estimable))
def test_relabelling_of_arms_moves_the_rows_and_nothing_else(frame):
    last = frame["arm"].max()
    old = marginal_means(fit(frame)).set_index(["arm", "time"])
    new = marginal_means(fit(frame.assign(arm=last - frame["arm"]))).reset_index(drop=True)
    new = new.assign(arm=last - new["arm"]).set_index(["arm", "time"]).loc[old.index]

    assert new.to_numpy(float) == pytest.approx(old.to_numpy(float), rel=1e-8)


@LAWS
@given(trials().filter(is_estimable))
def test_swapping_the_reference_changes_no_fit_mean_or_joint_test(frame):
    before = fit(frame)
    after = fit(frame, reference_arm=frame["arm"].max(), reference_time=frame["wave"].max())
    old, new = (marginal_means(model).set_index(["arm", "time"]) for model in (before, after))

    assert after.criterion == pytest.approx(before.criterion, rel=1e-10)
    assert new.loc[old.index].to_numpy(float) == pytest.approx(old.to_numpy(float), rel=1e-8)
    assert numbers(joint_tests(after)) == pytest.approx(numbers(joint_tests(before)), rel=1e-6, abs=1e-9)


@LAWS
@given(trials().filter(is_estimable))
def test_coefficients_with_a_swapped_reference_are_contrasts_of_the_old_means(frame):
    last = frame["arm"].max()
    table = fixed_effects(fit(frame, reference_arm=last))
    row = table[(table["arm"] == 0) & (table["time"] == 2)].iloc[0]
    weights = {(0, 2): 1, (0, 1): -1, (last, 2): -1, (last, 1): 1}

    direct = custom_contrast(fit(frame), weights).iloc[0]

    assert [row["estimate"], row["se_kr"], row["df_kr"]] == pytest.approx(
        [direct["estimate"], direct["se"], direct["df"]], rel=1e-7, abs=1e-9
    )


@LAWS
@given(trials().filter(is_estimable))
def test_one_participant_more_without_values_changes_nothing(frame):
    empty = frame[frame["person"] == 1].assign(person=10**6, y=np.nan)

    before, after = fit(frame), fit(pd.concat([frame, empty]))

    assert after.n_subjects == before.n_subjects
    assert numbers(fixed_effects(after)) == pytest.approx(numbers(fixed_effects(before)), rel=1e-9, abs=1e-9)


@LAWS
@given(trials(complete=True))
def test_one_participant_more_moves_only_the_means_of_that_arm_in_a_complete_trial(frame):
    more = frame[frame["person"] == 1].assign(person=10**6, y=lambda rows: rows["y"] + 3)
    old, new = (
        marginal_means(fit(rows)).set_index(["arm", "time"])["mean"] for rows in (frame, pd.concat([frame, more]))
    )

    assert new.drop(0).to_numpy(float) == pytest.approx(old.drop(0).to_numpy(float), rel=1e-9)
    assert (new.loc[0] != old.loc[0]).all()


@LAWS
@given(trials(complete=True))
def test_means_of_a_complete_trial_are_the_arithmetic_ones(frame):
    expected = frame.groupby(["arm", "wave"])["y"].mean()

    assert marginal_means(fit(frame))["mean"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-10)


@LAWS
@given(trials().filter(is_estimable))
def test_optimum_is_no_worse_than_any_other_variance_ratio(frame):
    model = fit(frame)
    others = np.concatenate([[0.0], np.logspace(-6, 4, 200)])

    assert (deviance(model.sums, others, reml=True) >= model.optimum.criterion - 1e-9).all()


@LAWS
@given(trials().filter(is_estimable))
def test_intervals_hold_their_estimates_and_p_lie_between_0_and_1(frame):
    table, model = fixed_effects(fit(frame)), fit(frame)

    assert (table["profile_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["profile_high"]).all()
    tests = [contrasts_within_arms(model), contrasts_between_arms(model)]
    for p in (test[column] for test in tests for column in ("p", "p_tukey")):
        assert p.between(0, 1).all()
    assert all((test["p_tukey"] >= test["p"] - 1e-12).all() for test in tests)


@LAWS
@given(trials().filter(is_estimable))
def test_differences_in_change_are_the_interaction(frame):
    model = fit(frame)
    coefficients = fixed_effects(model).dropna(subset=["arm", "time"]).set_index(["arm", "time"])
    changes = differences_in_change(model).query("versus == 0 and time_from == 1").set_index(["arm", "time_to"])

    assert changes["estimate"].loc[list(coefficients.index)].to_numpy() == pytest.approx(
        coefficients["estimate"].to_numpy(float), rel=1e-9, abs=1e-9
    )


@LAWS
@given(trials().filter(is_estimable), st.floats(1e-3, 1e3))
def test_standardised_differences_do_not_depend_on_the_unit(frame, scale):
    old, new = (
        standardised_differences(fit(rows))[["estimate", "se", "low", "high"]].to_numpy(float)
        for rows in (frame, frame.assign(y=scale * frame["y"]))
    )

    assert new == pytest.approx(old, rel=1e-6, abs=1e-9)
