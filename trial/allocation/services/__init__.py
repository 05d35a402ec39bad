"""Who goes into which arm: a cohort is closed, drawn and told; a trial's stages; the groups opened; the proof."""

from trial.allocation.guards import AllocationRefused
from trial.allocation.services.checklists import Item, checklist
from trial.allocation.services.cohorts import close_cohort, copy_receipts, draw_cohort, tell_cohort
from trial.allocation.services.proof import Published, is_opened, opening_of, published, published_of, receipt_document
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
    "go_live",
    "is_opened",
    "is_randomised",
    "lock_data",
    "opening_of",
    "published",
    "published_of",
    "receipt_document",
    "replay_receipts",
    "report_slip",
    "tell_cohort",
    "unmask_in_emergency",
]
