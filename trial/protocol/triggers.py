"""What PostgreSQL itself holds of a trial's stage, whatever program or person writes the row.

The rooms to the right are known here as tables only.
"""

import pgtrigger

REFUSALS = (
    (
        "NOT (OLD.stage, NEW.stage) IN (('draft', 'recruiting'), ('recruiting', 'closed'), ('closed', 'locked'), "
        "('locked', 'unmasked'))",
        "a trial moves one stage forward",
    ),
    (
        "NEW.stage = 'locked' AND EXISTS (SELECT 1 FROM trial_draw d JOIN trial_cohort c ON c.id = d.cohort_id "
        "WHERE c.trial_id = NEW.id AND d.told_at IS NULL)",
        "a cohort is not drawn and told",
    ),
    (
        "NEW.stage = 'unmasked' AND NOT EXISTS (SELECT 1 FROM trial_unmasking u WHERE u.trial_id = NEW.id "
        "AND u.participant_id IS NULL AND u.confirmed_at IS NOT NULL)",
        "no second person has confirmed",
    ),
)
_CHECKS = " ".join(
    f"IF {condition} THEN RAISE EXCEPTION 'stage_has_doors: {words}' USING ERRCODE = 'check_violation'; END IF;"
    for condition, words in REFUSALS
)
STAGE_HAS_DOORS = pgtrigger.Trigger(
    name="stage_has_doors",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(old__stage__df=pgtrigger.F("new__stage")),
    func=f"{_CHECKS} RETURN NEW;",
)
