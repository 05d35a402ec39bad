"""Docstrings of the statistics: each public function has an example, and the examples give what they say."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import analysis.stats

MODULES = sorted(module.name for module in pkgutil.iter_modules(analysis.stats.__path__, "analysis.stats."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name):
    module = importlib.import_module(name)

    outcome = doctest.testmod(module)

    assert outcome.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_an_example(name):
    module = importlib.import_module(name)
    functions = [found for _, found in inspect.getmembers(module) if getattr(found, "__module__", "") == name]
    public = [found for found in functions if inspect.isroutine(inspect.unwrap(found)) and found.__name__[0] != "_"]

    assert [found.__name__ for found in public if ">>> " not in (found.__doc__ or "")] == []


@pytest.mark.parametrize("name", MODULES)
def test_the_map_of_the_package_names_every_module(name):
    assert analysis.stats.__doc__.count(f"`{name.removeprefix('analysis.stats.')}`") == 1
