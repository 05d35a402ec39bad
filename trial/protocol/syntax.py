"""From bytes to a TOML table; what stops a file before anything in it can be judged."""

import re
import tomllib
from typing import Any

from trial.protocol.mistakes import Mistake, ProtocolInvalid
from trial.protocol.positions import lines

LARGEST_FILE_BYTES = 250_000
MOST_IMPOSSIBLE_DATES = 10
POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# The parser's memory grows with the square of the parts of a key.
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
ENDLESS_KEY = re.compile(rf"""(?<![\w."'-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{20}}""")
A_DATE_LIKE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
A_DATE = "1970-01-01"


def as_text(data: bytes) -> str:
    """Decode a file; an editor's byte order mark is dropped. Raises ProtocolInvalid."""
    if not data.strip():
        raise _stop("no text at all", "a protocol in TOML")
    if len(data) > LARGEST_FILE_BYTES:
        raise _stop(f"{len(data):,} bytes", f"at most {LARGEST_FILE_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _stop(f"the byte 0x{data[error.start]:02x}, which is not UTF-8", "text in UTF-8", line) from error


def parse(text: str) -> tuple[dict[str, Any], list[Mistake]]:
    """The table of a TOML text, and the dates in it that no calendar has.

    The parser stops at such a date; another one takes its place so that the rest can be judged too.
    Raises ProtocolInvalid for whatever else is not TOML.
    """
    if endless := ENDLESS_KEY.search(text):
        raise _stop("a key of more than 20 parts", "a few parts", text.count("\n", 0, endless.start()) + 1)
    impossible: list[tuple[int, str]] = []
    while True:
        try:
            return tomllib.loads(text), _impossible_dates(text, impossible)
        except RecursionError as error:
            raise _stop("lists or tables hundreds of levels deep", "at most a few levels") from error
        except ValueError as error:
            start, line = _position(text, str(error))
            date = _date_at(text, start)
            if date is None or len(impossible) == MOST_IMPOSSIBLE_DATES:
                raise _not_toml(error, line) from error
            impossible.append((line, date.group()))
            text = text[: date.start()] + A_DATE + text[date.end() :]


def _date_at(text: str, position: int) -> re.Match[str] | None:
    """What is written like a date at the place where the parser gave up, at most ten characters back."""
    for match in A_DATE_LIKE.finditer(text, max(0, position - 10), position + 10):
        if match.start() <= position <= match.end():
            return match
    return None


def _position(text: str, message: str) -> tuple[int, int]:
    """Offset in the text and line of a parser's complaint; without a position, the end."""
    position = POSITION.search(message)
    if position is None or position[1] is None:
        return len(text), text.count("\n") + 1
    line, column = int(position[1]), int(position[2])
    before = sum(len(row) + 1 for row in text.split("\n")[: line - 1])
    return before + column - 1, line


def _not_toml(error: ValueError, line: int) -> ProtocolInvalid:
    complaint = POSITION.sub("", str(error))
    if not isinstance(error, tomllib.TOMLDecodeError):
        return _stop("a number of thousands of digits", "numbers of at most 15 digits")
    return _stop(f"text that is not TOML ({complaint})", "TOML 1.0", line)


def _impossible_dates(text: str, found: list[tuple[int, str]]) -> list[Mistake]:
    if not found:
        return []
    places = {line: place for place, line in lines(text).items()}
    return [Mistake(places[line], date, "a date that the calendar has", line) for line, date in found]


def _stop(found: str, allowed: str, line: int | None = None) -> ProtocolInvalid:
    return ProtocolInvalid((Mistake("the file", found, allowed, line),))
