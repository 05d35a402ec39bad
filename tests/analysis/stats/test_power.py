"""Power of the interaction: G*Power's printed figures, R 4.2.2, simulation and laws.

R: l <- f^2 * N * m / (1 - r) * e; d1 <- (k - 1) * (m - 1) * e; d2 <- (N - k) * (m - 1) * e
    pf(qf(1 - alpha, d1, d2), d1, d2, l, lower.tail = FALSE), itself good to 1e-9
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f as fisher_f

from analysis.stats.errors import BadInput, DidNotConverge
from analysis.stats.power import interaction_power, interaction_sample_size

PAPER = {"effect_f": 0.25, "arms": 2, "times": 3, "correlation": 0.5}
R_POWER = [
    (44, PAPER, 0.955732716875999),
    (42, PAPER, 0.946315602993746),
    (60, {"effect_f": 0.2, "arms": 3, "times": 4, "correlation": 0.3, "epsilon": 0.75}, 0.690091244785581),
    (36, {"effect_f": 0.4, "arms": 2, "times": 2, "correlation": 0.7}, 0.99997488652455),
    (30, {"effect_f": 0.1, "arms": 2, "times": 5, "correlation": 0, "alpha": 0.01}, 0.0394323457741793),
]

designs = st.fixed_dictionaries(
    {
        "effect_f": st.floats(0.05, 0.6),
        "arms": st.integers(2, 4),
        "times": st.integers(2, 5),
        "correlation": st.floats(0, 0.9),
    }
)


@pytest.mark.parametrize(("total_n", "percent"), [(44, 95.6), (42, 94.6)])
def test_gpower_gives_95_6_percent_for_44_and_94_6_for_42(total_n, percent):
    assert round(100 * interaction_power(total_n, **PAPER).power, 1) == percent


def test_44_participants_are_the_smallest_trial_for_95_percent():
    assert interaction_sample_size(0.95, **PAPER).total_n == 44


@pytest.mark.parametrize(("total_n", "design", "power"), R_POWER)
def test_power_agrees_with_r_to_1e_9(total_n, design, power):
    assert interaction_power(total_n, **design).power == pytest.approx(power, abs=1e-9)


def test_power_tells_lambda_16_5_and_2_and_84_degrees_of_freedom():
    found = interaction_power(44, **PAPER)

    assert (found.noncentrality, found.df_numerator, found.df_denominator) == (16.5, 2, 84)


def test_power_of_80_percent_is_found_in_80_of_100_simulated_trials():
    # change of two times in two arms: the interaction is the t test of the difference scores
    found, rng = (
        interaction_power(30, effect_f=0.25, arms=2, times=2, correlation=0.5),
        np.random.default_rng(4),
    )
    shift = 2 * 0.25
    people = rng.normal(size=(4000, 2, 15, 1)) * np.sqrt(0.5)
    values = people + rng.normal(size=(4000, 2, 15, 2)) * np.sqrt(0.5)
    values += shift / 2 * np.array([[-1, 1], [1, -1]])[:, None, :]
    change = values[..., 1] - values[..., 0]
    between = np.diff(change.mean(axis=2), axis=1).ravel()
    error = np.sqrt(change.var(axis=2, ddof=1).mean(axis=1) * 2 / 15)

    rejected = ((between / error) ** 2 > fisher_f.isf(0.05, 1, 28)).mean()

    assert rejected == pytest.approx(found.power, abs=0.03)


@given(designs, st.integers(8, 300))
def test_one_participant_more_never_lowers_power(design, total_n):
    assert interaction_power(total_n + 1, **design).power >= interaction_power(total_n, **design).power - 1e-12


@given(designs, st.integers(8, 100))
def test_a_tiny_effect_has_power_alpha(design, total_n):
    assert interaction_power(total_n, **(design | {"effect_f": 1e-7})).power == pytest.approx(0.05, abs=1e-6)


@given(designs, st.floats(0.1, 0.99))
def test_the_smallest_trial_reaches_the_power_and_one_participant_an_arm_less_does_not(design, power):
    found = interaction_sample_size(power, **design)

    assert found.power >= power
    assert found.total_n % design["arms"] == 0
    if found.total_n > 2 * design["arms"]:
        assert interaction_power(found.total_n - design["arms"], **design).power < power


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"total_n": 2}, "total_n must be a whole number of at least 3; 2"),
        ({"total_n": 44.5}, "total_n must be a whole number"),
        ({"arms": 1}, "arms must be a whole number of at least 2; 1"),
        ({"times": 1}, "times must be a whole number of at least 2; 1"),
        ({"effect_f": 0}, "effect_f must be a number in"),
        ({"effect_f": float("inf")}, "effect_f must be a number in"),
        ({"correlation": 1}, r"correlation must be a number in \(-0.5, 1\); 1"),
        ({"correlation": -0.5}, "correlation must be a number"),
        ({"alpha": 0}, "alpha must be a number"),
        ({"epsilon": 0.4}, r"epsilon must be a number in \[0.5, 1\]; 0.4"),
        ({"epsilon": "1"}, "epsilon must be a number"),
    ],
)
def test_bad_input_is_named(change, sentence):
    with pytest.raises(BadInput, match=sentence):
        interaction_power(**({"total_n": 44} | PAPER | change))


def test_a_power_below_alpha_is_refused():
    with pytest.raises(BadInput, match=r"The power wanted, 0.04, must be above alpha, 0.05"):
        interaction_sample_size(0.04, **PAPER)


def test_a_bad_alpha_of_the_search_is_named():
    with pytest.raises(BadInput, match="alpha must be a number"):
        interaction_sample_size(0.8, **PAPER, alpha="small")


def test_an_effect_too_small_for_any_trial_is_named():
    with pytest.raises(DidNotConverge, match="Even 10,000,000 participants"):
        interaction_sample_size(0.8, **(PAPER | {"effect_f": 1e-6}))
