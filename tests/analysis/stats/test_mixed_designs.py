"""Against R on designs that the code was not tuned to; see reference/make_designs_reference.R."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from analysis.stats.fixed_effects import fixed_effects
from analysis.stats.joint import joint_tests
from analysis.stats.marginal import (
    contrasts_between_arms,
    contrasts_within_arms,
    differences_in_change,
    marginal_means,
)
from analysis.stats.mixed import fit_mixed
from analysis.stats.standardised import standardised_differences, total_sd_degrees
from tests.analysis.reference.make_designs import DESIGNS, synthetic_trial

R_SAYS = json.loads((Path(__file__).resolve().parents[1] / "reference" / "designs_reference.json").read_text())[
    "designs"
]
NAMES = list(DESIGNS)
COEFFICIENTS = ["estimate", "se", "se_kr", "df_satterthwaite", "df_kr", "t", "p_satterthwaite", "p_kr", "wald_low"]
MEANS = {"mean": "emmean", "se": "SE", "df": "df", "low": "lower.CL", "high": "upper.CL"}
PAIRS = {"estimate": "estimate", "se": "SE", "df": "df", "p_tukey": "p.value"}
UNADJUSTED = {"p": "p.value", "low": "lower.CL", "high": "upper.CL"}
JOINT = {"f": "F value", "num_df": "NumDF", "den_df": "DenDF", "p": "Pr(>F)"}


@cache
def fitted(name, method="REML"):
    frame = synthetic_trial(**DESIGNS[name])
    covariates = ["age", "sleep"] if "age" in frame else []
    return fit_mixed(frame, "y", participant="person", arm="arm", time="wave", covariates=covariates, method=method)


def assert_agree(table, rows, columns, rel=1e-5, absolute=1e-9):
    for column, name in columns.items():
        expected = [row[name] for row in rows]
        if name == "p.value":  # R's ptukey knows no answer below two degrees of freedom
            expected = [ours if said is None else said for ours, said in zip(table[column], expected, strict=True)]
        assert table[column].tolist() == pytest.approx(expected, rel=rel, abs=absolute), column


def test_every_design_has_its_reference():
    assert sorted(R_SAYS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_fit_of_a_synthetic_design_is_that_of_lme4(name):
    fit, expected = fitted(name), R_SAYS[name]

    assert (fit.n_obs, fit.n_subjects, fit.singular) == (
        expected["n_obs"],
        expected["n_subjects"],
        expected["singular"],
    )
    assert fit.criterion == pytest.approx(expected["reml_criterion"], rel=1e-9)
    assert fit.sd_subject == pytest.approx(expected["sd_subject"], rel=1e-5, abs=1e-6)
    assert fit.sd_residual == pytest.approx(expected["sd_residual"], rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_ml_deviance_of_a_synthetic_design_is_that_of_lme4(name):
    assert fitted(name, "ML").criterion == pytest.approx(R_SAYS[name]["ml_deviance"], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_coefficients_of_a_synthetic_design_are_those_of_r(name):
    assert_agree(fixed_effects(fitted(name)), R_SAYS[name]["fixed"], {name: name for name in COEFFICIENTS})


@pytest.mark.parametrize("bound", ["profile_low", "profile_high"])
@pytest.mark.parametrize("name", NAMES)
def test_profile_bounds_of_a_synthetic_design_are_those_of_lme4_to_1e_4_of_a_standard_error(name, bound):
    table = fixed_effects(fitted(name))
    expected = np.array([row[bound] for row in R_SAYS[name]["fixed"]], dtype=float)

    assert np.isfinite(expected).all()
    assert (np.abs(table[bound] - expected) / table["se"]).max() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_means_of_a_synthetic_design_are_those_of_emmeans(name):
    assert_agree(marginal_means(fitted(name)), R_SAYS[name]["means"], MEANS)


@pytest.mark.parametrize("name", NAMES)
def test_changes_within_arms_of_a_synthetic_design_are_those_of_emmeans(name):
    assert_agree(contrasts_within_arms(fitted(name)), R_SAYS[name]["within"], PAIRS)


@pytest.mark.parametrize("name", NAMES)
def test_differences_between_arms_of_a_synthetic_design_are_those_of_emmeans(name):
    table = contrasts_between_arms(fitted(name))

    assert_agree(table, R_SAYS[name]["between"], PAIRS)
    assert_agree(table, R_SAYS[name]["between_unadjusted"], UNADJUSTED)


@pytest.mark.parametrize("name", NAMES)
def test_differences_in_change_of_a_synthetic_design_are_those_of_emmeans(name):
    table = differences_in_change(fitted(name)).set_index(["arm", "versus", "time_to", "time_from"])
    expected = {
        tuple(
            int(part) for pair in (row["arm_revpairwise"], row["wave_revpairwise"]) for part in pair.split(" - ")
        ): row
        for row in R_SAYS[name]["changes"]
    }

    assert set(table.index) == set(expected)
    columns = {"estimate": "estimate", "se": "SE", "df": "df", "low": "lower.CL", "high": "upper.CL", "p": "p.value"}
    assert_agree(table, [expected[place] for place in table.index], columns)


@pytest.mark.parametrize("name", NAMES)
def test_joint_tests_of_a_synthetic_design_are_those_of_pbkrtest(name):
    rows = {row["term"]: row for row in R_SAYS[name]["anova_kr"]}

    assert_agree(joint_tests(fitted(name)), [rows[term] for term in ("arm", "wave", "arm:wave")], JOINT)


@pytest.mark.parametrize("name", NAMES)
def test_degrees_of_freedom_of_the_total_variance_are_those_of_lmertest(name):
    assert total_sd_degrees(fitted(name)) == pytest.approx(R_SAYS[name]["effect_edf"], rel=1e-5)


# emmeans::eff_size works on logarithms of means, so it is a reference only where all means are positive.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "large_variance_between"])
def test_standardised_differences_of_a_synthetic_design_are_those_of_emmeans(name):
    table = standardised_differences(fitted(name)).set_index(["time", "arm", "versus"])
    expected = {
        (int(row["wave"]), *(int(part.removeprefix("arm")) for part in row["contrast"].split(" - "))): row
        for row in R_SAYS[name]["effects"]
    }

    assert set(table.index) == set(expected)
    rows = [expected[place] for place in table.index]
    assert_agree(table, rows, {"estimate": "effect.size", "se": "SE"})
