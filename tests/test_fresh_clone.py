"""A clone with no published data beside it tests what it can, and says what it leaves out; CI does not accept that."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services_plugin import READS_SHARED

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """The sources alone in a folder of their own."""
    copy = tmp_path_factory.mktemp("alone") / "equipoise"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return copy


def collect(clone: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """pytest in the clone, which collects and runs nothing, on the servers of this run."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | variables
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)


def test_clone_without_published_data_collects_the_rest_and_says_how_many_files_it_left_out(clone):
    reading = [file for file in clone.rglob("test_*.py") if READS_SHARED.search(file.read_text())]

    done = collect(clone)

    lines = [line for line in done.stdout.splitlines() if line.startswith("Not tested for want of the published data")]
    assert done.returncode == 0, done.stdout
    assert lines == [
        "Not tested for want of the published data and other programs' figures "
        f"in {clone.parent}/shared: {len(reading)} files."
    ]
    assert len(reading) >= 10


def test_ci_refuses_to_test_without_published_data_and_names_it(clone):
    done = collect(clone, CI="true")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == (
        f"ERROR: {clone.parent}/shared is missing: the published data and other programs' figures. CI needs them."
    )


def test_no_test_file_finds_published_data_by_itself():
    """Else the plugin would not know it, and a fresh clone would fail."""
    naming = [file.name for file in (ROOT / "tests").rglob("*.py") if '"shared"' in file.read_text()]

    assert sorted(naming) == ["shared.py", "test_fresh_clone.py"]
