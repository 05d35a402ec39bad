"""Sittings: made, opened, answered item by item, handed in, and read. What was acknowledged is never lost."""

from questionnaires.services.answering import open_sitting, save_answer, save_page, stop, submit_sheet, submit_sitting
from questionnaires.services.making import new_sitting
from questionnaires.services.standing import (
    Standing,
    answers_of,
    own_answers,
    progress,
    progress_of,
    scores,
    standing_of,
    standings,
    where_to_resume,
)

__all__ = [
    "Standing",
    "answers_of",
    "new_sitting",
    "open_sitting",
    "own_answers",
    "progress",
    "progress_of",
    "save_answer",
    "save_page",
    "scores",
    "standing_of",
    "standings",
    "stop",
    "submit_sheet",
    "submit_sitting",
    "where_to_resume",
]
