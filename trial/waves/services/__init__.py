"""Cohorts' dates, the windows of their waves, and the sittings in which people answer them."""

from trial.waves.guards import WaveRefused
from trial.waves.services.cohorts import move_programme, open_cohort
from trial.waves.services.duties import own_ends
from trial.waves.services.extensions import extend_for, extend_wave
from trial.waves.services.mails import ask_for_due_mails, coming_mails
from trial.waves.services.settled import ready_one_by_one, waves_still_open
from trial.waves.services.sittings import admitted, begin, present_window, settled_places, sittings_of, window_for
from trial.waves.services.standings import Standing, WaveStanding, standings_of

__all__ = [
    "Standing",
    "WaveRefused",
    "WaveStanding",
    "admitted",
    "ask_for_due_mails",
    "begin",
    "coming_mails",
    "extend_for",
    "extend_wave",
    "move_programme",
    "open_cohort",
    "own_ends",
    "present_window",
    "ready_one_by_one",
    "settled_places",
    "sittings_of",
    "standings_of",
    "waves_still_open",
    "window_for",
]
