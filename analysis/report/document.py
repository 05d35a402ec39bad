"""What a report's document is made of. It is stored as JSON: the page and the PDF show the same words.

Text may hold *x* for an italic symbol, as statistics are set.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table under one heading ("" for none). `why_not` stands where there are no figures."""

    heading: str
    rows: tuple[tuple[str, ...], ...]
    is_turned: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table in APA form. The first column is words, the others figures."""

    id: str
    number: str
    title: str
    columns: tuple[str, ...]
    groups: tuple[Rows, ...]
    note: str
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Figure:
    """Pictures of one number: several small ones, or one for wide and one for narrow screens.

    `key` holds pairs of a drawn mark and its words. `sheet` is the same as one file, `file` its name.
    """

    id: str
    number: str
    title: str
    key: tuple[tuple[str, str], ...]
    drawings: tuple[str, ...]
    are_small: bool
    note: str
    sheet: str
    file: str
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class Words:
    """Paragraphs under a small heading; a paragraph may begin with bold words."""

    title: str
    paragraphs: tuple[tuple[str, str], ...]
    kind: str = "words"


@dataclass(frozen=True, slots=True)
class Part:
    """One tab of the report."""

    id: str
    title: str
    blocks: tuple[Table | Figure | Words, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report of one analysis set in one language.

    `other_sets` are id, name and, where it is not there, why. `provenance` are pairs of label and value; hashes are
    whole.
    """

    language: str
    study: str
    title: str
    simulated: str
    warning: str
    set_id: str
    set_name: str
    set_words: str
    other_sets: tuple[tuple[str, str, str], ...]
    provenance: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def figures(self) -> list[Figure]:
        return [block for part in self.parts for block in part.blocks if isinstance(block, Figure)]
