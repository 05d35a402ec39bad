"""The text of a consent document in one language: what is read, hashed, signed and printed."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from trial.protocol.schema import Protocol
from trial.protocol.schema_enrolment import ConsentDocument

STRONG = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a paragraph, some of them strong."""

    words: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One heading or paragraph (a single line), or a list of lines."""

    kind: Literal["heading", "paragraph", "list"]
    lines: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A sentence to tick."""

    id: str
    words: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Wording:
    document: str
    version: str
    dated: date
    minutes: int
    language: str
    title: str
    text: str
    ticks: tuple[Tick, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(_block(part) for part in re.split(r"\n\s*\n", self.text.strip()))

    @property
    def sha256(self) -> str:
        """Of everything that is signed: title, version, text and statements, as UTF-8 with empty lines between."""
        parts = [self.title, self.version, self.text.strip(), *(tick.words for tick in self.ticks)]
        return hashlib.sha256("\n\n".join(parts).encode()).hexdigest()

    @property
    def required(self) -> frozenset[str]:
        return frozenset(tick.id for tick in self.ticks if tick.is_required)


def wording(protocol: Protocol, document: ConsentDocument, language: str) -> Wording:
    """The document in that language, else in the trial's default one."""
    code = language if language in protocol.languages else protocol.default_language
    return Wording(
        document=document.id,
        version=document.version,
        dated=document.dated,
        minutes=document.minutes,
        language=code,
        title=document.title.in_language(code),
        text=document.text.in_language(code),
        ticks=tuple(Tick(each.id, each.text.in_language(code), each.is_required) for each in document.statements),
    )


def everything_signed(protocol: Protocol) -> str:
    """One SHA-256 over what people sign under this protocol: every document in every language."""
    texts = [wording(protocol, each, code) for each in protocol.consent_documents for code in protocol.languages]
    lines = [f"{text.document} {text.language} {text.sha256}\n" for text in texts]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _block(part: str) -> Block:
    lines = part.split("\n")
    if part.startswith("## "):
        return Block("heading", (_spans(part[3:]),))
    if all(line.startswith("- ") for line in lines):
        return Block("list", tuple(_spans(line[2:]) for line in lines))
    return Block("paragraph", (_spans(" ".join(lines)),))


def _spans(line: str) -> tuple[Span, ...]:
    """Split at **strong** words; the odd pieces of a split by a group are the group's."""
    pieces = STRONG.split(line)
    return tuple(Span(piece, bool(number % 2)) for number, piece in enumerate(pieces) if piece)
