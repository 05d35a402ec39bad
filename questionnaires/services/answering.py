"""Answering: a sitting is opened, answered item by item, and handed in. What was acknowledged is never lost.

Every act locks the sitting's row first, so that two tabs, two devices and two clicks come one after the other.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from questionnaires import catalogue, clock, scoring
from questionnaires.asking import Value
from questionnaires.guards import check_value, closed_sentence, stopped_sentence
from questionnaires.models import AnswerChange, Crossing, Respondent, Sheet, Sitting
from questionnaires.refusals import AlreadySubmitted, AnswerRefused, KeyReused, NotUnderWay, NotYours, Stopped
from questionnaires.services.standing import answers_of, codes_of


def _locked(sitting: Sitting, by: UUID) -> Sitting:
    """The sitting as it is now, held until the transaction ends."""
    held = Sitting.objects.select_for_update().get(pk=sitting.pk)
    if held.respondent_id != by:
        raise NotYours(_("These questionnaires are not yours. Open your own personal link."))
    return held


def _must_not_have_stopped(held: Sitting) -> None:
    """Read once the sitting is held, which `stop` waits for: either comes wholly before the other."""
    if Respondent.objects.filter(pk=held.respondent_id, stopped_at__isnull=False).exists():
        raise Stopped(stopped_sentence())


@transaction.atomic
def stop(key: UUID) -> None:
    """Take nothing more from this respondent. What was acknowledged stays, and doing it again changes nothing."""
    list(Sitting.objects.select_for_update().filter(respondent=key).order_by("pk"))
    Respondent.objects.filter(pk=key, stopped_at__isnull=True).update(stopped_at=clock.now())


@transaction.atomic
def open_sitting(sitting: Sitting, *, by: UUID) -> Sitting:
    """Begin a sitting; once begun in time it takes answers through its grace. Doing it again changes nothing."""
    held = _locked(sitting, by)
    _must_not_have_stopped(held)
    if held.opened_at is not None:
        return held
    now = clock.now()
    if not held.may_open(now):
        raise NotUnderWay(closed_sentence(held, now))
    held.opened_at = now
    held.save(update_fields=["opened_at"])
    return held


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
    try:
        return _take_answer(sheet, item, value, by=by, key=key, waited=waited, wording=wording)
    except (AnswerRefused, IntegrityError) as refusal:  # it may have been taken before: few retry, so asked last
        known = None if isinstance(refusal, NotYours) else AnswerChange.objects.filter(sheet=sheet, key=key).first()
        if known is None:
            raise
    if (known.item, known.value) != (item, value):
        raise KeyReused(_("This answer came with the mark of another one. Please choose it once more."))
    return known


@transaction.atomic
def _take_answer(
    sheet: Sheet, item: str, value: Value, *, by: UUID, key: UUID, waited: timedelta, wording: str
) -> AnswerChange:
    """Take it, or refuse it. A key that came before breaks a constraint, before anything else is written."""
    held = _locked(sheet.sitting, by)
    now = _taking_answers(sheet, held)
    check_value(sheet.definition, item, value)
    [change] = _write(sheet, held, {key: (item, value)}, captured_at=min(now - waited, now), wording=wording, now=now)
    return change


@transaction.atomic
def save_page(sheet: Sheet, given: Mapping[str, Value], *, by: UUID, wording: str = "working-en") -> list[AnswerChange]:
    """Take the answers of a whole page, sent as a form; all of them or none. Returns what was new.

    `given` holds the value by item. An answer that is in force already is not written again, so
    the same page sent twice is taken once.
    """
    held = _locked(sheet.sitting, by)
    now = _taking_answers(sheet, held)
    definition = sheet.definition
    for item, value in given.items():
        check_value(definition, item, value)
    in_force = answers_of(sheet)
    new = {item: value for item, value in given.items() if item not in in_force or in_force[item] != value}
    return _write(sheet, held, {uuid4(): each for each in new.items()}, captured_at=now, wording=wording, now=now)


def _taking_answers(sheet: Sheet, held: Sitting) -> datetime:
    """The moment at which the sheet takes answers; what can change of it is read anew, once it is held (one query)."""
    seen = Sheet.objects.filter(pk=sheet.pk)
    sheet.started_at, sheet.submitted_at, stopped_at, now = seen.values_list(
        "started_at", "submitted_at", "sitting__respondent__stopped_at", clock.expression()
    ).get()
    if held.submitted_at is not None or sheet.submitted_at is not None:
        raise AlreadySubmitted(_("You have handed this in. What you answered before is kept; this one is not."))
    if stopped_at is not None:
        raise Stopped(stopped_sentence())
    if not held.takes_answers(now):
        raise NotUnderWay(closed_sentence(held, now))
    return now


def _write(
    sheet: Sheet,
    sitting: Sitting,
    given: Mapping[UUID, tuple[str, Value]],
    *,
    captured_at: datetime,
    wording: str,
    now: datetime,
) -> list[AnswerChange]:
    """Keep item and value of each key, in the history and so in force (one query, however many)."""
    if not given:
        return []
    said = {"wording": wording, "captured_at": captured_at, "stored_at": now}
    changes = AnswerChange.objects.bulk_create(
        AnswerChange(sheet=sheet, key=key, item=item, **_stored(value), **said) for key, (item, value) in given.items()
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
    values = scoring.score(instrument, codes_of(answers))
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
    if Sheet.objects.filter(pk=sheet.pk, submitted_at__isnull=True).exists():
        now = _taking_answers(sheet, held)
        _hand_in(sheet, held, now)
    return Sheet.objects.get(pk=sheet.pk)


@transaction.atomic
def submit_sitting(sitting: Sitting, *, by: UUID) -> Sitting:
    """Hand in the whole sitting with all its sheets, complete or not. Doing it again returns the same."""
    held = _locked(sitting, by)
    if held.submitted_at is not None:
        return held
    _must_not_have_stopped(held)
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
