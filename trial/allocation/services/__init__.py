"""Who goes into which arm: a cohort is closed, drawn and told, or the next place of a sealed list is given.

Also the doors between a trial's stages, the groups opened, and the proof.
"""

from trial.allocation.guards import AllocationRefused
from trial.allocation.services.checklists import Item, checklist
from trial.allocation.services.cohorts import close_cohort, copy_receipts, draw_cohort, tell_cohort
from trial.allocation.services.entered_in_error import flag_entered_in_error, second_flag
from trial.allocation.services.list_records import opening
from trial.allocation.services.lists import allocate, allocate_next, seal_list, tell_allocated
from trial.allocation.services.opened import is_opened, opening_of
from trial.allocation.services.proof import Published, published, published_of, receipt_document
from trial.allocation.services.readiness import Candidate, candidates, is_randomised
from trial.allocation.services.replay import replay_receipts
from trial.allocation.services.stages import close_recruitment, go_live, lock_data
from trial.allocation.services.unmasking import (
    ask_unmasking,
    asked_for,
    confirm_unmasking,
    emergencies,
    report_slip,
    unmask_in_emergency,
)

__all__ = [
    "AllocationRefused",
    "Candidate",
    "Item",
    "Published",
    "allocate",
    "allocate_next",
    "ask_unmasking",
    "asked_for",
    "candidates",
    "checklist",
    "close_cohort",
    "close_recruitment",
    "confirm_unmasking",
    "copy_receipts",
    "draw_cohort",
    "emergencies",
    "flag_entered_in_error",
    "go_live",
    "is_opened",
    "is_randomised",
    "lock_data",
    "opening",
    "opening_of",
    "published",
    "published_of",
    "receipt_document",
    "replay_receipts",
    "report_slip",
    "seal_list",
    "second_flag",
    "tell_allocated",
    "tell_cohort",
    "unmask_in_emergency",
]
