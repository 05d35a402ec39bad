"""The heavy cases: at a small figure in `make test`, at the full one in `make soak`; both stand in the tests' names."""

import pytest


def small_or_full(small: int, full: int) -> pytest.MarkDecorator:
    """Give a test its `n`: `small` whenever tests are run, `full` where the soak is asked for."""
    return pytest.mark.parametrize("n", [small, pytest.param(full, marks=pytest.mark.soak)])
