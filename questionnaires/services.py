"""Answering: a sitting is opened, answered item by item, and handed in. What was acknowledged is never lost.

Every act locks the sitting's row first, so that two tabs, two devices and two clicks come one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from questionnaires import catalogue, clock, scoring
from questionnaires.asking import Asked, Value, asked, read
from questionnaires.guards import check_threshold, check_value, closed_sentence
from questionnaires.instrument import Instrument
from questionnaires.models import Answer, AnswerChange, Crossing, Respondent, Sheet, Sitting
from questionnaires.own_questions import SLUG, own_sheet
from questionnaires.progress import NOTHING, Progress, of_sheet, open_items
from questionnaires.refusals import AlreadySubmitted, KeyReused, NotUnderWay, NotYours
from questionnaires.windows import Window
from questionnaires.wordings.services import in_force


@transaction.atomic
def new_sitting(
    *,
    respondent: Respondent,
    wave: str,
    name: Mapping[str, str],
    zone: str,
    window: Window,
    instruments: Sequence[str],
    questions: Sequence[Mapping[str, Any]] = (),
    thresholds: Sequence[Mapping[str, Any]] = (),
    packs: Sequence[int] = (),
) -> Sitting:
    """Make a respondent's sitting of `wave` with a sheet for each of `instruments`, in their order.

    Parameters
    ----------
    questions
        Own questions, asked on one more sheet at the end: plain dicts as `questionnaires.own_questions` describes
        them. They are stored with the sheet, so that it stays as it was whatever becomes of their source.

    packs
        The numbers of the wording packs that are used, in the order in which they were taken up; the sitting keeps
        the wording that is in force now.

    Raises
    ------
    ValueError
        Without instruments, for one named twice, for questions that cannot be asked, and for a threshold on a
        score that is not asked. LookupError for an unknown instrument or score.
    """
    if not instruments or len(set(instruments)) != len(instruments):
        raise ValueError(f"A sitting needs one or more instruments, each once; found {list(instruments)}.")
    for slug in instruments:
        catalogue.load(slug)
    own_sheet(questions)
    for rule in thresholds:
        check_threshold(rule, instruments)
    sitting = Sitting.objects.create(
        respondent=respondent,
        wave=wave,
        name=dict(name),
        zone=zone,
        thresholds=[dict(rule) for rule in thresholds],
        **asdict(window),
    )
    wordings = in_force(packs)
    sheets = [Sheet(sitting=sitting, instrument=slug, wordings=wordings.get(slug, {})) for slug in instruments]
    if questions:
        sheets.append(Sheet(sitting=sitting, instrument=SLUG, questions=[dict(each) for each in questions]))
    for place, sheet in enumerate(sheets, start=1):
        sheet.position = place
    Sheet.objects.bulk_create(sheets)
    return sitting


def _locked(sitting: Sitting, by: UUID) -> Sitting:
    """The sitting as it is now, held until the transaction ends."""
    held = Sitting.objects.select_for_update().get(pk=sitting.pk)
    if held.respondent_id != by:
        raise NotYours(_("These questionnaires are not yours. Open your own personal link."))
    return held


@transaction.atomic
def open_sitting(sitting: Sitting, *, by: UUID) -> Sitting:
    """Begin a sitting; once begun in time it takes answers through its grace. Doing it again changes nothing."""
    held = _locked(sitting, by)
    if held.opened_at is not None:
        return held
    now = clock.now()
    if not held.may_open(now):
        raise NotUnderWay(closed_sentence(held, now))
    held.opened_at = now
    held.save(update_fields=["opened_at"])
    return held


@transaction.atomic
def save_answer(
    sheet: Sheet,
    item: str,
    value: Value,
    *,
    by: UUID,
    key: UUID,
    waited: timedelta = timedelta(0),
    wording: str = "working-en",
) -> AnswerChange:
    """Take one answer and return what was kept. A retry with the same key returns the same, whatever came since.

    Parameters
    ----------
    value
        One of the item's codes, or what a question of another kind is answered with as text (see
        `questionnaires.own_questions`); None when the person prefers not to answer.
    by
        The key of the respondent who asks for it.
    key
        Made anew for each answer and repeated with each retry.
    waited
        For how long it waited in the page before it came here: it is dated when it was given.

    Raises
    ------
    AnswerRefused
        One of its kinds above. Nothing is written.
    """
    held = _locked(sheet.sitting, by)
    known = AnswerChange.objects.filter(sheet=sheet, key=key).first()
    if known is not None:
        if (known.item, known.value) != (item, value):
            raise KeyReused(_("This answer came with the mark of another one. Please choose it once more."))
        return known
    now = clock.now()
    current = _taking_answers(sheet, held, now)
    check_value(current.definition, item, value)
    [change] = _write(current, held, {key: (item, value)}, captured_at=min(now - waited, now), wording=wording, now=now)
    return change


@transaction.atomic
def save_page(sheet: Sheet, given: Mapping[str, Value], *, by: UUID, wording: str = "working-en") -> list[AnswerChange]:
    """Take the answers of a whole page, sent as a form; all of them or none. Returns what was new.

    `given` holds the value by item. An answer that is in force already is not written again, so
    the same page sent twice is taken once.
    """
    held = _locked(sheet.sitting, by)
    now = clock.now()
    current = _taking_answers(sheet, held, now)
    definition = current.definition
    for item, value in given.items():
        check_value(definition, item, value)
    in_force = answers_of(current)
    new = {item: value for item, value in given.items() if item not in in_force or in_force[item] != value}
    return _write(current, held, {uuid4(): each for each in new.items()}, captured_at=now, wording=wording, now=now)


def _taking_answers(sheet: Sheet, held: Sitting, now: datetime) -> Sheet:
    """The sheet as it is now, if it takes answers."""
    current = Sheet.objects.get(pk=sheet.pk)
    if held.submitted_at is not None or current.submitted_at is not None:
        raise AlreadySubmitted(_("You have handed this in. What you answered before is kept; this one is not."))
    if not held.takes_answers(now):
        raise NotUnderWay(closed_sentence(held, now))
    return current


def _write(
    sheet: Sheet,
    sitting: Sitting,
    given: Mapping[UUID, tuple[str, Value]],
    *,
    captured_at: datetime,
    wording: str,
    now: datetime,
) -> list[AnswerChange]:
    """Keep item and value of each key: in the history, and in force (four queries, however many)."""
    if not given:
        return []
    said = {"wording": wording, "captured_at": captured_at, "stored_at": now}
    rows = {key: {"item": item, **_stored(value), **said} for key, (item, value) in given.items()}
    changes = AnswerChange.objects.bulk_create(AnswerChange(sheet=sheet, key=key, **row) for key, row in rows.items())
    Answer.objects.bulk_create(
        [Answer(sheet=sheet, **row) for row in rows.values()],
        update_conflicts=True,
        unique_fields=["sheet", "item"],
        update_fields=["code", "said", "wording", "captured_at", "stored_at"],
    )
    if sheet.started_at is None:
        sheet.started_at = now
        sheet.save(update_fields=["started_at"])
    _note_crossings(sheet, sitting, now, only_if_complete=True)
    return changes


def _stored(value: Value) -> dict[str, Any]:
    return {"code": None, "said": value} if isinstance(value, str) else {"code": value, "said": None}


def _note_crossings(sheet: Sheet, sitting: Sitting, now: datetime, *, only_if_complete: bool) -> None:
    """Write the thresholds that the sheet reaches; `only_if_complete` leaves out scores that still have open items.

    As soon as a score has none, since not everybody goes on to the end of the sheet or hands in.
    """
    rules = [rule for rule in sitting.thresholds if rule["instrument"] == sheet.instrument]
    if not rules:
        return
    answers = answers_of(sheet)
    instrument = catalogue.load(sheet.instrument)
    if only_if_complete:
        rules = [rule for rule in rules if scoring.items_of(instrument, rule["score"]) <= set(answers)]
    values = scoring.score(instrument, _codes(answers))
    reached = [
        rule
        for rule in rules
        if scoring.reaches(values[rule["score"]], at_least=rule.get("at_least"), at_most=rule.get("at_most"))
    ]
    Crossing.objects.bulk_create(
        (Crossing(sitting=sitting, rule=rule["id"], score=rule["score"], crossed_at=now) for rule in reached),
        ignore_conflicts=True,
    )


@transaction.atomic
def submit_sheet(sheet: Sheet, *, by: UUID) -> Sheet:
    """Hand in one sheet alone; it takes no answer afterwards. Doing it again returns the same."""
    held = _locked(sheet.sitting, by)
    now = clock.now()
    current = Sheet.objects.get(pk=sheet.pk)
    if current.submitted_at is None:
        _hand_in(_taking_answers(sheet, held, now), held, now)
    return Sheet.objects.get(pk=sheet.pk)


@transaction.atomic
def submit_sitting(sitting: Sitting, *, by: UUID) -> Sitting:
    """Hand in the whole sitting with all its sheets, complete or not. Doing it again returns the same."""
    held = _locked(sitting, by)
    if held.submitted_at is not None:
        return held
    now = clock.now()
    if not held.takes_answers(now):
        raise NotUnderWay(closed_sentence(held, now))
    for sheet in held.sheets.filter(submitted_at__isnull=True):
        _hand_in(sheet, held, now)
    # The lock makes this once already; the condition keeps it so whoever comes by without the lock.
    Sitting.objects.filter(pk=held.pk, submitted_at__isnull=True).update(submitted_at=now)
    return Sitting.objects.get(pk=held.pk)


def _hand_in(sheet: Sheet, sitting: Sitting, now: datetime) -> None:
    Sheet.objects.filter(pk=sheet.pk, submitted_at__isnull=True).update(submitted_at=now)
    _note_crossings(sheet, sitting, now, only_if_complete=False)


def answers_of(sheet: Sheet) -> dict[str, Value]:
    """The values in force by item; None where the person preferred not to answer (one query)."""
    return {each.item: each.value for each in Answer.objects.filter(sheet=sheet).only("item", "code", "said")}


def _codes(answers: Mapping[str, Value]) -> dict[str | int, int | None]:
    """Those answers that are scored: what was said in free text is not."""
    return {item: value for item, value in answers.items() if not isinstance(value, str)}


def scores(sheet: Sheet) -> scoring.Scores:
    """The sheet's scores, computed from its answers at each call and stored nowhere; own questions have none."""
    definition = sheet.definition
    return scoring.score(definition, _codes(answers_of(sheet))) if isinstance(definition, Instrument) else {}


def own_answers(sheet: Sheet) -> dict[str, str | int | float | None]:
    """What was answered on a sheet of own questions, a number as a number; what is no longer asked is left out."""
    answers = answers_of(sheet)
    return {item.key: read(item, answers[item.key]) for item in asked(sheet.definition, answers) if item.key in answers}


@dataclass(frozen=True)
class Standing:
    """How far one sheet is; `open_items` are those without an answer, in the order of the page.

    `answers` are the values in force, of which the last was stored at `saved_at`.
    """

    sheet: Sheet
    progress: Progress
    open_items: tuple[Asked, ...]
    answers: Mapping[str, Value]
    saved_at: datetime | None


def standings(sitting: Sitting) -> list[Standing]:
    """How far each sheet is, in order (two queries)."""
    sheets = list(sitting.sheets.order_by("position"))
    answers: dict[int, list[Answer]] = {sheet.pk: [] for sheet in sheets}
    for answer in Answer.objects.filter(sheet__in=sheets).only("sheet_id", "item", "code", "said", "stored_at"):
        answers[answer.sheet_id].append(answer)
    return [_standing(sheet, answers[sheet.pk]) for sheet in sheets]


def _standing(sheet: Sheet, answers: Sequence[Answer]) -> Standing:
    definition = sheet.definition
    given = {answer.item: answer.value for answer in answers}
    return Standing(
        sheet=sheet,
        progress=of_sheet(definition, given),
        open_items=open_items(definition, given),
        answers=given,
        saved_at=max((answer.stored_at for answer in answers), default=None),
    )


def progress(sitting: Sitting) -> Progress:
    """How many items of the whole sitting are answered, of how many, and how long the rest takes."""
    return sum((each.progress for each in standings(sitting)), start=NOTHING)


def where_to_resume(sitting: Sitting) -> tuple[Sheet, str] | None:
    """The first sheet with an open item that can still be answered, and its key; None when there is none."""
    under_way = [each for each in standings(sitting) if each.open_items and each.sheet.submitted_at is None]
    return (under_way[0].sheet, under_way[0].open_items[0].key) if under_way else None
