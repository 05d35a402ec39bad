"""What PostgreSQL itself holds of a report, whatever program or person writes the row."""

from trial.enrolment.triggers import guard, in_stage

_UNMASKED = in_stage("NEW.trial_id", "unmasked")
_HELD = "SELECT 1 FROM trial_membership m WHERE m.trial_id = NEW.trial_id AND m.user_id = NEW.asked_by_id"

REAL_ONCE_UNMASKED = guard(
    "real_once_unmasked",
    (f"NEW.kind <> 'real' OR {_UNMASKED}", "a report with real arms before the trial is unmasked"),
    ("NEW.status = 'waiting'", "a report begins as one that waits"),
)
CLOSED_FOR_COMMITTEE = guard(
    "closed_for_committee",
    (f"NEW.kind <> 'closed' OR NOT {_UNMASKED}", "a closed report once the trial is unmasked"),
    (
        f"NEW.kind <> 'closed' OR EXISTS ({_HELD} AND m.ended_at IS NULL AND m.role = 'committee') "
        f"AND NOT EXISTS ({_HELD} AND m.ended_at IS NULL AND m.role <> 'committee')",
        "a closed report for somebody who is not of the committee alone",
    ),
)
