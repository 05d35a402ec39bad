"""Early pytest plugin: servers first; no test left out unsaid; in CI, none left out at all.

pytest-django imports the settings before any conftest is read, so PostgreSQL and Redis must be up before that.
Loaded by `-p tests.services_plugin` in pyproject.toml; run pytest as `python -m pytest`.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.shared import SHARED
from tests.soak import WithinTime
from trial import embedded

SERVERS = pytest.StashKey[embedded.Servers]()
WITHOUT_BROWSER = pytest.StashKey[int]()
WITHOUT_SHARED = pytest.StashKey[set[Path]]()
READS_SHARED = re.compile(r"^from tests\.(?:shared|analysis\.published) import", re.MULTILINE)
IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
# What a developer's own environment may hold and the tests must not see.
FOREIGN = (
    "SECRET_KEY",
    "FIELD_KEYS",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "SMTP_URL",
    "MAIL_FOLDER",
    "ALLOCATION_KEY",
    "RECEIPTS_FOLDER",
    "PORT",
    "WEB_CONCURRENCY",
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if IN_CI and not SHARED.is_dir():
        raise pytest.UsageError(f"{SHARED} is missing: the published data and other programs' figures. CI needs them.")
    for name in FOREIGN:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ["EQUIPOISE_ENV"] = "test"
    if early_config.known_args_namespace.numprocesses and "PYTEST_XDIST_WORKER" not in os.environ:
        return  # this process only prints; those that test start servers, each its own
    try:
        servers = embedded.start(embedded.temporary_state(), keep=False)
    except embedded.ServerProblem as problem:
        raise pytest.UsageError(str(problem)) from problem
    early_config.stash[SERVERS] = servers
    os.environ.update(servers.environment())
    os.environ["MAIL_FOLDER"] = tempfile.mkdtemp(prefix="mail-", dir=servers.state)
    os.environ["RECEIPTS_FOLDER"] = tempfile.mkdtemp(prefix="receipts-", dir=servers.state)


def pytest_configure(config: pytest.Config) -> None:
    if IN_CI:
        config.pluginmanager.register(NoneLeftOut())
    if os.environ.get("SOAK") == "full":
        config.pluginmanager.register(WithinTime())


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if servers := config.stash.get(SERVERS, None):
        servers.stop()


def pytest_report_header(config: pytest.Config) -> str:
    servers = config.stash.get(SERVERS, None)
    return f"servers: {servers.describe()}" if servers else "servers: one set for each test process"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A clone without the folder of published data beside it still tests everything else; the last line says so."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if SHARED.is_dir() or not is_test or not READS_SHARED.search(collection_path.read_text()):
        return None
    config.stash.setdefault(WITHOUT_SHARED, set()).add(collection_path)
    return True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser its tests are left out, and the last line says so; in CI they run, and fail."""
    if IN_CI or any(map(shutil.which, CHROMIUMS)):
        return
    needing = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    config.stash[WITHOUT_BROWSER] = len(needing)
    config.hook.pytest_deselected(items=needing)
    items[:] = [item for item in items if item not in needing]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several test processes tells the one that prints what it left out."""
    if hasattr(session.config, "workeroutput"):
        files = [str(file) for file in session.config.stash.get(WITHOUT_SHARED, set())]
        session.config.workeroutput["left_out"] = (session.config.stash.get(WITHOUT_BROWSER, 0), files)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every process collects all tests, so what one left out, all did."""
    count, files = getattr(node, "workeroutput", {}).get("left_out", (0, []))
    node.config.stash[WITHOUT_BROWSER] = count
    node.config.stash[WITHOUT_SHARED] = {Path(file) for file in files}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(WITHOUT_BROWSER, 0):
        terminalreporter.write_line(
            f"Not tested for want of a browser: {count}. Get it with `apt-get install chromium` as root.",
            yellow=True,
        )
    if files := config.stash.get(WITHOUT_SHARED, set()):
        terminalreporter.write_line(
            f"Not tested for want of the published data and other programs' figures in {SHARED}: {len(files)} files.",
            yellow=True,
        )


class NoneLeftOut:
    """For CI: a test that was skipped, or expected to fail, makes the run fail and is named."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped or hasattr(report, "wasxfail"):
            self.left_out.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.left_out.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.left_out and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self.left_out:
            terminalreporter.write_line(f"Left out, which CI does not accept: {name}", red=True)
