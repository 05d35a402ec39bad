"""What somebody answered, for themselves: in the words of the page, to read or to take along. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from questionnaires.pages import Question, Section

# A spreadsheet takes a cell that begins with one of these for a formula and would run it.
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Line:
    """A question with its answer as text; "" where it was left open, `stored_at` then None."""

    number: int
    question: str
    answer: str
    stored_at: datetime | None


def lines(
    sections: Iterable[Section], stored_at: Mapping[str, datetime], *, language: str, skipped: str
) -> tuple[Line, ...]:
    """Return the questions of a sheet that concern the person, in order; `skipped` is what "no answer" is called."""
    return tuple(
        Line(
            number=question.item.number,
            question=question.item.wording.in_language(language),
            answer=_in_words(question, language, skipped),
            stored_at=stored_at.get(question.item.key),
        )
        for section in sections
        for question in section.questions
        if question.is_asked
    )


def _in_words(question: Question, language: str, skipped: str) -> str:
    for choice in question.choices:
        if choice.is_chosen:
            label = choice.label.in_language(language) if choice.label else ""
            return f"{choice.code} {label}".strip() if question.is_numeric else label
    if question.text:
        unit = getattr(question.item, "unit", None)
        return f"{question.text} {unit.in_language(language)}" if unit else question.text
    if question.is_open:
        return ""
    left_out = getattr(getattr(question.item, "scale", None), "not_applicable", None)
    return left_out.in_language(language) if left_out else skipped


def as_csv(head: Sequence[str], rows: Iterable[Sequence[str]], *, separator: str) -> bytes:
    """Return a file that spreadsheets open by themselves, and in which no cell is a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(RUNS) else cell
