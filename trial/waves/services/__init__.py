"""Cohorts' dates, the windows of their waves, and the sittings in which people answer them."""

from trial.waves.guards import WaveRefused
from trial.waves.services.cohorts import move_programme, open_cohort
from trial.waves.services.sittings import begin, settled_places, sittings_of, window_for

__all__ = [
    "WaveRefused",
    "begin",
    "move_programme",
    "open_cohort",
    "settled_places",
    "sittings_of",
    "window_for",
]
