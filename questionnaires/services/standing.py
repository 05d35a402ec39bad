"""What was answered, what it scores, and how far somebody is. Reads, and changes nothing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from questionnaires import scoring
from questionnaires.asking import Asked, Value, asked, read
from questionnaires.instrument import Instrument
from questionnaires.models import Answer, Sheet, Sitting
from questionnaires.own_questions import SLUG, OwnSheet
from questionnaires.progress import NOTHING, Progress, counted, of_sheet, open_items


def answers_of(sheet: Sheet) -> dict[str, Value]:
    """The values in force by item; None where the person preferred not to answer (one query)."""
    return {each.item: each.value for each in Answer.objects.filter(sheet=sheet).only("item", "code", "said")}


def codes_of(answers: Mapping[str, Value]) -> dict[str | int, int | None]:
    """Those answers that are scored: what was said in free text is not."""
    return {item: value for item, value in answers.items() if not isinstance(value, str)}


def scores(sheet: Sheet) -> scoring.Scores:
    """The sheet's scores, computed from its answers at each call and stored nowhere; own questions have none."""
    definition = sheet.definition
    return scoring.score(definition, codes_of(answers_of(sheet))) if isinstance(definition, Instrument) else {}


def own_answers(sheet: Sheet) -> dict[str, str | int | float | None]:
    """What was answered on a sheet of own questions, a number as a number; what is no longer asked is left out."""
    answers = answers_of(sheet)
    return {item.key: read(item, answers[item.key]) for item in asked(sheet.definition, answers) if item.key in answers}


@dataclass(frozen=True)
class Standing:
    """How far one sheet is; `open_items` are those without an answer, in the order of the page.

    `answers` are the values in force, `stored_at` since when, both by item.
    """

    sheet: Sheet
    progress: Progress
    open_items: tuple[Asked, ...]
    answers: Mapping[str, Value]
    stored_at: Mapping[str, datetime]

    @property
    def saved_at(self) -> datetime | None:
        return max(self.stored_at.values(), default=None)


def standings(sitting: Sitting) -> list[Standing]:
    """How far each sheet is, in order (two queries)."""
    sheets = list(sitting.sheets.order_by("position"))
    answers: dict[int, list[Answer]] = {sheet.pk: [] for sheet in sheets}
    for answer in Answer.objects.filter(sheet__in=sheets).only("sheet_id", "item", "code", "said", "stored_at"):
        answers[answer.sheet_id].append(answer)
    return [_standing(sheet, answers[sheet.pk]) for sheet in sheets]


def standing_of(sheet: Sheet) -> Standing:
    """How far this one sheet is (one query)."""
    return _standing(sheet, list(Answer.objects.filter(sheet=sheet).only("item", "code", "said", "stored_at")))


def _standing(sheet: Sheet, answers: Sequence[Answer]) -> Standing:
    definition = sheet.definition
    given = {answer.item: answer.value for answer in answers}
    return Standing(
        sheet=sheet,
        progress=of_sheet(definition, given),
        open_items=open_items(definition, given),
        answers=given,
        stored_at={answer.item: answer.stored_at for answer in answers},
    )


def progress(sitting: Sitting) -> Progress:
    """How many items of the whole sitting are answered, of how many, and how long the rest takes."""
    return sum((each.progress for each in standings(sitting)), start=NOTHING)


def progress_of(sittings: Collection[UUID]) -> dict[UUID, Progress]:
    """How far each of these sittings is (two queries, however many)."""
    own: dict[int, dict[str, Value]] = defaultdict(dict)
    for answer in Answer.objects.filter(sheet__sitting__in=sittings, sheet__instrument=SLUG):
        own[answer.sheet_id][answer.item] = answer.value
    found: dict[UUID, Progress] = defaultdict(lambda: NOTHING)
    for sheet in Sheet.objects.filter(sitting__in=sittings).annotate(answered=Count("answers")):
        definition = sheet.definition
        is_own = isinstance(definition, OwnSheet)
        found[sheet.sitting_id] += (
            of_sheet(definition, own[sheet.pk]) if is_own else counted(definition, sheet.answered)
        )
    return dict(found)


def where_to_resume(sitting: Sitting) -> tuple[Sheet, str] | None:
    """The first sheet with an open item that can still be answered, and its key; None when there is none."""
    under_way = [each for each in standings(sitting) if each.open_items and each.sheet.submitted_at is None]
    return (under_way[0].sheet, under_way[0].open_items[0].key) if under_way else None
