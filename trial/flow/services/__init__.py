"""Where everybody is: the flow of participants, the state of each wave, and what needs somebody today."""

from trial.flow.services.facts import TrialFacts, facts_of, percent_answered
from trial.flow.services.flow import TrialFlow, enrolment_counts, flow_from, flow_of
from trial.flow.services.progress import Progress, with_state
from trial.flow.services.today import mails_to, needs_today, of_every_arm, see_withdrawals
from trial.flow.services.words import before_start_words, box_words, reason_words

__all__ = [
    "Progress",
    "TrialFacts",
    "TrialFlow",
    "before_start_words",
    "box_words",
    "enrolment_counts",
    "facts_of",
    "flow_from",
    "flow_of",
    "mails_to",
    "needs_today",
    "of_every_arm",
    "percent_answered",
    "reason_words",
    "see_withdrawals",
    "with_state",
]
