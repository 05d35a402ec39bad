"""The plan: one canonical form, one hash, and what does and does not belong to it."""

import json
from dataclasses import replace

from analysis.plan import plan_of
from questionnaires import catalogue
from tests.analysis.cct_frames import ROOT, cct_plan
from trial.protocol.reading import read
from trial.protocol.schema import Protocol

SOURCE = (ROOT / "trial" / "protocols" / "cct.toml").read_text()


def reread(old: str, new: str) -> Protocol:
    assert SOURCE.count(old) >= 1
    return read(SOURCE.replace(old, new, 1).encode(), instruments=catalogue.score_ranges())


def test_plan_of_the_same_protocol_has_the_same_bytes():
    again = plan_of(reread("version = 1", "version = 1"))

    assert (again.canonical, again.sha256) == (cct_plan().canonical, cct_plan().sha256)


def test_canonical_form_is_json_with_keys_in_order_and_nothing_between():
    told = json.loads(cct_plan().canonical)

    assert list(told) == sorted(told) == ["analysis", "arms", "characteristics", "form", "outcomes", "waves"]
    written = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert written == cct_plan().canonical


def test_plan_changes_with_what_changes_a_number():
    changed = [
        plan_of(reread('degrees_of_freedom = "satterthwaite"', 'degrees_of_freedom = "kenward_roger"')),
        plan_of(reread("reliable_change.reliability = 0.90", "reliable_change.reliability = 0.91")),
        plan_of(reread("at_least_sessions = 6", "at_least_sessions = 5")),
        plan_of(reread('higher_is = "worse"', 'higher_is = "better"')),
    ]

    assert len({cct_plan().sha256, *(plan.sha256 for plan in changed)}) == 5


def test_plan_does_not_change_with_a_reminder_or_a_contact():
    moved = plan_of(reread("days_after_opening = 3", "days_after_opening = 4"))
    called = plan_of(reread("Weekdays 9 to 14", "Weekdays 9 to 13"))

    assert {moved.sha256, called.sha256} == {cct_plan().sha256}


def test_plan_names_arms_in_the_protocols_order_and_models_them_reference_first():
    plan = cct_plan()

    assert ([arm.id for arm in plan.arms], plan.arm_ids) == (["cct", "waitlist"], ("waitlist", "cct"))
    assert (plan.wave_ids, plan.primary_set) == (("pre", "post", "follow_up"), "all_randomised")


def test_plan_with_another_outcome_is_another_plan():
    fewer = replace(cct_plan(), outcomes=cct_plan().outcomes[1:])

    assert fewer.sha256 != cct_plan().sha256


def test_table_of_characteristics_holds_numbers_and_choices_and_no_words_of_anybody():
    kinds = {each.id: each.kind for each in cct_plan().characteristics}

    assert kinds == {
        "age": "number",
        "gender": "category",
        "nationality": "category",
        "marital_status": "category",
        "study_year": "number",
        "meditated_before": "category",
        "meditation_minutes": "number",
    }
