"""From the bytes of a TOML file to a `Protocol`, or to every mistake in it."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from trial.protocol.kinds import InstrumentScores, Languages
from trial.protocol.mistakes import Mistake, ProtocolInvalid
from trial.protocol.positions import lines
from trial.protocol.reader import TooManyMistakes, TypedReader
from trial.protocol.rules import broken_rules
from trial.protocol.schema import Protocol
from trial.protocol.syntax import as_text, parse


def read(data: bytes, *, instruments: InstrumentScores) -> Protocol:
    """Read and check a protocol file.

    `instruments` are those the site has: slug -> score -> (lowest, highest). Raises ProtocolInvalid with
    every mistake, in the order of the file; a file that is not TOML has only the one that stops its parser.
    """
    text = as_text(data)
    found, mistakes = parse(text)
    reader = TypedReader(languages=_languages(found), instruments=instruments)
    try:
        protocol = reader.value(Protocol, found, "")
        reader.check_references(protocol)
        for mistake in broken_rules(protocol, instruments):
            reader.note(mistake.place, mistake.found, mistake.allowed)
    except TooManyMistakes:
        pass
    if mistakes or reader.mistakes:
        raise ProtocolInvalid(_in_file_order(mistakes + reader.mistakes, lines(text)))
    return replace(protocol, sha256=hashlib.sha256(data).hexdigest())


class Whatever(frozenset[str]):
    """Every name is in it: an instrument that the site no longer has was known when the protocol was stored."""

    def __contains__(self, name: object) -> bool:
        return True


def read_stored(data: bytes) -> Protocol:
    """A protocol that was checked when it was stored. Rules that have come since do not apply to it."""
    found, _ = parse(as_text(data))
    reader = TypedReader(languages=_languages(found), instruments=Whatever())
    protocol = reader.value(Protocol, found, "")
    if reader.mistakes:
        raise ProtocolInvalid(tuple(reader.mistakes))
    return replace(protocol, sha256=hashlib.sha256(data).hexdigest())


def _languages(found: dict[str, Any]) -> tuple[str, ...] | None:
    """The languages every text must have; None where the file does not say them properly."""
    reader = TypedReader(languages=None, instruments=())
    named = reader.value(Languages, found.get("languages"), "languages")
    return None if reader.mistakes else named


def _in_file_order(mistakes: Iterable[Mistake], line_of: dict[str, int]) -> tuple[Mistake, ...]:
    placed = [replace(mistake, line=mistake.line or _line(mistake.place, line_of)) for mistake in mistakes]
    return tuple(sorted(placed, key=lambda mistake: mistake.line or 0))


def _line(place: str, line_of: dict[str, int]) -> int | None:
    """Line of the place, or of the nearest thing around it that stands in the file."""
    ends = [len(place), *(at for at in range(len(place) - 1, 0, -1) if place[at] in ".[")]
    return next((line_of[place[:end]] for end in ends if place[:end] in line_of), None)
