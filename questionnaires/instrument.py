"""What an instrument is: its items, response scales and scores, and what is known about them.

Pure: only the standard library. `questionnaires.instrument_file` reads these from TOML,
`questionnaires.scoring` computes with them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

LANGUAGES = ("en", "es")
KINDS = ("sum", "mean", "count")
DIRECTIONS = ("better", "worse", "neutral")
CERTAINTIES = {
    "A": "two independent sources agree, or the model trial's own data prove it",
    "B": "one source, and it passes a structural check",
    "computed": "computed from public data files",
    "own": "our own layout or estimate",
}
LICENCES = ("free", "public_domain", "commercial", "unverified", "own")
NORM_ROLES = ("functional", "dysfunctional", "reference")
SOURCE_ROLES = ("original", "translation", "key", "norms", "cut_offs", "background")


@dataclass(frozen=True)
class Text:
    """One text in each of `LANGUAGES`; never empty."""

    en: str
    es: str

    def in_language(self, language: str) -> str:
        """Return the text in `language` ("en" or "es"; a region such as "es-MX" is ignored).

        Raises
        ------
        LookupError
            For a language the repository does not ship; a wording pack must bring it.
        """
        code = language.split("-")[0].lower()
        if code not in LANGUAGES:
            raise LookupError(f"There is no {language!r} text, only {' and '.join(LANGUAGES)}.")
        return self.en if code == "en" else self.es


@dataclass(frozen=True)
class ResponseOption:
    """One code of a response scale; `label` is None where only the number is shown."""

    code: int
    label: Text | None


@dataclass(frozen=True)
class ResponseScale:
    """Whole codes from `options[0].code` to `options[-1].code`, the two ends labelled.

    `not_applicable` is the label of a further choice outside the codes ("did not practise it");
    it is stored as a missing answer.
    """

    name: str
    options: tuple[ResponseOption, ...]
    not_applicable: Text | None = None

    @property
    def lowest(self) -> int:
        return self.options[0].code

    @property
    def highest(self) -> int:
        return self.options[-1].code


@dataclass(frozen=True)
class Item:
    """One closed question.

    `key` is its identity and never changes; `number` is its position on the page, from 1. They agree
    in most instruments. `origin` is its number in the longer form that it was taken from, if any.
    """

    key: str
    number: int
    part: str
    scale: ResponseScale
    wording: Text
    origin: int | None = None


@dataclass(frozen=True)
class OpenQuestion:
    """A question answered in free text; never scored."""

    key: str
    wording: Text


@dataclass(frozen=True)
class Part:
    """Items under one heading. `recall` says what time the answers are about; an `optional` part may
    be left out by a trial."""

    key: str
    recall: Text
    instructions: Text
    optional: bool = False


@dataclass(frozen=True)
class Band:
    """A named range of a score: from `lower` (inclusive) up to the next band."""

    name: str
    label: Text
    lower: float


@dataclass(frozen=True)
class Score:
    """One score, made of items (`items`) or of earlier scores (`made_of`), never both.

    `reversed` are the keys of the items counted as lowest + highest - answer. `kind` is "sum", "mean"
    or "count" (how many were answered). `min_answered` is how many of `items` must be answered.
    A score made of scores is their sum divided by `divisor`, and exists only when all of them do.
    `low` and `high` bound the score. `alert_at` is the value from which (inclusive) somebody should
    look; a protocol may state its own.
    """

    name: str
    label: Text
    kind: str
    items: tuple[str, ...]
    reversed: frozenset[str]
    made_of: tuple[str, ...]
    divisor: int
    min_answered: int
    low: float
    high: float
    higher_is: str
    certainty: str
    bands: tuple[Band, ...] = ()
    bands_source: str = ""
    alert_at: float | None = None

    @property
    def keyed(self) -> str:
        """Its items in the manner of the literature: "1 4 7r"."""
        return " ".join(f"{key}r" if key in self.reversed else key for key in self.items)


@dataclass(frozen=True)
class Norm:
    """Mean and standard deviation of `score`, in its own unit, among `n` people."""

    score: str
    population: str
    n: int
    mean: float
    sd: float
    role: str
    certainty: str


@dataclass(frozen=True)
class Reliability:
    """A coefficient ("alpha", "retest") of `of`: a score's name, or "all items"."""

    statistic: str
    of: str
    value: float
    sample: str
    certainty: str


@dataclass(frozen=True)
class Licence:
    """On what terms the published wording may be used."""

    status: str
    terms: str


@dataclass(frozen=True)
class Source:
    """A reference; `seen` is False where nobody has checked it for this file yet."""

    role: str
    citation: str
    doi: str
    seen: bool


@dataclass(frozen=True)
class Instrument:
    """A questionnaire as this repository ships it: structure, key, and working wordings of our own.

    `minutes` is how long it takes, `unverified` what a person must still check, `provisional` the
    reason why it must not go live without confirmation ("" when there is none), `missing_rule` a
    sentence, `notes` what a reader of the scores should know.
    """

    slug: str
    abbreviation: str
    title: Text
    construct: Text
    minutes: float
    missing_rule: str
    provisional: str
    parts: tuple[Part, ...]
    items: tuple[Item, ...]
    open_questions: tuple[OpenQuestion, ...]
    scores: tuple[Score, ...]
    norms: tuple[Norm, ...]
    reliability: tuple[Reliability, ...]
    licence: Licence
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    unverified: tuple[str, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Item]:
        """The items by key."""
        return MappingProxyType({item.key: item for item in self.items})

    @cached_property
    def by_name(self) -> Mapping[str | int, Item]:
        """The items by every name an answer may use: key, else position; as text or as a number."""
        names: dict[str | int, Item] = {str(item.number): item for item in self.items}
        names.update(self.by_key.items())
        names.update([(int(name), item) for name, item in names.items() if str(name).isdigit()])
        return MappingProxyType(names)

    def score(self, name: str) -> Score:
        """Return the score called `name`; raise LookupError with the names there are."""
        for score in self.scores:
            if score.name == name:
                return score
        names = ", ".join(score.name for score in self.scores)
        raise LookupError(f"{self.slug} has no score {name!r}; it has {names}.")

    def items_without(self, parts: Collection[str]) -> tuple[Item, ...]:
        """Return the items of all parts but `parts`, each of which must be optional.

        Raises
        ------
        ValueError
            For a part that does not exist or may not be left out.
        """
        optional = {part.key for part in self.parts if part.optional}
        for name in sorted(set(parts) - optional):
            allowed = ", ".join(sorted(optional)) or "none"
            raise ValueError(f"{self.slug}: {name!r} may not be left out; optional parts: {allowed}.")
        return tuple(item for item in self.items if item.part not in parts)

    def in_order(self, keys: Sequence[str]) -> "Instrument":
        """Return the instrument with its items asked in the order of `keys`.

        Raises
        ------
        ValueError
            Unless `keys` names every item exactly once.
        """
        if sorted(keys) != sorted(self.by_key):
            raise ValueError(f"{self.slug}: an order must name each of its {len(self.items)} items once.")
        items = tuple(replace(self.by_key[key], number=place) for place, key in enumerate(keys, start=1))
        return replace(self, items=items)
