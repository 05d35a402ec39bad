"""Reads a TOML table into records by their annotations. Knows kinds of value, nothing of trials."""

import dataclasses
import difflib
from collections.abc import Collection
from datetime import date, time
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from trial.protocol.kinds import PLAIN_WORDS, IdOf, KnownInstrument, Limit, Text
from trial.protocol.mistakes import Mistake, entry, inside, listed
from trial.protocol.unread import UNREAD, NotRead

MOST_MISTAKES = 500
LONGEST_TEXT = 50_000


class TooManyMistakes(Exception):
    """Enough has been found; the file is not a protocol at all."""


class Reference(NamedTuple):
    place: str
    many: str
    id: str


class TypedReader:
    """Collects `mistakes`. `languages` are those every text must have; None when even they are not known."""

    def __init__(self, *, languages: tuple[str, ...] | None, instruments: Collection[str]) -> None:
        self.languages = languages
        self.instruments = instruments
        self.mistakes: list[Mistake] = []
        self.references: list[Reference] = []

    def note(self, place: str, found: str, allowed: str) -> None:
        self.mistakes.append(Mistake(place, found, allowed))
        if len(self.mistakes) == MOST_MISTAKES:
            raise TooManyMistakes

    def value(self, kind: Any, found: Any, place: str) -> Any:
        """`found` as that kind, or UNREAD when it is not of that kind, which is then noted."""
        base, limits = _taken_apart(kind)
        if base is Text:
            return self._text(found, place)
        if dataclasses.is_dataclass(base):
            return self._record(base, found, place)
        value = self._entries(base, found, place) if get_origin(base) is tuple else _plain(base, found)
        if value is UNREAD:
            self.note(place, shown(found), words(kind))
        elif not all(limit.admits(value) for limit in limits):
            self.note(place, shown(found), words(kind))
            # A list of the wrong length can still be referred to; any other value is of no use.
            return value if isinstance(value, tuple) and value else UNREAD
        else:
            for limit in limits:
                self._look_up(limit, value, place)
        return value

    def check_references(self, whole: Any) -> None:
        """Note each id that stands for an entry which does not exist in `whole`."""
        for place, many, id in self.references:
            try:
                ids = [item.id for item in getattr(whole, many)]
                known = id in ids
            except NotRead:
                continue
            if not known:
                self.note(place, shown(id), f"the id of one of the {many}: {listed(dict.fromkeys(ids))}")

    def _look_up(self, limit: Limit, value: str, place: str) -> None:
        if isinstance(limit, IdOf):
            self.references.append(Reference(place, limit.many, value))
        if isinstance(limit, KnownInstrument) and value not in self.instruments:
            self.note(place, shown(value), f"the slug of an instrument: {listed(self.instruments)}")

    def _record(self, cls: Any, found: Any, place: str) -> Any:
        if not isinstance(found, dict):
            self.note(place, shown(found), f"a table with {listed(_keys(cls), 'and')}")
            return UNREAD
        for key in found:
            if key not in _keys(cls):
                self.note(inside(place, key), "a key that means nothing here", _near(key, _keys(cls)))
        keys = _keys(cls).values()
        return cls(**{key.name: self._field(key, found, inside(place, key.name)) for key in keys})

    def _field(self, key: "Key", found: dict[str, Any], place: str) -> Any:
        if key.name in found:
            return self.value(key.kind, found[key.name], place)
        if key.is_required:
            self.note(place, "nothing", words(key.kind))
            return UNREAD
        return key.default

    def _entries(self, base: Any, found: Any, place: str) -> Any:
        if not isinstance(found, list):
            return UNREAD
        kind = get_args(base)[0]
        items = tuple(self.value(kind, item, entry(place, at)) for at, item in enumerate(found, start=1))
        self._ids_once(items, place)
        return items

    def _ids_once(self, items: tuple[Any, ...], place: str) -> None:
        """Entries with an id have each their own; plain entries stand once each."""
        seen: set[Any] = set()
        for number, item in enumerate(items, start=1):
            has_id = dataclasses.is_dataclass(item) and hasattr(item, "id")
            name = item.id if has_id else item
            if name is UNREAD or (not has_id and not isinstance(item, str | int | float)):
                continue
            if name in seen:
                where = inside(entry(place, number), "id") if has_id else entry(place, number)
                self.note(where, f"{shown(name)} a second time", "each once")
            seen.add(name)

    def _text(self, found: Any, place: str) -> Any:
        if not isinstance(found, dict):
            self.note(place, shown(found), f"a text in each language ({listed(self.languages or (), 'and')})")
            return UNREAD
        languages = tuple(found) if self.languages is None else self.languages
        before = len(self.mistakes)
        for code in found:
            if code not in languages:
                self.note(inside(place, code), "a language that is not the trial's", listed(languages))
        for code in languages:
            if code not in found:
                self.note(inside(place, code), "nothing", "a text in this language, like the others")
            elif _plain(str, found[code]) is UNREAD:
                self.note(inside(place, code), shown(found[code]), words(str))
        if len(self.mistakes) > before or not languages:
            return UNREAD
        return Text(tuple((code, found[code].strip()) for code in languages))


class Key(NamedTuple):
    name: str
    kind: Any
    default: Any

    @property
    def is_required(self) -> bool:
        return self.default is dataclasses.MISSING


@cache
def _keys(cls: type) -> dict[str, Key]:
    kinds = get_type_hints(cls, include_extras=True)
    in_file = [field for field in dataclasses.fields(cls) if field.metadata.get("in_file", True)]
    return {field.name: Key(field.name, kinds[field.name], field.default) for field in in_file}


def _taken_apart(kind: Any) -> tuple[Any, tuple[Limit, ...]]:
    """`Annotated[int, Between(1, 9)] | None` is `int` and its limits: a key left out is the only None."""
    options = [option for option in get_args(kind) if option is not NoneType]
    if NoneType in get_args(kind):
        return _taken_apart(options[0])
    if get_origin(kind) is Annotated:
        return options[0], tuple(options[1:])
    return kind, ()


def _plain(base: Any, found: Any) -> Any:
    """A text, number, date, hour or choice of exactly that type. A whole number is a number too."""
    if get_origin(base) is Literal:
        return found if type(found) is str and found in get_args(base) else UNREAD
    if base is float and type(found) is int:
        return float(found) if abs(found) < 10**15 else UNREAD
    if type(found) is not base:
        return UNREAD
    if base is str and not _is_readable(found):
        return UNREAD
    return found


def _is_readable(text: str) -> bool:
    """Not blank, not endless, without control characters (which neither pages nor the database can hold)."""
    return 0 < len(text.strip()) <= LONGEST_TEXT and text.replace("\n", "").replace("\t", "").isprintable()


def words(kind: Any) -> str:
    """What a kind allows, as part of a sentence."""
    base, limits = _taken_apart(kind)
    said = _base_words(base)
    for limit in limits:
        said = limit.words(said)
    return said


def _base_words(base: Any) -> str:
    if base is Text:
        return "a text in each language"
    if isinstance(base, type) and dataclasses.is_dataclass(base):
        return f"a table with {listed(_keys(base), 'and')}"
    if get_origin(base) is Literal:
        return listed(get_args(base))
    if get_origin(base) is tuple:
        return "a list"
    return PLAIN_WORDS[base]


def shown(found: Any) -> str:
    """A value of the file as it may stand in a sentence, short."""
    if isinstance(found, dict):
        return "a table"
    if isinstance(found, list):
        return f"a list of {len(found)}"
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, str):
        short = found if len(found) <= 60 else f"{found[:59]}…"
        return '"' + "".join(letter if letter.isprintable() else " " for letter in short) + '"'
    if isinstance(found, date | time):
        return found.isoformat()
    return str(found)[:40]


def _near(key: str, known: Collection[str]) -> str:
    nearest = difflib.get_close_matches(key[:40], known, n=1)
    return f"{nearest[0]}, the nearest key that does" if nearest else listed(known)
