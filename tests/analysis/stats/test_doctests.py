"""Every example in a docstring of the statistics runs and gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

import analysis.stats

MODULES = sorted(module.name for module in pkgutil.iter_modules(analysis.stats.__path__, "analysis.stats."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name):
    module = importlib.import_module(name)

    outcome = doctest.testmod(module)

    assert outcome.failed == 0
