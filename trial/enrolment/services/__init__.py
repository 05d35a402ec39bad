"""A participant's way into the study and out of it. Other rooms ask `may_answer_baseline`."""

from trial.enrolment.guards import EnrolmentRefused
from trial.enrolment.services.contact import correct_contact
from trial.enrolment.services.entry import Signed, ask_for_link_by_email, give_consent, sign_up, wording_in_force
from trial.enrolment.services.leaving import Choice, levels_left, withdraw
from trial.enrolment.services.screening import (
    Decision,
    judge_criterion,
    may_answer_baseline,
    reopen_screening,
    still_to_judge,
    submit_screening,
    submit_sheet,
)

__all__ = [
    "Choice",
    "Decision",
    "EnrolmentRefused",
    "Signed",
    "ask_for_link_by_email",
    "correct_contact",
    "give_consent",
    "judge_criterion",
    "levels_left",
    "may_answer_baseline",
    "reopen_screening",
    "sign_up",
    "still_to_judge",
    "submit_screening",
    "submit_sheet",
    "withdraw",
    "wording_in_force",
]
