"""The examples of the docstrings run."""

import doctest

import pytest

from analysis.stats import design, fixed_effects, joint, marginal, mixed, standardised, studentised_range


@pytest.mark.parametrize(
    "module", [design, fixed_effects, joint, marginal, mixed, standardised, studentised_range], ids=lambda m: m.__name__
)
def test_examples_of_the_mixed_model_run(module):
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
