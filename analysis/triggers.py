"""What PostgreSQL itself holds of a report, whatever program or person writes the row."""

from trial.enrolment.triggers import guard

REAL_ONCE_UNMASKED = guard(
    "real_once_unmasked",
    (
        "NEW.kind <> 'real' OR EXISTS (SELECT 1 FROM trial_trial t WHERE t.id = NEW.trial_id AND t.stage = 'unmasked')",
        "a report with real arms before the trial is unmasked",
    ),
    ("NEW.status = 'waiting'", "a report begins as one that waits"),
)
