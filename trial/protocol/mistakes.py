"""What can be wrong with a protocol file, said in one sentence each."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to correct.

    `place` is the path in the file, entries counted from one: `waves[2].opens_days` is a key of the second
    wave. `found` and `allowed` are parts of a sentence. `line` is the line in the file, from one, where it is
    known; a missing key has the line of the table that lacks it.
    """

    place: str
    found: str
    allowed: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.place if self.line is None else f"Line {self.line}, {self.place}"
        return f"{where}: found {self.found}; allowed is {self.allowed}."


class ProtocolInvalid(ValueError):
    """The file is not a protocol. Carries every mistake, in the order of the file; `str` is one a line."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


def inside(place: str, key: str) -> str:
    """Place of a key: `inside("waves[2]", "name")` is `waves[2].name`."""
    written = key if BARE_KEY.fullmatch(key) else json.dumps(key)
    written = written if len(written) <= 60 else f"{written[:59]}…"
    return f"{place}.{written}" if place else written


def entry(place: str, number: int) -> str:
    """Place of a list's entry, counted from one."""
    return f"{place}[{number}]"


def listed(names: Iterable[str], last: str = "or") -> str:
    """`a, b or c`; "nothing" when there are none."""
    words = list(names)
    if len(words) < 2:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
