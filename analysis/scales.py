"""Cronbach's alpha of each scale at each wave, from raw answers. Pure."""

from collections.abc import Mapping

import pandas as pd

from analysis.plan import Plan
from analysis.stats.errors import StatisticsError
from analysis.stats.reliability import cronbach_alpha
from questionnaires import catalogue
from questionnaires.instrument import Instrument, Score

COLUMNS = ["outcome", "wave", "items", "n", "alpha", "low", "high", "why_not"]


def alphas(items: Mapping[str, pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """Return one row an outcome and wave.

    Parameters
    ----------
    items
        By instrument: one row a participant and wave, raw codes by item.

    Returns
    -------
    DataFrame
        outcome, wave, items (how many), n (people who answered all of them), alpha, low, high; where there is none,
        NaN and the sentence `why_not`. Only for scores of two items or more; one made of other scores counts all
        their items.
    """
    rows = []
    for outcome in plan.outcomes:
        frame = items.get(outcome.instrument or "")
        if frame is None or outcome.score is None or outcome.instrument is None:
            continue
        instrument = catalogue.load(outcome.instrument)
        keyed = keyed_items(instrument, instrument.score(outcome.score), frame)
        if keyed.shape[1] < 2:
            continue
        rows += [(outcome.id, wave.id, keyed.shape[1], *_alpha(keyed[frame["wave"] == wave.id])) for wave in plan.waves]
    return pd.DataFrame(rows, columns=COLUMNS)


def keyed_items(instrument: Instrument, score: Score, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the items of a score as they count: reversed ones turned, in the score's order."""
    columns = {}
    for part in _parts(instrument, score):
        for key in part.items:
            scale, answer = instrument.by_key[key].scale, frame[key]
            columns[key] = scale.lowest + scale.highest - answer if key in part.reversed else answer
    return pd.DataFrame(columns, index=frame.index)


def _parts(instrument: Instrument, score: Score) -> list[Score]:
    """The scores of items that a score is made of; a count of answers has no items that go together."""
    if score.kind == "count":
        return []
    if not score.made_of:
        return [score]
    return [part for name in score.made_of for part in _parts(instrument, instrument.score(name))]


def _alpha(answers: pd.DataFrame) -> tuple[int, float, float, float, str]:
    try:
        found = cronbach_alpha(answers)
    except StatisticsError as problem:
        return len(answers.dropna()), float("nan"), float("nan"), float("nan"), str(problem)
    return found.n, found.alpha, found.low, found.high, ""
