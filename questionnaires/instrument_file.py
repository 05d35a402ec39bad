"""Reads an instrument's TOML file; every mistake comes out at once, as a sentence with its place.

The format is that of the files in `questionnaires/instruments`. A score's `items` are the keys in the
manner of the literature, "1 4 7r": r marks a reversed item. With `asked`, the file holds a pool of
items of which only those are asked, in that order, and every score keeps those of its items that are.
"""

import re
import tomllib
from dataclasses import replace
from fractions import Fraction

from questionnaires.instrument import (
    LICENCES,
    NORM_ROLES,
    SOURCE_ROLES,
    Instrument,
    Item,
    Licence,
    Norm,
    OpenQuestion,
    Part,
    Reliability,
    ResponseOption,
    ResponseScale,
    Score,
    Source,
)
from questionnaires.score_table import certainty_of, read_scores
from questionnaires.toml_table import Table

MOST_CODES = 100
NO_SCALE = ResponseScale("", (ResponseOption(0, None),))
ITEM_KEY = re.compile(r"[A-Z]{0,4}[1-9][0-9]{0,2}")


class InstrumentError(ValueError):
    """An instrument file that cannot be used; `mistakes` holds one sentence each."""

    def __init__(self, name: str, mistakes: list[str]) -> None:
        self.mistakes = tuple(f"{name}: {mistake}" for mistake in mistakes)
        super().__init__("\n".join(self.mistakes))


def read(data: bytes, *, name: str) -> Instrument:
    """Read the bytes of an instrument file called `name` (its slug, without ".toml").

    Raises
    ------
    InstrumentError
        With every mistake in the file.
    """
    mistakes: list[str] = []
    try:
        table = Table(tomllib.loads(data.decode("utf-8")), "", mistakes)
    except UnicodeDecodeError as error:
        raise InstrumentError(name, [f"byte {error.start} is not UTF-8; save the file as UTF-8."]) from error
    except tomllib.TOMLDecodeError as error:
        raise InstrumentError(name, [f"is not TOML: {error}."]) from error
    instrument = _instrument(table, name)
    if mistakes:
        raise InstrumentError(name, mistakes)
    return instrument


def _instrument(table: Table, name: str) -> Instrument:
    if table.string("slug") not in ("", name):
        table.complain("slug", f"found {table.fields['slug']!r}; the file's name says {name!r}.")
    missing = table.table("missing")
    share = Fraction(str(missing.number("share", above=0, up_to=1)))
    scales = {scale.name: scale for scale in map(_scale, table.children("scales"))}
    parts, items = _parts_and_items(table, scales)
    asked = _asked(table, items)
    scores = read_scores(table, {item.key: item for item in asked}, {item.key for item in items}, share)
    _check_every_item_scored(table, asked, scores)
    instrument = Instrument(
        slug=name,
        abbreviation=table.string("abbreviation"),
        title=table.text("title"),
        construct=table.text("construct"),
        minutes=table.number("minutes", above=0),
        missing_rule=missing.string("rule"),
        provisional=table.string("provisional", ""),
        parts=parts,
        items=asked,
        open_questions=_open_questions(table, items),
        scores=scores,
        norms=_norms(table, {score.name: score for score in scores}),
        reliability=_reliability(table, {score.name for score in scores}),
        licence=_licence(table.table("licence")),
        sources=tuple(_source(row) for row in table.rows("sources")),
        notes=table.strings("notes"),
        unverified=table.strings("unverified"),
    )
    missing.finish()
    table.finish()
    return instrument


def _scale(table: Table) -> ResponseScale:
    lowest, highest = _codes(table)
    labels = {}
    for label in table.children("labels"):
        if not re.fullmatch(r"-?[0-9]{1,3}", label.name) or not lowest <= int(label.name) <= highest:
            label.complain("", f"is a label for a code outside {lowest} to {highest}.")
            continue
        labels[int(label.name)] = label.own_text()
        label.finish()
    for end in (lowest, highest):
        if end not in labels:
            table.complain("labels", f"has none for {end}; both ends need one.")
    not_applicable = table.maybe_text("not_applicable")
    table.finish()
    options = tuple(ResponseOption(code, labels.get(code)) for code in range(lowest, highest + 1))
    return ResponseScale(table.name, options, not_applicable)


def _codes(table: Table) -> tuple[int, int]:
    found = table.pair("codes")
    if found is None:
        return 0, 1
    if any(type(code) is not int for code in found) or not 0 < found[1] - found[0] <= MOST_CODES:
        table.complain(
            "codes",
            f"found {list(found)}; write the lowest and the highest code, at most {MOST_CODES} apart.",
        )
        return 0, 1
    return int(found[0]), int(found[1])


def _parts_and_items(table: Table, scales: dict[str, ResponseScale]) -> tuple[tuple[Part, ...], list[Item]]:
    parts: list[Part] = []
    items: list[Item] = []
    for row in table.rows("parts", required=True):
        part = Part(row.string("key"), row.text("recall"), row.text("instructions"), row.flag("optional"))
        if part.key in {earlier.key for earlier in parts}:
            row.complain("key", f"{part.key!r} names an earlier part too; each needs a key of its own.")
        parts.append(part)
        scale = row.choice("scale", scales)
        for item_row in row.rows("items", required=True):
            items.append(_item(item_row, items, part.key, scales, scale))
        row.finish()
    return tuple(parts), items


def _item(row: Table, earlier: list[Item], part: str, scales: dict[str, ResponseScale], default_scale: str) -> Item:
    key = row.string("key")
    if key and not ITEM_KEY.fullmatch(key):
        row.complain("key", f"found {key!r}; write a number such as 7, or letters and a number such as EX1.")
    if key in {item.key for item in earlier}:
        row.complain("key", f"{key!r} is the key of an earlier item too; each needs its own.")
    wording = row.own_text()
    if wording.en and wording in [item.wording for item in earlier]:
        row.complain("", f"item {key} has the wording of an earlier item.")
    scale = scales.get(row.choice("scale", scales, default_scale))
    origin = row.maybe_whole("origin")
    row.finish()
    return Item(key, len(earlier) + 1, part, scale or ResponseScale("", (ResponseOption(0, None),)), wording, origin)


def _asked(table: Table, items: list[Item]) -> tuple[Item, ...]:
    keys = table.words("asked")
    if not keys:
        return tuple(items)
    pool = {item.key: item for item in items}
    for key in keys:
        if key not in pool:
            table.complain("asked", f"{key!r} is no item of this file.")
        elif keys.count(key) > 1:
            table.complain("asked", f"{key!r} is there {keys.count(key)} times; name each item once.")
    asked = [pool[key] for key in keys if key in pool]
    return tuple(replace(item, number=number) for number, item in enumerate(asked, start=1))


def _check_every_item_scored(table: Table, items: tuple[Item, ...], scores: tuple[Score, ...]) -> None:
    scored = {key for score in scores for key in score.items}
    for item in items:
        if item.key not in scored:
            table.complain("scores", f"item {item.key} belongs to no score.")


def _open_questions(table: Table, items: list[Item]) -> tuple[OpenQuestion, ...]:
    questions = []
    keys = {item.key for item in items}
    for row in table.rows("open_questions"):
        key = row.string("key")
        if key in keys:
            row.complain("key", f"{key!r} names an earlier item too; each needs its own.")
        keys.add(key)
        questions.append(OpenQuestion(key, row.own_text()))
        row.finish()
    return tuple(questions)


def _norms(table: Table, scores: dict[str, Score]) -> tuple[Norm, ...]:
    norms = []
    for row in table.rows("norms"):
        population, n = row.string("population"), row.whole("n", at_least=2)
        role, certainty = row.choice("role", NORM_ROLES), certainty_of(row)
        values = row.table("values")
        for name in values.fields:
            mean, sd = values.pair(name) or (0.0, 1.0)
            if name not in scores:
                values.complain(name, f"is no score; the scores are {', '.join(scores)}.")
            elif not scores[name].low <= mean <= scores[name].high or sd <= 0:
                values.complain(name, f"found [{mean}, {sd}]; write a mean in the score's range and an SD above 0.")
            norms.append(Norm(name, population, n, mean, sd, role, certainty))
        row.finish()
    return tuple(norms)


def _reliability(table: Table, scores: set[str]) -> tuple[Reliability, ...]:
    found = []
    for row in table.rows("reliability"):
        of = row.choice("of", ["all items", *sorted(scores)], "all items")
        value = row.number("value", above=0, up_to=1)
        found.append(Reliability(row.string("statistic"), of, value, row.string("sample"), certainty_of(row)))
        row.finish()
    return tuple(found)


def _licence(table: Table) -> Licence:
    licence = Licence(table.choice("status", LICENCES), table.string("terms"))
    table.finish()
    return licence


def _source(row: Table) -> Source:
    source = Source(row.choice("role", SOURCE_ROLES), row.string("citation"), row.string("doi", ""), row.flag("seen"))
    row.finish()
    return source
