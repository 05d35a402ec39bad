"""What must hold before an answer is taken: each refusal is a sentence for the person who answers."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from questionnaires import catalogue
from questionnaires.asking import Definition, Value, by_key
from questionnaires.instrument import Item
from questionnaires.models import Sitting
from questionnaires.own_questions import LONGEST_TEXT, OwnQuestion
from questionnaires.refusals import AnswerRefused, OutsideCodes, UnknownItem, Unreadable

THRESHOLD_FIELDS = {"id", "instrument", "score"}
BOUNDS = ({"at_least"}, {"at_most"})
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# NUL is not text for PostgreSQL. Half a surrogate pair is no text at all: browsers and Django put U+FFFD in its place.
UNKEEPABLE = re.compile("[\0\ud800-\udfff\ufffd]")


def check_threshold(rule: Mapping[str, Any], instruments: Sequence[str]) -> None:
    if set(rule) not in [THRESHOLD_FIELDS | bound for bound in BOUNDS]:
        fields = ", ".join(sorted(THRESHOLD_FIELDS))
        raise ValueError(f"A threshold has {fields}, and at_least or at_most; found {', '.join(sorted(rule))}.")
    if rule["instrument"] not in instruments:
        raise ValueError(f"Threshold {rule['id']!r} is on {rule['instrument']}, which this sitting does not ask.")
    catalogue.load(rule["instrument"]).score(rule["score"])


def closed_sentence(sitting: Sitting, now: datetime) -> str:
    if now < sitting.opens_at:
        return _("These questionnaires are not open yet.")
    if sitting.opened_at is None and now < sitting.ends_at:
        return _("Begin these questionnaires first; then they take your answers.")
    return _("These questionnaires are closed. Every answer you gave before is kept.")


def stopped_sentence() -> str:
    return _("You have left the questionnaires, so nothing more is asked of you. What you answered before is kept.")


def check_value(definition: Definition, key: str, value: Value) -> None:
    """Refuse what does not answer the item called `key`. What a condition leaves unasked is taken all the same:
    the answer on which it depends may be on its way."""
    item = by_key(definition).get(key)
    if item is None:
        raise UnknownItem(_("This question is not on the sheet. Load the page again."))
    if isinstance(item, Item):
        _check_code(item, value)
    elif value is None:
        if not item.may_be_skipped:
            raise OutsideCodes(_("This question cannot be skipped. Answer it, or leave it open."))
    elif item.is_typed:
        _check_typed(item, value)
    elif value not in item.option_ids():
        raise OutsideCodes(_("This is not one of the answers to choose from. Please choose one of them."))


def mistakes_in(definition: Definition, given: Mapping[str, Value]) -> dict[str, str]:
    """The sentence for each written answer of a page that cannot be taken, by item; the others can be."""
    found = {}
    for key, value in given.items():
        try:
            check_value(definition, key, value)
        except AnswerRefused as refusal:
            found[key] = str(refusal)
    return found


def _check_code(item: Item, code: Value) -> None:
    if code is not None and (type(code) is not int or not item.scale.lowest <= code <= item.scale.highest):
        raise OutsideCodes(_("This is not one of the answers to choose from. Please choose one of them."))


def _check_typed(question: OwnQuestion, written: Value) -> None:
    if not isinstance(written, str) or not written.strip():
        raise OutsideCodes(_("This question is answered in writing."))
    if question.kind == "number":
        _check_number(question, written)
    elif question.kind == "date":
        _check_date(written)
    elif UNKEEPABLE.search(written):
        raise Unreadable(_("This text holds a character that cannot be kept. Write it once more without it."))
    elif len(written.replace("\r\n", "\n")) > LONGEST_TEXT:
        raise Unreadable(_("This text is longer than %(most)d characters. Shorten it.") % {"most": LONGEST_TEXT})


def _check_number(question: OwnQuestion, written: str) -> None:
    if not NUMBER.fullmatch(written) or (question.is_whole and "." in written):
        if question.is_whole:
            raise Unreadable(_("This is not a whole number. Write digits only, such as 12."))
        raise Unreadable(_("This is not a number. Write digits, such as 12 or 12.5."))
    lowest = -math.inf if question.lowest is None else question.lowest
    highest = math.inf if question.highest is None else question.highest
    if not lowest <= float(written) <= highest:
        said = {"lowest": f"{lowest:.12g}", "highest": f"{highest:.12g}"}
        if highest == math.inf:
            raise Unreadable(_("This is too low. Write %(lowest)s or more.") % said)
        if lowest == -math.inf:
            raise Unreadable(_("This is too high. Write %(highest)s or less.") % said)
        raise Unreadable(_("Write a number from %(lowest)s to %(highest)s.") % said)


def _check_date(written: str) -> None:
    try:
        is_date = bool(ISO_DATE.fullmatch(written) and date.fromisoformat(written))
    except ValueError:
        is_date = False
    if not is_date:
        raise Unreadable(_("This is not a date. Write year, month and day, such as 2026-03-31."))
