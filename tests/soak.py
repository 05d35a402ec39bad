"""The heavy cases: at a small figure in `make test`, at the full one in `make soak`; both stand in the tests' names."""

import os
import time

import pytest

BUDGET_MINUTES = float(os.environ.get("SOAK_MINUTES") or "inf")


def small_or_full(small: int, full: int, *, minutes: float = 1) -> pytest.MarkDecorator:
    """Give a test its `n`: `small` whenever tests are run, `full` (it takes `minutes`) where the soak is asked for."""
    marks = pytest.mark.soak(minutes=minutes)
    return pytest.mark.parametrize("n", [small, pytest.param(full, marks=marks)])


def minutes_of(item: pytest.Item) -> float:
    """How long a heavy case takes on two idle cores, by our estimate."""
    mark = item.get_closest_marker("soak")
    return float(mark.kwargs.get("minutes", 0.2)) if mark else 0.0


class WithinTime:
    """Heavy cases go by their length, the shortest first; none is begun that the time left would not hold."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.not_begun: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=minutes_of)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        spent = (time.monotonic() - self.began) / 60
        if not minutes_of(item) or spent + minutes_of(item) <= BUDGET_MINUTES:
            return None
        self.not_begun.append(item.nodeid)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.not_begun:
            terminalreporter.write_line(f"Not begun within {BUDGET_MINUTES:g} minutes, by their length:", yellow=True)
        for name in self.not_begun:
            terminalreporter.write_line(f"  {name}", yellow=True)
