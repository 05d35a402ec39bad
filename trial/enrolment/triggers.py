"""The guards of enrolment that PostgreSQL itself holds, whatever program or person writes the row."""

import pgtrigger


def _guard(name: str, *rules: tuple[str, str]) -> pgtrigger.Trigger:
    """Refuse a new row unless every condition holds; the message begins with the trigger's name."""
    checks = " ".join(
        f"IF NOT ({condition}) THEN RAISE EXCEPTION '{name}: {words}' USING ERRCODE = 'check_violation'; END IF;"
        for condition, words in rules
    )
    return pgtrigger.Trigger(name=name, when=pgtrigger.Before, operation=pgtrigger.Insert, func=f"{checks} RETURN NEW;")


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

CONSENT_TO_OWN_TRIAL = _guard("consent_to_own_trial", _OF_OWN_TRIAL)
SCREENING_AFTER_CONSENT = _guard(
    "screening_after_consent",
    (
        "EXISTS (SELECT 1 FROM trial_consent c WHERE c.id = NEW.consent_id AND c.participant_id = NEW.participant_id)",
        "the consent is not this participant''s",
    ),
    _OF_OWN_TRIAL,
    _RECRUITING,
    _STILL_ANSWERS,
)
SHEET_AFTER_SCREENING = _guard(
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
