"""What may be done about a sitting, and what is known of it."""

from questionnaires.services.answering import (
    new_sitting,
    open_sitting,
    save_answer,
    save_page,
    submit_sheet,
    submit_sitting,
)
from questionnaires.services.reading import (
    Standing,
    answers_of,
    own_answers,
    progress,
    scores,
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
    "save_answer",
    "save_page",
    "scores",
    "standings",
    "submit_sheet",
    "submit_sitting",
    "where_to_resume",
]
