"""Reads the scores of an instrument file and checks each against its own key."""

import math
from collections.abc import Collection, Mapping
from fractions import Fraction

from questionnaires.instrument import CERTAINTIES, DIRECTIONS, KINDS, Band, Item, Score
from questionnaires.toml_table import Table


def certainty_of(row: Table) -> str:
    """Return how sure the row's facts are.

    A fact marked C in the notes behind the files (known, but read by nobody) is refused: it belongs
    into `unverified`, as a sentence.
    """
    if row.fields.get("certainty") == "C":
        row.known.append("certainty")
        row.complain("certainty", "a fact nobody has checked (C) is not shipped; say it under unverified.")
        return "C"
    return row.choice("certainty", CERTAINTIES)


def read_scores(table: Table, asked: Mapping[str, Item], pool: Collection[str], share: Fraction) -> tuple[Score, ...]:
    """Read the scores, each of which may use those above it.

    Parameters
    ----------
    asked, pool
        The items that are asked, by key; the keys of all items of the file.
    share
        The share of a score's items that must be answered, rounded up, unless the score says otherwise.
    """
    scores: dict[str, Score] = {}
    for row in table.rows("scores", required=True):
        score = _score(row, asked, pool, share, scores)
        if score.name in scores:
            row.complain("name", f"{score.name!r} names an earlier score too; each needs its own.")
        scores[score.name] = score
        row.finish()
    return tuple(scores.values())


def _score(
    row: Table,
    asked: Mapping[str, Item],
    pool: Collection[str],
    share: Fraction,
    earlier: Mapping[str, Score],
) -> Score:
    keys, reversed_keys = _items(row, asked, pool)
    made_of = _made_of(row, earlier)
    kind, divisor = row.choice("kind", KINDS), row.maybe_whole("divisor")
    if bool(row.fields.get("items")) == bool(made_of):
        row.complain("", "write either items or made_of, and not both.")
    if divisor is not None and (divisor < 2 or not made_of or kind != "sum"):
        row.complain("divisor", f"found {divisor}; only a sum of scores has one, of 2 or more.")
        divisor = None
    if divisor is None:
        divisor = len(made_of) if made_of and kind == "mean" else 1
    low, high = row.pair("range") or (0.0, 0.0)
    derived = _range(kind, [asked[key] for key in keys], [earlier[name] for name in made_of], divisor)
    if not (math.isclose(low, derived[0]) and math.isclose(high, derived[1])):
        row.complain("range", f"found {low} to {high}; its items give {derived[0]:g} to {derived[1]:g}.")
    return Score(
        name=row.string("name"),
        label=row.text("label"),
        kind=kind,
        items=keys,
        reversed=reversed_keys,
        made_of=made_of,
        divisor=divisor,
        min_answered=_min_answered(row, kind, len(keys), share),
        low=low,
        high=high,
        higher_is=row.choice("higher_is", DIRECTIONS),
        certainty=certainty_of(row),
        bands=_bands(row, low, high),
        bands_source=row.string("bands_source", "") if row.fields.get("bands") else "",
        alert_at=_alert_at(row, low, high),
    )


def _items(row: Table, asked: Mapping[str, Item], pool: Collection[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    words = row.words("items")
    marked = {word.removesuffix("r"): word.endswith("r") for word in words}
    if len(marked) != len(words):
        row.complain("items", "names an item twice.")
    for key in marked:
        if key not in pool:
            row.complain("items", f"{key!r} is no item of this file.")
    keys = tuple(sorted((key for key in marked if key in asked), key=lambda key: asked[key].number))
    if marked and not keys:
        row.complain("items", "are none of them asked.")
    wanted = row.maybe_whole("count")
    if wanted is not None and wanted != len(keys):
        row.complain("count", f"says {wanted} items, but {len(keys)} of its items are asked.")
    return keys, frozenset(key for key in keys if marked[key])


def _made_of(row: Table, earlier: Mapping[str, Score]) -> tuple[str, ...]:
    names = row.words("made_of")
    for name in names:
        if name not in earlier:
            row.complain("made_of", f"{name!r} is no score above this one.")
    return tuple(name for name in names if name in earlier)


def _range(kind: str, items: list[Item], parts: list[Score], divisor: int) -> tuple[float, float]:
    if parts:
        return sum(part.low for part in parts) / divisor, sum(part.high for part in parts) / divisor
    if kind == "count":
        return 0, len(items)
    size = len(items) if kind == "mean" and items else 1
    return sum(item.scale.lowest for item in items) / size, sum(item.scale.highest for item in items) / size


def _min_answered(row: Table, kind: str, size: int, share: Fraction) -> int:
    ruled = 0 if kind == "count" else math.ceil(size * share)
    chosen = row.maybe_whole("min_answered")
    if chosen is None:
        return ruled
    if not 1 <= chosen <= max(size, 1):
        row.complain("min_answered", f"found {chosen}; write a number from 1 to its {size} items.")
    return chosen


def _bands(row: Table, low: float, high: float) -> tuple[Band, ...]:
    bands = []
    for band_row in row.rows("bands"):
        bands.append(Band(band_row.string("name"), band_row.own_text(), band_row.number("lower")))
        band_row.finish()
    lowers = [band.lower for band in bands]
    if lowers and (lowers[0] != low or lowers != sorted(set(lowers)) or lowers[-1] > high):
        row.complain("bands", f"begin at {lowers}; they must rise from {low:g} and stay up to {high:g}.")
    if bands and "bands_source" not in row.fields:
        row.complain("bands_source", "is missing; say where the bands come from.")
    return tuple(bands)


def _alert_at(row: Table, low: float, high: float) -> float | None:
    value = row.maybe_number("alert_at")
    if value is not None and not low <= value <= high:
        row.complain("alert_at", f"found {value}; write a value from {low:g} to {high:g}.")
    return value
