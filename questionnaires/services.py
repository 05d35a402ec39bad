"""Answering: a sitting is opened, answered item by item, and handed in. What was acknowledged is never lost.

Every act locks the sitting's row first, so that two tabs, two devices and two clicks come one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from questionnaires import catalogue, clock, scoring
from questionnaires.instrument import Instrument, Item
from questionnaires.models import Answer, AnswerChange, Crossing, Respondent, Sheet, Sitting
from questionnaires.progress import NOTHING, Progress, of_sheet, open_items
from questionnaires.refusals import AlreadySubmitted, KeyReused, NotUnderWay, NotYours, OutsideCodes, UnknownItem
from questionnaires.windows import Window

THRESHOLD_FIELDS = {"id", "instrument", "score", "at_least"}


@transaction.atomic
def new_sitting(
    *,
    respondent: Respondent,
    wave: str,
    name: Mapping[str, str],
    zone: str,
    window: Window,
    instruments: Sequence[str],
    thresholds: Sequence[Mapping[str, Any]] = (),
) -> Sitting:
    """Make a respondent's sitting of `wave` with a sheet for each of `instruments`, in their order.

    Raises
    ------
    ValueError
        Without instruments, for one named twice or with questions in free text, and for a threshold on a score
        that is not asked. LookupError for an unknown instrument or score.
    """
    if not instruments or len(set(instruments)) != len(instruments):
        raise ValueError(f"A sitting needs one or more instruments, each once; found {list(instruments)}.")
    for slug in instruments:
        if catalogue.load(slug).open_questions:
            raise ValueError(f"{slug} has questions in free text, which a wave cannot ask.")
    for rule in thresholds:
        _check_threshold(rule, instruments)
    sitting = Sitting.objects.create(
        respondent=respondent,
        wave=wave,
        name=dict(name),
        zone=zone,
        thresholds=[dict(rule) for rule in thresholds],
        **asdict(window),
    )
    Sheet.objects.bulk_create(
        Sheet(sitting=sitting, instrument=slug, position=place) for place, slug in enumerate(instruments, start=1)
    )
    return sitting


def _check_threshold(rule: Mapping[str, Any], instruments: Sequence[str]) -> None:
    if set(rule) != THRESHOLD_FIELDS:
        raise ValueError(f"A threshold has {', '.join(sorted(THRESHOLD_FIELDS))}; found {', '.join(sorted(rule))}.")
    if rule["instrument"] not in instruments:
        raise ValueError(f"Threshold {rule['id']!r} is on {rule['instrument']}, which this sitting does not ask.")
    catalogue.load(rule["instrument"]).score(rule["score"])


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
        raise NotUnderWay(_closed_sentence(held, now))
    held.opened_at = now
    held.save(update_fields=["opened_at"])
    return held


@transaction.atomic
def save_answer(
    sheet: Sheet,
    item: str,
    code: int | None,
    *,
    by: UUID,
    key: UUID,
    captured_at: datetime | None = None,
    wording: str = "working-en",
) -> AnswerChange:
    """Take one answer and return what was kept. A retry with the same key returns the same, whatever came since.

    Parameters
    ----------
    code
        One of the item's codes; None when the person prefers not to answer.
    by
        The key of the respondent who asks for it.
    key
        Made anew for each answer and repeated with each retry.
    captured_at
        When it was given on the page; now, when absent or in the future.

    Raises
    ------
    AnswerRefused
        One of its kinds above. Nothing is written.
    """
    held = _locked(sheet.sitting, by)
    known = AnswerChange.objects.filter(sheet=sheet, key=key).first()
    if known is not None:
        if (known.item, known.code) != (item, code):
            raise KeyReused(_("This answer came with the mark of another one. Please choose it once more."))
        return known
    now = clock.now()
    current = _taking_answers(sheet, held, now)
    _check_value(current.definition, item, code)
    return _write(
        current, held, item, code, key=key, captured_at=min(captured_at or now, now), wording=wording, now=now
    )


@transaction.atomic
def save_page(
    sheet: Sheet, given: Mapping[str, int | None], *, by: UUID, wording: str = "working-en"
) -> list[AnswerChange]:
    """Take the answers of a whole page, sent as a form; all of them or none. Returns what was new.

    `given` holds the code by item. An answer that is in force already is not written again, so
    the same page sent twice is taken once.
    """
    held = _locked(sheet.sitting, by)
    now = clock.now()
    current = _taking_answers(sheet, held, now)
    for item, code in given.items():
        _check_value(current.definition, item, code)
    in_force = answers_of(current)
    return [
        _write(current, held, item, code, key=uuid4(), captured_at=now, wording=wording, now=now)
        for item, code in given.items()
        if item not in in_force or in_force[item] != code
    ]


def _taking_answers(sheet: Sheet, held: Sitting, now: datetime) -> Sheet:
    """The sheet as it is now, if it takes answers."""
    current = Sheet.objects.get(pk=sheet.pk)
    if held.submitted_at is not None or current.submitted_at is not None:
        raise AlreadySubmitted(_("You have handed this in. What you answered before is kept; this one is not."))
    if not held.takes_answers(now):
        raise NotUnderWay(_closed_sentence(held, now))
    return current


def _closed_sentence(sitting: Sitting, now: datetime) -> str:
    if now < sitting.opens_at:
        return _("These questionnaires are not open yet.")
    if sitting.opened_at is None and now < sitting.ends_at:
        return _("Begin these questionnaires first; then they take your answers.")
    return _("These questionnaires are closed. Every answer you gave before is kept.")


def _check_value(instrument: Instrument, item: str, code: int | None) -> None:
    asked = instrument.by_key.get(item)
    if asked is None:
        raise UnknownItem(_("This question is not on the sheet. Load the page again."))
    if code is not None and (type(code) is not int or not asked.scale.lowest <= code <= asked.scale.highest):
        raise OutsideCodes(_("This is not one of the answers to choose from. Please choose one of them."))


def _write(
    sheet: Sheet,
    sitting: Sitting,
    item: str,
    code: int | None,
    *,
    key: UUID,
    captured_at: datetime,
    wording: str,
    now: datetime,
) -> AnswerChange:
    said = {"item": item, "code": code, "wording": wording, "captured_at": captured_at, "stored_at": now}
    change = AnswerChange.objects.create(sheet=sheet, key=key, **said)
    Answer.objects.bulk_create(
        [Answer(sheet=sheet, **said)],
        update_conflicts=True,
        unique_fields=["sheet", "item"],
        update_fields=["code", "wording", "captured_at", "stored_at"],
    )
    if sheet.started_at is None:
        sheet.started_at = now
        sheet.save(update_fields=["started_at"])
    _note_crossings(sheet, sitting, now, only_if_complete=True)
    return change


def _note_crossings(sheet: Sheet, sitting: Sitting, now: datetime, *, only_if_complete: bool) -> None:
    """Write the thresholds that the sheet reaches; `only_if_complete` leaves out scores that still have open items.

    As soon as a score has none, since not everybody goes on to the end of the sheet or hands in.
    """
    rules = [rule for rule in sitting.thresholds if rule["instrument"] == sheet.instrument]
    if not rules:
        return
    answers = answers_of(sheet)
    if only_if_complete:
        rules = [rule for rule in rules if scoring.items_of(sheet.definition, rule["score"]) <= set(answers)]
    values = scoring.score(sheet.definition, answers)
    reached = [rule for rule in rules if scoring.crossed({rule["score"]: rule["at_least"]}, values)]
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
        raise NotUnderWay(_closed_sentence(held, now))
    for sheet in held.sheets.filter(submitted_at__isnull=True):
        _hand_in(sheet, held, now)
    # The lock makes this once already; the condition keeps it so whoever comes by without the lock.
    Sitting.objects.filter(pk=held.pk, submitted_at__isnull=True).update(submitted_at=now)
    return Sitting.objects.get(pk=held.pk)


def _hand_in(sheet: Sheet, sitting: Sitting, now: datetime) -> None:
    Sheet.objects.filter(pk=sheet.pk, submitted_at__isnull=True).update(submitted_at=now)
    _note_crossings(sheet, sitting, now, only_if_complete=False)


def answers_of(sheet: Sheet) -> dict[str | int, int | None]:
    """The codes in force by item; None where the person preferred not to answer (one query)."""
    return {each.item: each.code for each in Answer.objects.filter(sheet=sheet).only("item", "code")}


def scores(sheet: Sheet) -> scoring.Scores:
    """The sheet's scores, computed from its answers at each call and stored nowhere."""
    return scoring.score(sheet.definition, answers_of(sheet))


@dataclass(frozen=True)
class Standing:
    """How far one sheet is; `open_items` are those without an answer, in the order of the page."""

    sheet: Sheet
    progress: Progress
    open_items: tuple[Item, ...]


def standings(sitting: Sitting) -> list[Standing]:
    """How far each sheet is, in order (two queries)."""
    sheets = list(sitting.sheets.order_by("position"))
    answered: dict[int, set[str]] = {sheet.pk: set() for sheet in sheets}
    for sheet_pk, item in Answer.objects.filter(sheet__in=sheets).values_list("sheet_id", "item"):
        answered[sheet_pk].add(item)
    return [
        Standing(sheet, of_sheet(sheet.definition, given), open_items(sheet.definition, given))
        for sheet, given in zip(sheets, answered.values(), strict=True)
    ]


def progress(sitting: Sitting) -> Progress:
    """How many items of the whole sitting are answered, of how many, and how long the rest takes."""
    return sum((each.progress for each in standings(sitting)), start=NOTHING)


def where_to_resume(sitting: Sitting) -> tuple[Sheet, str] | None:
    """The first sheet with an open item that can still be answered, and its key; None when there is none."""
    under_way = [each for each in standings(sitting) if each.open_items and each.sheet.submitted_at is None]
    return (under_way[0].sheet, under_way[0].open_items[0].key) if under_way else None
