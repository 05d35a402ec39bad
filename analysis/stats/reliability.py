"""Internal consistency of a scale: Cronbach's alpha with Feldt's interval, and each item's part in it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as fisher_f

from analysis.stats.arguments import confidence_level
from analysis.stats.columns import numbers, require_columns
from analysis.stats.errors import ConstantOutcome, TooFewObservations
from analysis.stats.measurements import is_constant


@dataclass(frozen=True)
class CronbachAlpha:
    """Cronbach's alpha of one scale.

    Attributes
    ----------
    alpha : float
        At most 1; below 0 where items run against each other.
    low, high : float
        Feldt's confidence limits.
    standardised : float
        Alpha of the items brought to equal spread, from the mean correlation.
    n : int
        People who answered every item: the only ones used.
    left_out : int
        People with an answer missing.
    items : DataFrame
        One row an item: item, mean, sd, item_rest (correlation with the sum of the other items), and,
        with three items or more, alpha_if_deleted.
    level : float
        Confidence level, in (0, 1).
    """

    alpha: float
    low: float
    high: float
    standardised: float
    n: int
    left_out: int
    items: pd.DataFrame
    level: float


def cronbach_alpha(answers: pd.DataFrame, *, level: float = 0.95) -> CronbachAlpha:
    """Return Cronbach's alpha of the people who answered every item.

    Parameters
    ----------
    answers : DataFrame, shape (people, items)
        Numeric columns only, one an item, reversed items already reversed; NaN where missing.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    CronbachAlpha

    Raises
    ------
    BadInput
        A column holds no numbers or infinite ones; `level` is outside.
    TooFewObservations
        Fewer than two items, or fewer than three people who answered all.
    ConstantOutcome
        Everybody gave the same answer to an item, or every person has the same total.

    Notes
    -----
    alpha = k / (k - 1) (1 - sum of item variances / variance of the sum). Feldt's limits:
    1 - (1 - alpha) F, F the quantiles of F(n - 1, (n - 1)(k - 1)); they assume normal scores and items of
    equal spread and correlation. standardised = k r / (1 + (k - 1) r), r the mean correlation. Alpha grows
    with the number of items and does not show that they measure one thing. Not for a scale with a single
    item, nor for items that are causes of the construct rather than signs of it.

    References
    ----------
    Cronbach, L. J. (1951). Psychometrika, 16, 297-334. Feldt, L. S. (1965). Psychometrika, 30, 357-370.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 3, 3, 5], "c": [2, 2, 4, 4]})
    >>> round(cronbach_alpha(answers).alpha, 3)
    0.933
    """
    level = confidence_level(level)
    scores = _complete(answers)
    n, k = scores.shape
    covariance = np.cov(scores, rowvar=False)
    alpha = _alpha(covariance)
    correlation = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    mean_r = (correlation.sum() - k) / (k * (k - 1))
    df = (n - 1, (n - 1) * (k - 1))
    low, high = (1 - (1 - alpha) * float(fisher_f.ppf(q, *df)) for q in ((1 + level) / 2, (1 - level) / 2))
    return CronbachAlpha(
        alpha=alpha,
        low=low,
        high=high,
        standardised=float(k * mean_r / (1 + (k - 1) * mean_r)),
        n=n,
        left_out=len(answers) - n,
        items=_items(answers, scores, covariance),
        level=level,
    )


def _complete(answers: pd.DataFrame) -> NDArray[np.float64]:
    require_columns(answers, [])
    if answers.shape[1] < 2:
        raise TooFewObservations(f"Alpha needs two or more items; {answers.shape[1]} given.")
    values = np.column_stack([numbers(answers, name) for name in answers.columns])
    scores = values[~np.isnan(values).any(axis=1)]
    if len(scores) < 3:
        raise TooFewObservations(
            f"{len(scores)} of {len(answers)} people answered every item; alpha needs three or more."
        )
    for name, item in zip(answers.columns, scores.T, strict=True):
        if is_constant(item):
            raise ConstantOutcome(f"Item {name} is {item[0]:g} for everybody who answered all items. Leave it out.")
    _refuse_constant(scores.sum(axis=1), scores, "Every person has the same total")
    return scores


def _refuse_constant(total: NDArray[np.float64], scores: NDArray[np.float64], finding: str) -> None:
    # equal sums of unequal parts differ by rounding alone
    if np.ptp(total) <= 1e-12 * np.abs(scores).max() * scores.shape[1]:
        raise ConstantOutcome(f"{finding}: the scale tells nobody apart. Check the reversed items.")


def _alpha(covariance: NDArray[np.float64]) -> float:
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def _items(answers: pd.DataFrame, scores: NDArray[np.float64], covariance: NDArray[np.float64]) -> pd.DataFrame:
    k = scores.shape[1]
    rest = scores.sum(axis=1, keepdims=True) - scores
    for name, others in zip(answers.columns, rest.T, strict=True):
        _refuse_constant(others, scores, f"Without item {name} every person has the same total")
    spread = scores.std(axis=0, ddof=1)
    with_rest = [float(np.corrcoef(item, others)[0, 1]) for item, others in zip(scores.T, rest.T, strict=True)]
    table = pd.DataFrame({"item": answers.columns, "mean": scores.mean(axis=0), "sd": spread, "item_rest": with_rest})
    if k > 2:
        keep = [np.delete(np.arange(k), item) for item in range(k)]
        table["alpha_if_deleted"] = [_alpha(covariance[np.ix_(others, others)]) for others in keep]
    return table
