"""What the mixed model refuses, with the sentence that it says."""

import numpy as np
import pandas as pd
import pytest

from analysis.stats.errors import BadInput, ConstantOutcome, DidNotConverge, TooFewObservations
from analysis.stats.fixed_effects import fixed_effects
from analysis.stats.joint import joint_tests, untestable_terms
from analysis.stats.marginal import custom_contrast, marginal_means
from analysis.stats.mixed import fit_mixed
from analysis.stats.standardised import standardised_differences
from analysis.stats.studentised_range import studentised_range_sf
from tests.analysis.reference.make_designs import synthetic_trial


@pytest.fixture
def frame():
    return synthetic_trial(seed=31, arm_sizes=(8, 9), n_times=3, sd_subject=1.0)


def fit(frame, **options):
    return fit_mixed(frame, "y", participant="person", arm="arm", time="wave", **options)


def refusal(kind, frame, **options):
    with pytest.raises(kind) as raised:
        fit(frame, **options)
    return str(raised.value)


def test_one_arm_is_refused(frame):
    said = refusal(TooFewObservations, frame[frame["arm"] == 1])

    assert said == "arm has 1 arm (1); a comparison needs two."


def test_one_time_is_refused(frame):
    said = refusal(TooFewObservations, frame[frame["wave"] == 2])

    assert said == "wave has 1 time (2); a comparison needs two."


def test_an_empty_cell_is_named(frame):
    said = refusal(TooFewObservations, frame[~((frame["arm"] == 1) & (frame["wave"] == 3))])

    assert said == "y has no value in arm 1 at time 3; the model needs at least one in every arm at every time."


def test_a_constant_outcome_is_refused(frame):
    assert refusal(ConstantOutcome, frame.assign(y=4.0)) == "y is constant: all 51 values are 4."


def test_an_outcome_constant_within_every_cell_is_refused(frame):
    said = refusal(ConstantOutcome, frame.assign(y=frame["arm"] + 2.0 * frame["wave"]))

    assert said == "y does not vary within any arm and time, so there is no variance to explain."


def test_an_outcome_constant_within_every_participant_is_refused(frame):
    said = refusal(ConstantOutcome, frame.assign(y=frame["person"] % 5.0))

    assert said == (
        "y does not vary within participants beyond what arm and time explain, so its residual variance is zero; "
        "check that it was measured anew at each time."
    )


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_named_by_its_row(frame, value):
    frame.loc[4, "y"] = value

    assert refusal(BadInput, frame) == "y has an infinite value in row 5; correct it or leave it empty."


def test_an_empty_outcome_is_refused(frame):
    assert refusal(TooFewObservations, frame.assign(y=np.nan)) == "y is empty: no row has a value."


def test_nobody_with_two_observations_is_refused(frame):
    single = frame[frame["person"] % 3 + 1 == frame["wave"]]

    said = refusal(TooFewObservations, single)

    assert said == "y: no participant has two observations, so change cannot be estimated."


def test_as_many_participants_as_arms_is_refused(frame):
    said = refusal(TooFewObservations, frame[frame["person"].isin([1, 17])])

    assert said == "y: 2 participants in 2 arms; differences between people need more."


def test_too_few_repeated_observations_are_refused(frame):
    first = frame["wave"].eq(1) | frame["person"].isin([1, 17])

    said = refusal(TooFewObservations, frame[first])

    assert said == (
        "y: 21 observations of 17 participants leave nothing to estimate the residual variance from; "
        "more people with two observations are needed."
    )


def test_text_in_the_outcome_is_named(frame):
    frame["y"] = frame["y"].astype(object)
    frame.loc[6, "y"] = "high"

    assert refusal(BadInput, frame) == "y has text in row 7 ('high'); it must hold numbers."


def test_a_missing_column_is_named(frame):
    said = refusal(BadInput, frame.drop(columns="wave"))

    assert said == "There is no column wave in the table, which has: person, arm, y."


def test_two_rows_of_a_participant_at_one_time_are_named(frame):
    said = refusal(BadInput, pd.concat([frame, frame.iloc[[2]]]))

    assert said == "Participant 1 has two rows at time 3 (rows 3 and 52); keep one."


def test_a_participant_in_two_arms_is_named(frame):
    frame.loc[1, "arm"] = 1

    assert refusal(BadInput, frame) == (
        "Participant 1 is in two arms, 0 and 1; each person needs one arm and a code of their own."
    )


def test_a_row_without_an_arm_is_named(frame):
    frame["arm"] = frame["arm"].astype(float)
    frame.loc[9, "arm"] = np.nan

    assert refusal(BadInput, frame) == "arm has no value in row 10; every row needs one."


def test_a_reference_that_does_not_exist_is_refused(frame):
    said = refusal(BadInput, frame, reference_arm="WL")

    assert said == "'WL' is not a value of arm, which has: 0, 1."


@pytest.mark.parametrize("covariate", ["constant", "copy_of_arm"])
def test_a_covariate_that_says_nothing_new_is_named(frame, covariate):
    frame = frame.assign(constant=3.0, copy_of_arm=2.0 * frame["arm"])

    assert refusal(BadInput, frame, covariates=[covariate]) == (
        f"The covariate {covariate} is constant or follows from arm, time and the covariates before it; leave it out."
    )


def test_an_unknown_method_is_refused(frame):
    assert refusal(BadInput, frame, method="MCMC") == "The method is 'MCMC'; it must be 'REML' or 'ML'."


def test_small_sample_tests_of_an_ml_fit_are_refused(frame):
    with pytest.raises(BadInput, match="Kenward-Roger needs a REML fit; this one is ML"):
        joint_tests(fit(frame, method="ML"))


@pytest.mark.parametrize("table", [fixed_effects, marginal_means, standardised_differences])
@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan")])
def test_a_level_that_is_no_probability_is_refused(frame, table, level):
    with pytest.raises(BadInput, match=r"The confidence level must be a number in \(0, 1\)"):
        table(fit(frame), level)


@pytest.mark.parametrize("weights", [{(0, 9): 1}, {(0, 1): 0}, {(0, 1): np.nan}, {(0, 1): 1e300}, {0: 1}, {}, [(0, 1)]])
def test_a_contrast_of_nothing_is_refused(frame, weights):
    with pytest.raises(BadInput):
        custom_contrast(fit(frame), weights)


@pytest.mark.parametrize(("q", "groups", "df"), [(-1, 3, 5), (1, 3, 0.05), (np.nan, 3, 5), (1, 3, np.nan)])
def test_a_studentised_range_out_of_its_domain_is_refused(q, groups, df):
    with pytest.raises(BadInput, match=r"needs q of at least 0 and df of at least 0\.1"):
        studentised_range_sf(np.array([q]), groups, np.array([df]))


@pytest.mark.parametrize("groups", [1, 2.5, np.nan])
def test_a_studentised_range_of_less_than_two_groups_is_refused(groups):
    with pytest.raises(BadInput, match="The number of groups must be a whole number of at least 2"):
        studentised_range_sf(np.array([1.0]), groups, np.array([5.0]))


def test_a_term_without_a_kenward_roger_f_is_said():
    """R gives F = -0.0011 and no p here: five participants, nine values missing, a singular fit."""
    few = synthetic_trial(seed=3589, arm_sizes=(2, 3), n_times=4, sd_subject=0.0, scattered=0.2)

    table = joint_tests(fit(few))

    assert table[["f", "den_df", "p"]].isna().all(axis=1).tolist() == [False, True, True]
    assert untestable_terms(table)[0] == (
        "The joint test of time is not possible: with so few participants it has no Kenward-Roger F."
    )


def test_a_variance_ratio_without_bound_is_refused(frame):
    measured_once = frame.assign(y=frame["person"] * 1e4 + frame["y"])

    assert refusal(DidNotConverge, measured_once).startswith(
        "Participants differ so much more than their own values vary that the residual variance is estimated as zero"
    )


def test_a_participant_with_one_observation_stays(frame):
    frame.loc[(frame["person"] == 3) & (frame["wave"] > 1), "y"] = np.nan

    assert (fit(frame).n_obs, fit(frame).n_subjects) == (49, 17)


def test_the_outcomes_level_does_not_cost_digits(frame):
    low, high = fit(frame), fit(frame.assign(y=frame["y"] + 1e9))

    assert high.sd_residual == pytest.approx(low.sd_residual, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e150])
def test_extreme_units_are_no_obstacle(frame, scale):
    table = fixed_effects(fit(frame.assign(y=frame["y"] * scale)))

    assert table["t"].to_numpy() == pytest.approx(fixed_effects(fit(frame))["t"], rel=1e-9)
