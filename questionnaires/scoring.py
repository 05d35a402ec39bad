"""Turns answers into scores. Pure; every rule stands in the instrument, none here.

A reversed answer counts as lowest + highest - answer. A missing answer is None or absent: it never
counts as 0 or as the middle. A mean is taken over the answered items; a sum is that mean times the
number of items, not rounded. Nothing is clipped: a wrong answer is an error.
"""

from collections.abc import Mapping
from typing import cast

from questionnaires.instrument import Band, Instrument, Item, Score

Answers = Mapping[str | int, int | None]
Scores = dict[str, float | None]


class AnswerError(ValueError):
    """Answers that do not fit the instrument; `mistakes` holds one sentence each."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


def score(instrument: Instrument, answers: Answers) -> Scores:
    """Compute every score of the instrument.

    Parameters
    ----------
    answers
        Codes by item: its key ("EX1"), or its position as a number or in digits (1, "1"). Where keys
        are digits, digits mean the key. None, or no entry, is a missing answer.

    Returns
    -------
    dict
        Each score's name, in the file's order, with its unrounded value; None where too few items are
        answered, or where a score that it is made of is None.

    Raises
    ------
    AnswerError
        With a sentence for every unknown item, item named twice, and answer that is not a whole number
        among the item's codes. True, 3.0, "3" and numpy's numbers are refused too: convert them first.
    """
    given = _checked(instrument, answers)
    values: Scores = {}
    for definition in instrument.scores:
        if definition.made_of:
            values[definition.name] = _from_scores(definition, values)
        else:
            values[definition.name] = _from_items(definition, instrument.by_key, given)
    return values


def items_of(instrument: Instrument, name: str) -> frozenset[str]:
    """Return the keys of all items that the score `name` is made of, also by way of other scores."""
    definition = instrument.score(name)
    return frozenset(definition.items).union(*(items_of(instrument, part) for part in definition.made_of))


def band(definition: Score, value: float | None) -> Band | None:
    """Return the highest band whose lower bound is not above the unrounded value.

    None without a value, and for a score without bands.
    """
    reached = [] if value is None else [each for each in definition.bands if each.lower <= value]
    return reached[-1] if reached else None


def bands(instrument: Instrument, scores: Mapping[str, float | None]) -> dict[str, Band | None]:
    """Return the band of each score that has bands; `scores` is what `score` returned."""
    return {each.name: band(each, scores[each.name]) for each in instrument.scores if each.bands}


def thresholds(instrument: Instrument) -> dict[str, float]:
    """Return the instrument's own alert values by score; a protocol may state others."""
    return {each.name: each.alert_at for each in instrument.scores if each.alert_at is not None}


def reaches(value: float | None, *, at_least: float | None = None, at_most: float | None = None) -> bool:
    """Whether a score reaches a threshold (inclusive) from below or from above. A missing score reaches none.

    Raises
    ------
    ValueError
        Unless exactly one bound is given: a threshold that silently watches nothing would be worse than an error.
    """
    if (at_least is None) == (at_most is None):
        raise ValueError("A threshold has one bound, at_least or at_most.")
    if value is None:
        return False
    return value >= at_least if at_least is not None else value <= cast(float, at_most)


def _checked(instrument: Instrument, answers: Answers) -> dict[str, int]:
    given: dict[str, int] = {}
    seen: set[str] = set()
    mistakes = []
    by_name = instrument.by_name
    for name, answer in answers.items():
        item = by_name.get(name) if type(name) in (int, str) else None
        if item is None:
            mistakes.append(_unknown(instrument, name))
        elif item.key in seen:
            mistakes.append(f"{instrument.slug}: item {item.key} is named twice, once as {name!r}.")
        elif answer is not None:
            if type(answer) is not int or not item.scale.lowest <= answer <= item.scale.highest:
                mistakes.append(_outside(instrument, item, answer))
            else:
                given[item.key] = answer
        if item is not None:
            seen.add(item.key)
    if mistakes:
        raise AnswerError(mistakes)
    return given


def _unknown(instrument: Instrument, name: object) -> str:
    if name in {question.key for question in instrument.open_questions}:
        return f"{instrument.slug}: {name} is answered in free text and has no code to score."
    keys = [item.key for item in instrument.items]
    return f"{instrument.slug}: there is no item {name!r}; its {len(keys)} items are {', '.join(keys)}."


def _outside(instrument: Instrument, item: Item, answer: object) -> str:
    lowest, highest = item.scale.lowest, item.scale.highest
    return (
        f"{instrument.slug}: item {item.key} was answered {answer!r}; "
        f"its codes are the whole numbers {lowest} to {highest}, and None for a missing answer."
    )


def _from_items(definition: Score, items: Mapping[str, Item], given: Mapping[str, int]) -> float | None:
    total = answered = 0
    for key in definition.items:
        answer = given.get(key)
        if answer is None:
            continue
        answered += 1
        if key in definition.reversed:
            answer = items[key].scale.lowest + items[key].scale.highest - answer
        total += answer
    if definition.kind == "count":
        return float(answered)
    if answered < definition.min_answered:
        return None
    # One division of whole numbers, last: a pro-rated sum that falls on a band's bound is on it exactly.
    if definition.kind == "mean":
        return total / answered
    return total * len(definition.items) / answered


def _from_scores(definition: Score, values: Mapping[str, float | None]) -> float | None:
    total = 0.0
    for name in definition.made_of:
        value = values[name]
        if value is None:
            return None
        total += value
    return total / definition.divisor
