"""What an amendment changes, for people to read."""

import dataclasses
from collections.abc import Iterator
from datetime import time
from typing import Any, NamedTuple

from trial.protocol.kinds import Text
from trial.protocol.mistakes import inside
from trial.protocol.schema import Protocol


class Change(NamedTuple):
    """One value that differs. A value that is not there is an empty text.

    In `place` an entry stands by its id where it has one, `waves[post].window_days`, else by its number from
    one; a text by its language, `title.es`.
    """

    place: str
    before: str
    after: str


def differences(before: Protocol, after: Protocol) -> tuple[Change, ...]:
    """Every value that was changed, added or taken away, in the order of the later protocol.

    What was taken away stands at the end. The hash of the file is no difference: a comment may have changed.
    """
    old, new = dict(_values(before, "")), dict(_values(after, ""))
    places = [*new, *(place for place in old if place not in new)]
    changes = (Change(place, old.get(place, ""), new.get(place, "")) for place in places)
    return tuple(change for change in changes if change.before != change.after)


def _values(part: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every single value below a part, with its place."""
    if isinstance(part, Text):
        for code, text in part.versions:
            yield inside(place, code), text
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            if field.metadata.get("in_file", True):
                yield from _values(getattr(part, field.name), inside(place, field.name))
    elif isinstance(part, tuple) and any(dataclasses.is_dataclass(item) for item in part):
        for number, item in enumerate(part, start=1):
            yield from _values(item, f"{place}[{getattr(item, 'id', number)}]")
    else:
        yield place, _shown(part)


def _shown(value: Any) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
