"""Every figure of the published data's 27 outcomes against R: lme4 1.1-31, lmerTest, pbkrtest, emmeans."""

import pytest

from tests.analysis.published import R_SAYS, published_analysis

OUTCOMES = list(R_SAYS)
FIT = {
    "n_obs": "n_obs",
    "n_subjects": "n_subjects",
    "singular": "singular",
    "criterion": "reml_criterion",
    "sd_subject": "sd_subject",
    "sd_residual": "sd_residual",
}
COEFFICIENTS = [
    "estimate",
    "se",
    "se_kr",
    "df_satterthwaite",
    "df_kr",
    "t",
    "p_satterthwaite",
    "p_kr",
    "wald_low",
    "wald_high",
]
MEANS = {"mean": "emmean", "se": "SE", "df": "df", "low": "lower.CL", "high": "upper.CL"}
PAIRS = {"estimate": "estimate", "se": "SE", "df": "df", "t": "t.ratio"}
JOINT = {"f": "F value", "num_df": "NumDF", "den_df": "DenDF", "p": "Pr(>F)"}


def ours(outcome):
    return published_analysis().outcomes[outcome]


def of_r(rows, name):
    return [row[name] for row in rows]


def test_published_data_have_27_outcomes():
    assert list(published_analysis().outcomes) == OUTCOMES
    assert len(OUTCOMES) == 27


@pytest.mark.parametrize("figure", FIT)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_fit_is_that_of_lme4_to_1e_5(outcome, figure):
    assert getattr(ours(outcome).fit, figure) == pytest.approx(R_SAYS[outcome][FIT[figure]], rel=1e-5, abs=0)


@pytest.mark.parametrize("figure", COEFFICIENTS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_coefficients_are_those_of_lme4_to_1e_5(outcome, figure):
    expected = of_r(R_SAYS[outcome]["fixed"], figure)

    assert ours(outcome).fixed[figure].tolist() == pytest.approx(expected, rel=1e-5, abs=0)


@pytest.mark.parametrize("bound", ["profile_low", "profile_high"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_profile_bounds_are_those_of_lme4_to_1e_4_of_a_standard_error(outcome, bound):
    fixed = ours(outcome).fixed
    expected = of_r(R_SAYS[outcome]["fixed"], bound)

    assert ((fixed[bound] - expected).abs() / fixed["se"]).max() < 1e-4


@pytest.mark.parametrize("figure", MEANS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_means_are_those_of_emmeans_to_1e_5(outcome, figure):
    expected = of_r(R_SAYS[outcome]["means"], MEANS[figure])

    assert ours(outcome).means[figure].tolist() == pytest.approx(expected, rel=1e-5, abs=0)


@pytest.mark.parametrize("figure", PAIRS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_changes_within_arms_are_those_of_emmeans_to_1e_5(outcome, figure):
    expected = of_r(R_SAYS[outcome]["posthoc_within_group_tukey"], PAIRS[figure])

    # Two changes of the data are zero, and R writes 1e-17 for them.
    assert ours(outcome).posthoc[figure].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_tukey_p_is_that_of_emmeans_to_1e_4(outcome):
    expected = of_r(R_SAYS[outcome]["posthoc_within_group_tukey"], "p.value")

    # Relative as well as absolute, so that small p are held to their own size.
    assert ours(outcome).posthoc["p_tukey"].tolist() == pytest.approx(expected, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("figure", PAIRS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_differences_between_arms_are_those_of_emmeans_to_1e_5(outcome, figure):
    expected = of_r(R_SAYS[outcome]["between_group_by_time"], PAIRS[figure])

    assert ours(outcome).between[figure].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("column", ["p", "p_tukey"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_p_between_two_arms_is_that_of_emmeans_with_and_without_tukey(outcome, column):
    expected = of_r(R_SAYS[outcome]["between_group_by_time"], "p.value")

    assert ours(outcome).between[column].tolist() == pytest.approx(expected, rel=1e-5, abs=0)


@pytest.mark.parametrize("figure", JOINT)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_joint_tests_are_those_of_pbkrtest(outcome, figure):
    expected = of_r(R_SAYS[outcome]["anova_kr"], JOINT[figure])

    # Where a mean difference is almost zero, F inherits R's stopping rule: absolute 1e-6 there.
    assert ours(outcome).joint[figure].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-6)
