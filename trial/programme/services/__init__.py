"""Groups and their sessions, who came, who crosses over. Other rooms ask `own_sessions`."""

from trial.programme.guards import ProgrammeRefused
from trial.programme.services.attendance import Mark, note_attendance, reasons_for_exclusion, undo_attendance
from trial.programme.services.crossover import Waiting, cross_over, form_crossover_groups, those_waiting
from trial.programme.services.groups import form_groups, lead_group, move_session
from trial.programme.services.rolls import OwnSession, groups_of, own_sessions, roll

__all__ = [
    "Mark",
    "OwnSession",
    "ProgrammeRefused",
    "Waiting",
    "cross_over",
    "form_crossover_groups",
    "form_groups",
    "groups_of",
    "lead_group",
    "move_session",
    "note_attendance",
    "own_sessions",
    "reasons_for_exclusion",
    "roll",
    "those_waiting",
    "undo_attendance",
]
