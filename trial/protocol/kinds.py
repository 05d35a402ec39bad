"""The kinds of value a protocol is made of. Each can say in words what it allows."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Annotated, Any, Protocol
from zoneinfo import available_timezones


@dataclass(frozen=True, slots=True)
class Text:
    """The same text in each language of the trial: pairs of language code and text, the default first."""

    versions: tuple[tuple[str, str], ...]

    def in_language(self, code: str) -> str:
        """The text in that language, else in its main language (`es` for `es-mx`), else in the default."""
        known = dict(self.versions)
        return known.get(code) or known.get(code.split("-")[0]) or self.versions[0][1]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.versions)

    def __str__(self) -> str:
        return self.versions[0][1]


class Limit(Protocol):
    """What a value must be beyond its type."""

    def admits(self, value: Any) -> bool: ...

    def words(self, base: str) -> str:
        """What is allowed, `base` being the words for the type alone."""
        ...


@dataclass(frozen=True, slots=True)
class Between:
    lowest: float
    highest: float

    def admits(self, value: float) -> bool:
        return math.isfinite(value) and self.lowest <= value <= self.highest

    def words(self, base: str) -> str:
        return f"{base} from {self.lowest:,} to {self.highest:,}"


@dataclass(frozen=True, slots=True)
class Inside:
    """A number strictly between two others."""

    lowest: float
    highest: float

    def admits(self, value: float) -> bool:
        return self.lowest < value < self.highest

    def words(self, base: str) -> str:
        return f"{base} above {self.lowest} and below {self.highest}"


@dataclass(frozen=True, slots=True)
class Entries:
    lowest: int
    highest: int = 1000

    def admits(self, value: tuple[Any, ...]) -> bool:
        return self.lowest <= len(value) <= self.highest

    def words(self, base: str) -> str:
        return f"{base} of {self.lowest} to {self.highest} entries"


@dataclass(frozen=True, slots=True)
class Like:
    """A text of a certain form; the words take the place of the type's."""

    pattern: str
    form: str

    def admits(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value) is not None

    def words(self, base: str) -> str:
        return self.form


@dataclass(frozen=True, slots=True)
class ZoneName:
    def admits(self, value: str) -> bool:
        return value in known_zones()

    def words(self, base: str) -> str:
        return "a time zone of the IANA list, such as Europe/Madrid"


@dataclass(frozen=True, slots=True)
class IdOf:
    """The id of an entry in one of the protocol's lists. Checked when the whole file has been read."""

    many: str

    def admits(self, value: str) -> bool:
        return True

    def words(self, base: str) -> str:
        return f"the id of one of the {self.many}"


@dataclass(frozen=True, slots=True)
class KnownInstrument:
    """The slug of an instrument that the reader was told about."""

    def admits(self, value: str) -> bool:
        return True

    def words(self, base: str) -> str:
        return "the slug of an instrument"


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


InstrumentScores = Mapping[str, Mapping[str, tuple[float, float]]]

Id = Annotated[str, Like("[a-z][a-z0-9_]{0,39}", "1 to 40 small letters, digits and _, first a letter")]
Slug = Annotated[str, Like("[a-z][a-z0-9-]{0,39}", "1 to 40 small letters, digits and hyphens, first a letter")]
Language = Annotated[str, Like("[a-z]{2}(-[a-z]{2})?", "a language code such as en or es")]
Languages = Annotated[tuple[Language, ...], Entries(1, 10)]
Country = Annotated[str, Like("[A-Z]{2}", "a country code of two capitals, such as ES")]
Email = Annotated[str, Like(r"[^@\s]+@[^@\s]+\.[^@\s.]+", "an address such as study@example.org")]
Url = Annotated[str, Like(r"https://[^\s<>\"']+", "an address that begins with https://")]
Line = Annotated[str, Like(r"[^\n\t]{1,200}", "text of one line, up to 200 characters")]
Zone = Annotated[str, ZoneName()]

Count = Annotated[int, Between(1, 100_000)]
Minutes = Annotated[int, Between(1, 600)]
Hours = Annotated[int, Between(1, 720)]
DayOffset = Annotated[int, Between(-400, 4000)]
Number = Annotated[float, Between(-1_000_000_000, 1_000_000_000)]

Instrument = Annotated[str, KnownInstrument()]
ArmId = Annotated[str, IdOf("arms")]
CriterionId = Annotated[str, IdOf("criteria")]
MeasurementId = Annotated[str, IdOf("measurements")]
ProgrammeId = Annotated[str, IdOf("programmes")]
QuestionId = Annotated[str, IdOf("questions")]
WaveId = Annotated[str, IdOf("waves")]

PLAIN_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text that is not empty",
    date: "a date without quotes, such as 2026-03-01",
    time: "an hour without quotes, such as 09:00:00",
}
