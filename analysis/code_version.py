"""Which program made a report. Pure."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Whatever decides a number or a word of a report.
SOURCES = ("analysis", "questionnaires", "trial/protocol", "trial/flow", "trial/locale")
KINDS = {".py", ".toml", ".typ", ".ttf", ".po"}
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "typst")


@cache
def code_version() -> str:
    """The hash of the sources, so that it needs no release and no repository at hand; 16 characters."""
    digest = hashlib.sha256()
    files = [file for folder in SOURCES for file in (ROOT / folder).rglob("*") if file.suffix in KINDS]
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


@cache
def made_with() -> str:
    """The program and the libraries that compute, as a report names them."""
    return ", ".join([f"Equipoise {code_version()}", *(f"{name} {version(name)}" for name in LIBRARIES)])
