"""Cohorts' dates, the windows of their waves, and the sittings in which people answer them."""

from trial.waves.guards import WaveRefused
from trial.waves.services.cohorts import move_programme, open_cohort
from trial.waves.services.mails import ask_for_due_mails, coming_mails
from trial.waves.services.sittings import admitted, begin, settled_places, sittings_of, window_for

__all__ = [
    "WaveRefused",
    "admitted",
    "ask_for_due_mails",
    "begin",
    "coming_mails",
    "move_programme",
    "open_cohort",
    "settled_places",
    "sittings_of",
    "window_for",
]
