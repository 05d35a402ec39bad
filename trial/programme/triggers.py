"""What PostgreSQL itself holds of sessions, attendance and crossing over, whatever program or person writes the row."""

import pgtrigger

from trial.enrolment.triggers import guard

_WRITES = pgtrigger.Insert | pgtrigger.Update

GROUP_AFTER_TELLING = guard(
    "group_after_telling",
    (
        "EXISTS (SELECT 1 FROM trial_draw d WHERE d.cohort_id = NEW.cohort_id AND d.told_at <= NEW.created_at)",
        "the cohort has not been told",
    ),
)

SESSION_AFTER_TELLING = guard(
    "session_after_telling",
    (
        "EXISTS (SELECT 1 FROM trial_group g JOIN trial_draw d ON d.cohort_id = g.cohort_id "
        "WHERE g.id = NEW.group_id AND d.told_at < NEW.starts_at)",
        "nobody is told before this session",
    ),
    operation=_WRITES,
)

ATTENDANCE_OF_THE_GROUP = guard(
    "attendance_of_the_group",
    (
        "EXISTS (SELECT 1 FROM trial_session s JOIN trial_group g ON g.id = s.group_id "
        "JOIN trial_cohortplace place ON place.cohort_id = g.cohort_id "
        "JOIN trial_allocation a ON a.participant_id = place.participant_id "
        "WHERE s.id = NEW.session_id AND a.participant_id = NEW.participant_id "
        "AND a.told_at IS NOT NULL AND g.arms ? a.arm "
        "AND (NOT g.is_crossover OR EXISTS (SELECT 1 FROM trial_crossover x "
        "WHERE x.participant_id = a.participant_id AND x.group_id = g.id)))",
        "the participant is not of this group",
    ),
)

ATTENDANCE_AFTER_START = guard(
    "attendance_after_start",
    (
        "EXISTS (SELECT 1 FROM trial_session s WHERE s.id = NEW.session_id AND s.starts_at <= NEW.noted_at)",
        "the session has not begun",
    ),
    operation=_WRITES,
)

# A sitting has the window in which its person answers, extension and grace included; who has none has the cohort's.
CROSSOVER_AFTER_WAITING = guard(
    "crossover_after_waiting",
    (
        "EXISTS (SELECT 1 FROM trial_group g JOIN trial_cohortplace place ON place.cohort_id = g.cohort_id "
        "JOIN trial_allocation a ON a.participant_id = place.participant_id "
        "WHERE g.id = NEW.group_id AND g.is_crossover AND a.participant_id = NEW.participant_id "
        "AND a.told_at IS NOT NULL AND g.arms ? a.arm)",
        "the participant does not wait for this programme, or was not told",
    ),
    (
        "NOT EXISTS (SELECT 1 FROM trial_withdrawal w "
        "WHERE w.participant_id = NEW.participant_id AND w.level = 'sessions')",
        "the participant has left the sessions",
    ),
    (
        "NOT EXISTS (SELECT 1 FROM trial_group g CROSS JOIN trial_participant p "
        "CROSS JOIN jsonb_array_elements_text(g.after_waves) w(wave) "
        "LEFT JOIN questionnaires_sitting s ON s.wave = w.wave AND s.respondent_id = p.respondent_key "
        "LEFT JOIN trial_cohortwave c ON c.wave = w.wave AND c.cohort_id = g.cohort_id "
        "WHERE g.id = NEW.group_id AND p.id = NEW.participant_id "
        "AND CASE WHEN s.opened_at IS NOT NULL AND s.submitted_at IS NULL THEN s.accepts_until "
        "ELSE coalesce(s.ends_at, c.ends_at) END > NEW.crossed_at)",
        "the last wave is not closed for the participant",
    ),
)
