"""What a sheet asks: the items of an instrument, then its questions in free text, or a sheet of own questions. Pure."""

from collections.abc import Mapping

from questionnaires.instrument import Instrument, Item
from questionnaires.own_questions import OwnQuestion, OwnSheet

Definition = Instrument | OwnSheet
Asked = Item | OwnQuestion
# A code, what was chosen or written as text, or None for "I prefer not to answer".
Value = int | str | None


def in_own_words(instrument: Instrument) -> tuple[OwnQuestion, ...]:
    """The instrument's questions in free text, numbered after its items."""
    first = len(instrument.items) + 1
    return tuple(
        OwnQuestion(each.key, number, "text", each.wording)
        for number, each in enumerate(instrument.open_questions, start=first)
    )


def everything(definition: Definition) -> tuple[Asked, ...]:
    """All that the sheet may ask, whether or not it concerns a person."""
    if isinstance(definition, OwnSheet):
        return definition.questions
    return (*definition.items, *in_own_words(definition))


def asked(definition: Definition, given: Mapping[str, Value]) -> tuple[Asked, ...]:
    """What the sheet asks whoever gave these answers, in the order of the page."""
    return definition.asked(given) if isinstance(definition, OwnSheet) else everything(definition)


def by_key(definition: Definition) -> Mapping[str, Asked]:
    return {each.key: each for each in everything(definition)}


def newly_asked(definition: Definition, before: Mapping[str, Value], now: Mapping[str, Value]) -> tuple[str, ...]:
    """The keys of what is asked and open with the answers `now`, and was not asked with those `before`."""
    known = {item.key for item in asked(definition, before)}
    return tuple(item.key for item in asked(definition, now) if item.key not in known and item.key not in now)


def read(item: Asked, value: Value) -> str | int | float | None:
    """An answer in its own kind: a number that was written becomes one."""
    if isinstance(item, OwnQuestion) and item.kind == "number" and isinstance(value, str):
        return int(value) if item.is_whole else float(value)
    return value
