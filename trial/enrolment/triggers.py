"""The guards of enrolment that PostgreSQL itself holds, whatever program or person writes the row."""

from typing import Any

import pgtrigger


def guard(name: str, *rules: tuple[str, str], operation: Any = pgtrigger.Insert) -> pgtrigger.Trigger:
    """Refuse a new row unless every condition holds; the message begins with the trigger's name.

    With another `operation` a changed row as well.
    """
    checks = " ".join(
        f"IF NOT ({condition}) THEN RAISE EXCEPTION '{name}: {words}' USING ERRCODE = 'check_violation'; END IF;"
        for condition, words in rules
    )
    return pgtrigger.Trigger(name=name, when=pgtrigger.Before, operation=operation, func=f"{checks} RETURN NEW;")


def in_stage(trial: str, stage: str) -> str:
    """The condition that a trial is in a stage; `trial` is its id as an SQL expression."""
    return f"EXISTS (SELECT 1 FROM trial_trial t WHERE t.id = {trial} AND t.stage = '{stage}')"  # noqa: S608  both are ours


_OF_OWN_TRIAL = (
    "EXISTS (SELECT 1 FROM trial_participant p JOIN trial_protocolversion v ON v.trial_id = p.trial_id "
    "WHERE p.id = NEW.participant_id AND v.id = NEW.protocol_version_id AND v.in_force_from IS NOT NULL)",
    "the protocol is not one in force of the participant''s trial",
)
_RECRUITING = (
    "EXISTS (SELECT 1 FROM trial_participant p JOIN trial_trial t ON t.id = p.trial_id "
    "WHERE p.id = NEW.participant_id AND t.stage = 'recruiting')",
    "the trial is not recruiting",
)
_STILL_ANSWERS = (
    "NOT EXISTS (SELECT 1 FROM trial_withdrawal w "
    "WHERE w.participant_id = NEW.participant_id AND w.level = 'questionnaires')",
    "the participant has left the questionnaires",
)

CONSENT_TO_OWN_TRIAL = guard("consent_to_own_trial", _OF_OWN_TRIAL)
SCREENING_AFTER_CONSENT = guard(
    "screening_after_consent",
    (
        "EXISTS (SELECT 1 FROM trial_consent c WHERE c.id = NEW.consent_id AND c.participant_id = NEW.participant_id)",
        "the consent is not this participant''s",
    ),
    _OF_OWN_TRIAL,
    _RECRUITING,
    _STILL_ANSWERS,
)
SCREENING_OF_THE_DRAW = guard(
    "screening_of_the_draw",
    (
        "NEW.reopened_at IS NULL OR NOT EXISTS (SELECT 1 FROM trial_cohortplace p JOIN trial_cohort c "
        "ON c.id = p.cohort_id WHERE p.participant_id = NEW.participant_id "
        "AND (c.closed_at IS NOT NULL OR p.randomised_at IS NOT NULL))",
        "the participant''s cohort is closed",
    ),
    operation=pgtrigger.Update,
)
SHEET_AFTER_SCREENING = guard(
    "sheet_after_screening",
    (
        "EXISTS (SELECT 1 FROM trial_screening s WHERE s.id = NEW.screening_id "
        "AND s.participant_id = NEW.participant_id AND s.outcome = 'passed' AND s.reopened_at IS NULL)",
        "the participant has not passed the screening",
    ),
    _OF_OWN_TRIAL,
    _RECRUITING,
    _STILL_ANSWERS,
)
PLACE_AFTER_SHEET = guard(
    "place_after_sheet",
    (
        "EXISTS (SELECT 1 FROM trial_sociodemographicanswers s WHERE s.participant_id = NEW.participant_id)",
        "the sheet about the person is not there",
    ),
    (
        "EXISTS (SELECT 1 FROM trial_participant p JOIN trial_cohort c ON c.trial_id = p.trial_id "
        "WHERE p.id = NEW.participant_id AND c.id = NEW.cohort_id AND c.closed_at IS NULL)",
        "the cohort is closed or of another trial",
    ),
    _STILL_ANSWERS,
)
