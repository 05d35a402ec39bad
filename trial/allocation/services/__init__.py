"""Who goes into which arm: a cohort closed, drawn and told, or the next place of a sealed list. Once and for good."""

from trial.allocation.guards import AllocationRefused
from trial.allocation.services.cohorts import close_cohort, draw_cohort, tell_cohort
from trial.allocation.services.entered_in_error import flag_entered_in_error, second_flag
from trial.allocation.services.list_records import opening, replay_list
from trial.allocation.services.lists import allocate, allocate_next, seal_list, tell_allocated

__all__ = [
    "AllocationRefused",
    "allocate",
    "allocate_next",
    "close_cohort",
    "draw_cohort",
    "flag_entered_in_error",
    "opening",
    "replay_list",
    "seal_list",
    "second_flag",
    "tell_allocated",
    "tell_cohort",
]
