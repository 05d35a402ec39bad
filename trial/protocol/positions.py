"""On which line of a TOML file each key stands, which the standard parser does not tell."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from trial.protocol.mistakes import entry, inside

TOKEN = re.compile(
    r'"""(?:\\.|(?!""")[\s\S])*"{3,5}'
    r"|'''(?:(?!''')[\s\S])*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|\n"
    r"|[\[\]{},=.]"
    r"""|[^\s\[\]{},=."'#]+"""
)


class Token(NamedTuple):
    text: str
    line: int


def lines(text: str) -> dict[str, int]:
    """Line, from one, of every key, table and list entry of a text that is valid TOML, by its place.

    Places are written as in `Mistake`: `waves[2].reminders[1].days_before_closing`.
    """
    return _Scan(text).lines()


def _tokens(text: str) -> Iterator[Token]:
    line, seen = 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        if not match.group().startswith("#"):
            yield Token(match.group(), line)
    yield Token("", line)


class _Scan:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.table = ""
        self.entries: dict[str, int] = {}
        self.found: dict[str, int] = {}

    def lines(self) -> dict[str, int]:
        while self.next.text:
            if self.next.text == "\n":
                self.at += 1
            elif self.next.text == "[":
                self.header()
            else:
                self.pair(self.table)
        return self.found

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def header(self) -> None:
        """`[a.b]` or `[[a.b]]`: sets the table to which the following keys belong."""
        line = self.take().line
        is_list = self.next.text == "["
        self.at += is_list
        *parents, last = self.key()
        self.at += 1 + is_list
        place = ""
        for name in parents:
            place = self.latest(inside(place, name))
        place = inside(place, last)
        if is_list:
            self.entries[place] = self.entries.get(place, 0) + 1
            self.found.setdefault(place, line)
        self.table = self.latest(place)
        self.found.setdefault(self.table, line)

    def latest(self, place: str) -> str:
        """A list of tables stands for its last entry."""
        return entry(place, self.entries[place]) if place in self.entries else place

    def key(self) -> list[str]:
        names = [self.take().text.strip("\"'")]
        while self.next.text == ".":
            self.at += 1
            names.append(self.take().text.strip("\"'"))
        return names

    def pair(self, place: str) -> None:
        line = self.next.line
        for name in self.key():
            place = inside(place, name)
            self.found.setdefault(place, line)
        self.at += 1
        self.value(place)

    def value(self, place: str) -> None:
        if self.next.text == "[":
            self.list_(place)
        elif self.next.text == "{":
            self.inline_table(place)
        else:
            while self.next.text not in ("", "\n", ",", "]", "}"):
                self.at += 1

    def list_(self, place: str) -> None:
        number = 0
        self.at += 1
        while self.next.text not in ("]", ""):
            if self.next.text in (",", "\n"):
                self.at += 1
                continue
            number += 1
            self.found.setdefault(entry(place, number), self.next.line)
            self.value(entry(place, number))
        self.at += 1

    def inline_table(self, place: str) -> None:
        self.at += 1
        while self.next.text not in ("}", ""):
            if self.next.text in (",", "\n"):
                self.at += 1
                continue
            self.pair(place)
        self.at += 1
