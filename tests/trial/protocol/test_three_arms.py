"""A trial unlike the shipped one is read by the same code, which names nothing of either."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("trial", "questionnaires", "analysis")


def test_three_arms_of_ratio_2_1_1_with_an_active_control_are_read(three_arms):
    assert [(arm.role, arm.ratio, arm.programme) for arm in three_arms.arms] == [
        ("programme", 2, "walks"),
        ("active_control", 1, "relaxation"),
        ("usual_care", 1, None),
    ]


def test_rolling_intake_hangs_on_consent_and_allocation(three_arms):
    assert [wave.anchor for wave in three_arms.waves] == ["consent"] + ["allocation"] * 3
    assert three_arms.randomisation.block_sizes == (4, 8)


def test_measurement_is_an_outcome(three_arms):
    assert three_arms.outcome("cortisol").measurement == three_arms.measurements[0].id == "cortisol"


def test_default_language_is_the_first(three_arms):
    assert three_arms.default_language == "es"
    assert str(three_arms.title) == "Caminar o relajarse"


def test_session_of_its_own_length_counts_with_it(three_arms):
    assert three_arms.programme("walks").total_session_minutes == 45 + 90


def words_of_the_shipped_trial(cct):
    """What only that trial has: its name, arms, and the instruments and criteria of more than one word."""
    roles = {arm.role for arm in cct.arms}
    arms = {arm.id for arm in cct.arms} - roles
    slugs = {slug for wave in cct.waves for slug in wave.instruments if "_" in slug}
    criteria = {criterion.id for criterion in cct.criteria if "_" in criterion.id}
    return sorted({"compassion", "tonglen", cct.slug} | arms | slugs | criteria)


def spoken(tree):
    """Names and texts of a module, without its docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value
        for name in ("id", "attr", "name", "arg"):
            if isinstance(getattr(node, name, None), str):
                yield getattr(node, "lineno", 0), getattr(node, name)


def mentions(code, words):
    pattern = re.compile(rf"(?<![a-z0-9])({'|'.join(words)})(?![a-z0-9])", re.IGNORECASE)
    return [(line, text) for line, text in spoken(ast.parse(code)) if pattern.search(text)]


def code_files(package):
    """The demo shows the shipped trial and may name it; nothing else may."""
    files = sorted((ROOT / package).rglob("*.py"))
    return [path for path in files if "demo" not in str(path.relative_to(ROOT))]


@pytest.mark.parametrize("package", PACKAGES)
def test_code_names_nothing_of_the_shipped_trial(package, cct):
    words = words_of_the_shipped_trial(cct)

    found = {
        str(path.relative_to(ROOT)): said
        for path in code_files(package)
        if (said := mentions(path.read_text(encoding="utf-8"), words))
    }

    assert found == {}


def test_search_for_the_shipped_trial_would_find_it(cct):
    code = '"""About cct."""\n\n\ndef open_cct_room(arm):\n    return arm == "waitlist" or "dass_21"\n'

    found = mentions(code, words_of_the_shipped_trial(cct))

    assert [text for _, text in found] == ["open_cct_room", "dass_21"]
