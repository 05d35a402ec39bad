"""The mixed model against statsmodels and scipy, which share no code with it."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import studentized_range
from statsmodels.regression.mixed_linear_model import MixedLM

from analysis.stats.fixed_effects import fixed_effects
from analysis.stats.mixed import fit_mixed
from analysis.stats.profile_interval import profile_intervals
from analysis.stats.studentised_range import studentised_range_sf
from tests.analysis.reference.make_designs import synthetic_trial


@pytest.fixture(params=[21, 22, 23, 24])
def frame(request):
    return synthetic_trial(
        seed=request.param, arm_sizes=(25, 20, 22), n_times=3, sd_subject=2.0, dropout=0.1, late_entry=0.05
    ).dropna()


def ours(frame, method="REML"):
    return fit_mixed(frame, "y", participant="person", arm="arm", time="wave", method=method)


def theirs(frame, reml=True):
    return smf.mixedlm("y ~ C(arm) * C(wave)", frame, groups="person").fit(reml=reml, method=["bfgs"])


@pytest.mark.parametrize("reml", [True, False])
def test_fit_is_that_of_statsmodels(frame, reml):
    fit, result = ours(frame, "REML" if reml else "ML"), theirs(frame, reml)

    assert fit.sd_residual**2 == pytest.approx(result.scale, rel=1e-4)
    assert fit.sd_subject**2 == pytest.approx(float(result.cov_re.iloc[0, 0]), rel=1e-3)
    assert fit.criterion <= -2 * result.llf + 1e-6
    assert fit.criterion == pytest.approx(-2 * result.llf, abs=1e-4)


def test_coefficients_are_those_of_statsmodels(frame):
    table, result = fixed_effects(ours(frame)), theirs(frame)

    assert np.sort(table["estimate"]) == pytest.approx(np.sort(result.fe_params), rel=1e-4, abs=1e-5)


def test_profile_bound_is_where_the_deviance_has_risen_by_3_84(frame):
    fit = ours(frame)
    contrast = np.eye(len(fit.coefficients))[:1]
    low, high = profile_intervals(fit, contrast)
    best = theirs(frame, reml=False).llf

    # The first cell's mean is held at a bound by taking it off and leaving its column out.
    cells = pd.get_dummies(frame["arm"] * 10 + frame["wave"]).to_numpy(float)
    for bound in (low[0], high[0]):
        held = frame["y"].to_numpy() - bound * cells[:, 0]
        result = MixedLM(held, cells[:, 1:], frame["person"].to_numpy()).fit(reml=False, method=["bfgs"])
        assert 2 * (best - result.llf) == pytest.approx(3.841459, abs=1e-3)


@pytest.mark.parametrize("df", [1e6, 1e8, 1e12, np.inf])
def test_studentised_range_of_many_degrees_of_freedom_is_that_of_a_known_sd(df):
    q = np.array([0.5, 3.0, 4.5, 6.0])

    # scipy takes the SD as known from 100,000 degrees of freedom on
    assert studentised_range_sf(q, 3, np.full(4, df)) == pytest.approx(studentized_range.sf(q, 3, np.inf), abs=1e-6)


@pytest.mark.parametrize("groups", [2, 3, 4, 6, 12, 20])
@pytest.mark.parametrize("df", [1.0, 2.0, 3.3, 5.0, 10.0, 30.0, 70.5, 300.0, 10_000.0])
def test_studentised_range_is_that_of_scipy_to_1e_8(groups, df):
    q = np.array([0.0, 0.01, 0.3, 1, 2, 3, 4, 6, 10, 30])

    expected = studentized_range.sf(q, groups, df)

    assert studentised_range_sf(q, groups, np.full(len(q), df)) == pytest.approx(expected, abs=1e-8)
