"""The law of the house (docs/architecture.md), read from the source with ast."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["questionnaires", "trial", "analysis"]  # from the ground up: each may import itself and those before it
ROOMS = [
    "audit",
    "protocol",
    "people",
    "messages",
    "enrolment",
    "waves",
    "allocation",
    "programme",
    "safety",
    "flow",
    "desk",
    "portal",
]  # a room imports only rooms before it

LAYERS = {
    "models": 1,
    "encryption": 1,
    "triggers": 1,
    "clock": 1,
    "services": 2,
    "grants": 2,
    "guards": 2,
    "letters": 2,
    "pdf": 2,
    "visibility": 2,
    "sealing": 2,
    "spreadsheet": 2,
    "computing": 2,
    "datasets": 2,
    "report": 2,
    "demo_trial": 2,
    "twin": 2,
    "views": 3,
    "public": 3,
    "forms": 3,
    "tasks": 3,
    "admin": 3,
    "urls": 3,
    "commands": 3,
    "middleware": 3,
    "adapters": 3,
    "permissions": 3,
    "navigation": 3,
    "templatetags": 3,
    "site": 3,
}
# What holds the house together and belongs to no layer: Django and Celery import these by name.
FRAME = {"settings", "environment", "cache", "celery", "wsgi", "apps", "logs", "embedded", "demo"}
WITHOUT_LAYER = {"migrations"}
NUMERIC = {"numpy", "pandas", "scipy", "statsmodels"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, ast.Module]:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {module_name(file): ast.parse(file.read_text()) for file in sorted(files) if "migrations" not in file.parts}


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            base = node.module or ""
            names |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules() else base for alias in node.names}
    return names


def layer(name: str) -> int | None:
    """0 pure, 1 models, 2 rules, 3 edges; None for the frame."""
    parts = name.split(".")
    known = [LAYERS[part] for part in parts[1:] if part in LAYERS]
    if known:
        return max(known)
    if parts[0] in PACKAGES and len(parts) > 1 and (parts[1] in FRAME or parts[1:] == ["models"]):
        return None
    return 0


def pure_modules() -> list[str]:
    return [name for name in modules() if layer(name) == 0 and "." in name]


def ours(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] in PACKAGES}


def edges() -> list[tuple[str, str]]:
    return [(name, target) for name, tree in modules().items() for target in sorted(ours(imported(tree)))]


def room(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "trial" and len(parts) > 1 and parts[1] in ROOMS else None


def test_packages_look_only_down():
    upward = [(a, b) for a, b in edges() if PACKAGES.index(b.split(".")[0]) > PACKAGES.index(a.split(".")[0])]

    assert upward == []


def test_rooms_import_only_rooms_before_them():
    wrong = [(a, b) for a, b in edges() if room(a) and room(b) and ROOMS.index(room(b)) > ROOMS.index(room(a))]

    assert wrong == []


def test_every_folder_of_trial_is_a_room_or_known():
    folders = {path.name for path in (ROOT / "trial").iterdir() if path.is_dir() and path.name != "__pycache__"}
    known = {*ROOMS, "embedded", "management", "migrations", "protocols", "static", "templatetags", "locale"}

    assert folders - known == set()


def test_layers_import_only_their_own_and_lower_ones():
    wrong = [
        (a, b)
        for a, b in edges()
        if layer(a) is not None and layer(b) is not None and b != "trial.celery" and layer(b) > layer(a)
    ]

    assert wrong == []


def test_no_circle_among_modules():
    graph = {name: ours(imported(tree)) - {name} for name, tree in modules().items()}
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way, name])
        if name not in done:
            for target in graph.get(name, ()):
                walk(target, (*way, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def test_no_import_inside_a_function():
    inline = [
        (name, inner.lineno)
        for name, tree in modules().items()
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert inline == []


def test_services_and_models_never_import_tasks():
    wrong = [(a, b) for a, b in edges() if b.endswith(".tasks") and layer(a) in (0, 1, 2)]

    assert wrong == []


def test_no_signals_for_business_rules():
    using = [name for name, tree in modules().items() if any("signals" in target for target in imported(tree))]

    assert using == ["trial.celery"]  # Celery asks by a signal how to log
    assert {target for target in imported(modules()["trial.celery"]) if "signals" in target} == {"celery.signals"}


def test_files_stay_under_320_lines():
    long = {
        str(file.relative_to(ROOT)): lines
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if "migrations" not in file.parts and (lines := len(file.read_text().splitlines())) > 320
    }

    assert long == {}


def test_web_process_loads_no_statistics():
    """They would cost each web process a second at its start and 100 MB; a worker computes."""
    program = (
        "import trial.wsgi, trial.urls, sys; print(sorted({'scipy', 'statsmodels', 'pandas'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert (done.stdout, done.returncode) == ("[]\n", 0)


@pytest.mark.parametrize("package", ["trial.protocol", "questionnaires", "analysis.stats"])
def test_pure_modules_are_found(package):
    """The next test would pass on an empty list."""
    assert any(name.startswith(package + ".") for name in pure_modules())


def test_pure_modules_import_in_an_interpreter_without_django():
    program = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "celery", "psycopg", "redis", "allauth"}:
            raise ImportError(f"{name} is not for pure modules")
sys.meta_path.insert(0, Refuse())
import importlib
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", program, *pure_modules()], cwd=ROOT, capture_output=True, text=True)

    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("name", pure_modules())
def test_pure_modules_need_only_the_standard_library_and_numbers(name):
    allowed = sys.stdlib_module_names | NUMERIC | set(PACKAGES)
    if name.startswith("analysis."):
        allowed = allowed | {"pyreadstat"}

    foreign = {target.split(".")[0] for target in imported(modules()[name])} - allowed

    assert foreign == set()
