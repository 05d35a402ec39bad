"""What PostgreSQL itself holds of an allocation, whatever program or person writes the row."""

import pgtrigger

from trial.enrolment.triggers import guard, in_stage

_NOT_RECRUITING = "the trial does not recruit, and people are allocated while it does"

DRAW_OF_CLOSED_COHORT = guard(
    "draw_of_closed_cohort",
    (
        "EXISTS (SELECT 1 FROM trial_cohort c JOIN trial_protocolversion v ON v.trial_id = c.trial_id "
        "WHERE c.id = NEW.cohort_id AND c.closed_at IS NOT NULL "
        "AND v.id = NEW.protocol_version_id AND v.in_force_from IS NOT NULL)",
        "the cohort is open, or the protocol is not one in force of its trial",
    ),
    (in_stage("(SELECT c.trial_id FROM trial_cohort c WHERE c.id = NEW.cohort_id)", "recruiting"), _NOT_RECRUITING),
    ("NEW.drawn_at IS NULL AND NEW.told_at IS NULL", "a draw begins with its commitment"),
)

DRAW_ONCE = pgtrigger.Trigger(
    name="draw_once",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(old__drawn_at__isnull=False),
    func=(
        "IF NEW.drawn_at IS DISTINCT FROM OLD.drawn_at OR NEW.drawn_by_id IS DISTINCT FROM OLD.drawn_by_id "
        "OR (OLD.told_at IS NOT NULL AND NEW.told_at IS DISTINCT FROM OLD.told_at) "
        "THEN RAISE EXCEPTION 'draw_once: it is drawn, and stays so' USING ERRCODE = 'check_violation'; "
        "END IF; RETURN NEW;"
    ),
)

ALLOCATION_AFTER_BASELINE = guard(
    "allocation_after_baseline",
    (
        "EXISTS (SELECT 1 FROM trial_participant p WHERE p.id = NEW.participant_id AND p.trial_id = NEW.trial_id)",
        "the participant is of another trial",
    ),
    (in_stage("NEW.trial_id", "recruiting"), _NOT_RECRUITING),
    (
        "EXISTS (SELECT 1 FROM trial_consent c WHERE c.participant_id = NEW.participant_id)",
        "the participant has not consented",
    ),
    (
        "EXISTS (SELECT 1 FROM trial_screening s WHERE s.participant_id = NEW.participant_id "
        "AND s.outcome = 'passed' AND s.reopened_at IS NULL)",
        "the participant has not passed the screening",
    ),
    (
        "EXISTS (SELECT 1 FROM questionnaires_sitting s JOIN trial_participant p ON p.respondent_key = s.respondent_id "
        "WHERE p.id = NEW.participant_id AND s.submitted_at IS NOT NULL)",
        "the participant has not handed in the baseline",
    ),
    (
        "NEW.draw_id IS NULL OR EXISTS (SELECT 1 FROM trial_draw d JOIN trial_cohort c ON c.id = d.cohort_id "
        "JOIN trial_cohortplace place ON place.cohort_id = c.id "
        "JOIN trial_participant p ON p.id = place.participant_id "
        "WHERE d.id = NEW.draw_id AND c.trial_id = NEW.trial_id AND p.id = NEW.participant_id "
        "AND d.codes ? p.code)",
        "the participant is not one of those to whom the draw is committed",
    ),
    (
        "NEW.list_id IS NULL OR EXISTS (SELECT 1 FROM trial_allocationlist l WHERE l.id = NEW.list_id "
        "AND l.trial_id = NEW.trial_id AND NEW.index <= l.length)",
        "the list is of another trial, or has no such place",
    ),
    (
        "NEW.list_id IS NULL "
        "OR NEW.index = 1 + (SELECT count(*) FROM trial_allocation a WHERE a.list_id = NEW.list_id)",
        "it is not the turn of this place",
    ),
    (
        "NEW.list_id IS NULL OR EXISTS (SELECT 1 FROM trial_storedreceipt r "
        "JOIN trial_allocationlist l ON l.list_id = r.of JOIN trial_participant p ON p.code = r.participant "
        "WHERE l.id = NEW.list_id AND p.id = NEW.participant_id AND r.number = NEW.index)",
        "there is no receipt of this place for the participant",
    ),
    (
        "NEW.list_id IS NULL OR NOT EXISTS (SELECT 1 FROM trial_withdrawal w "
        "WHERE w.participant_id = NEW.participant_id AND w.withdrawn_at <= NEW.allocated_at)",
        "the participant has withdrawn",
    ),
)

UNMASKING_IN_ITS_TIME = guard(
    "unmasking_in_its_time",
    (
        "NEW.participant_id IS NULL OR EXISTS (SELECT 1 FROM trial_allocation a "
        "WHERE a.participant_id = NEW.participant_id AND a.trial_id = NEW.trial_id)",
        "the participant is in no group of this trial",
    ),
    (
        f"NEW.participant_id IS NOT NULL OR {in_stage('NEW.trial_id', 'locked')}",
        "the data are not locked",
    ),
    ("NEW.confirmed_at IS NULL", "it is asked for before it is confirmed"),
)
