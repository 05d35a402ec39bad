"""Who goes into which arm: a cohort is closed, drawn and told, each once and for good."""

from trial.allocation.guards import AllocationRefused
from trial.allocation.services.cohorts import close_cohort, draw_cohort, tell_cohort

__all__ = ["AllocationRefused", "close_cohort", "draw_cohort", "tell_cohort"]
