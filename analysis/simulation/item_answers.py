"""Answers to items that add up to a wanted total, as a person might have given them."""

import random
from collections.abc import Mapping

from analysis.simulation.planted import Scale
from questionnaires.instrument import Instrument, Item, Score

EXCHANGES_AN_ITEM = 2


def scale_of(instrument: Instrument, score: Score) -> Scale:
    """The totals that the items of a score can have. Its items have one response scale between them."""
    items = [instrument.by_key[key] for key in score.items]
    low, high = items[0].scale.lowest * len(items), items[0].scale.highest * len(items)
    return Scale(low, high, len(items) if score.kind == "mean" else 1)


def answers(instrument: Instrument, totals: Mapping[str, int], chance: random.Random) -> dict[str, int]:
    """A code for every item: those of the scores in `totals` add up to them, the others are anybody's guess."""
    given: dict[str, int] = {}
    for name, total in totals.items():
        given |= _adding_up_to(instrument, instrument.score(name), total, chance)
    for item in instrument.items:
        if item.key not in given:
            given[item.key] = chance.choice([option.code for option in item.scale.options])
    return given


def _adding_up_to(instrument: Instrument, score: Score, total: int, chance: random.Random) -> dict[str, int]:
    items = [instrument.by_key[key] for key in score.items]
    low, high = items[0].scale.lowest, items[0].scale.highest
    each, rest = divmod(total, len(items))
    values = [each + (place < rest) for place in range(len(items))]
    chance.shuffle(values)
    for _ in range(EXCHANGES_AN_ITEM * len(items)):
        up, down = chance.randrange(len(items)), chance.randrange(len(items))
        if up != down and values[up] < high and values[down] > low:
            values[up] += 1
            values[down] -= 1
    return {item.key: _code(item, value, score) for item, value in zip(items, values, strict=True)}


def _code(item: Item, value: int, score: Score) -> int:
    """The answer that counts as `value`."""
    return item.scale.lowest + item.scale.highest - value if item.key in score.reversed else value
