"""Reliable and clinically significant change of persons (Jacobson & Truax 1991)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.stats.arguments import number_between
from analysis.stats.errors import BadInput

Direction = Literal["better", "worse"]
Rule = Literal["default", "rojas"]

CLASSIFIED = ("recovered", "improved", "unchanged", "deteriorated")
NOT_CLASSIFIABLE = "not classifiable"
CATEGORIES = (*CLASSIFIED, NOT_CLASSIFIABLE)


@dataclass(frozen=True)
class Norm:
    """Mean and standard deviation of a population on the scale, in its units; `sd` is positive.

    Raises
    ------
    BadInput
        A number is not finite, or `sd` is not positive.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        number_between(self.mean, "The mean of a norm", -np.inf, np.inf)
        number_between(self.sd, "The standard deviation of a norm", 0, np.inf)


@dataclass(frozen=True)
class Criteria:
    """What counts as change, as the plan states it.

    Attributes
    ----------
    sd : float
        Standard deviation of the scale before treatment or in a norm sample, positive.
    reliability : float
        Of the scale, in [0, 1); internal consistency gives a smaller error than a retest coefficient.
    higher_is : {"better", "worse"}
        Direction of the scale.
    cutoff : float or None
        Border of the functional range (see `cutoff_a`, `cutoff_b`, `cutoff_c`); a score on it is not yet
        functional. None where no norms exist: nobody is then recovered, only improved.
    critical : float
        |RCI| must exceed it, positive.
    rule : {"default", "rojas"}
        See `categories`. The rule "rojas" needs a cut-off.

    Raises
    ------
    BadInput
        A value is not in its range.
    """

    sd: float
    reliability: float
    higher_is: Direction
    cutoff: float | None = None
    critical: float = 1.96
    rule: Rule = "default"

    def __post_init__(self) -> None:
        standard_error_of_difference(self.sd, self.reliability)
        _sign(self.higher_is)
        number_between(self.critical, "critical", 0, np.inf)
        if self.cutoff is not None:
            number_between(self.cutoff, "cutoff", -np.inf, np.inf)
        if self.rule not in ("default", "rojas"):
            raise BadInput(f"The rule must be 'default' or 'rojas'; {self.rule!r} was given.")
        if self.rule == "rojas" and self.cutoff is None:
            raise BadInput("The rule 'rojas' needs a cut-off: its categories are defined by it.")


def standard_error_of_difference(sd: float, reliability: float) -> float:
    """Return S_diff, the spread of the difference of two measurements without any true change.

    Parameters
    ----------
    sd : float
        Of the scale, positive.
    reliability : float
        In [0, 1).

    Returns
    -------
    float
        Units of the scale, positive.

    Raises
    ------
    BadInput
        A value is not in its range.

    Notes
    -----
    S_diff = sqrt(2 S_E^2), S_E = sd sqrt(1 - reliability).

    References
    ----------
    Jacobson, N. S. & Truax, P. (1991). Journal of Consulting and Clinical Psychology, 59, 12-19.

    Examples
    --------
    >>> round(standard_error_of_difference(7.5, 0.80), 2)
    4.74
    """
    number_between(sd, "The standard deviation", 0, np.inf)
    number_between(reliability, "The reliability", 0, 1, closed="low")
    return float(np.sqrt(2) * sd * np.sqrt(1 - reliability))


def reliable_change_index(pre: ArrayLike, post: ArrayLike, sd: float, reliability: float) -> NDArray[np.float64]:
    """Return (post - pre) / S_diff.

    Parameters
    ----------
    pre, post : array_like of float, shape (n,)
        Scores; NaN where missing.
    sd, reliability : float
        As in `standard_error_of_difference`.

    Returns
    -------
    ndarray of float64, shape (n,)
        In standard errors; positive where the score rose; NaN without a pair.

    Raises
    ------
    BadInput
        The lengths differ, a score is infinite, or a value is not in its range.

    Notes
    -----
    Not corrected for regression to the mean nor for practice effects.

    References
    ----------
    Jacobson & Truax (1991), their index RC.

    Examples
    --------
    >>> reliable_change_index([32.5], [47.5], sd=7.5, reliability=0.80).round(2)
    array([3.16])
    """
    s_diff = standard_error_of_difference(sd, reliability)
    before, after = _scores(pre), _scores(post)
    if before.shape != after.shape:
        raise BadInput(f"pre has {before.size} scores and post {after.size}: they must be pairs.")
    return (after - before) / s_diff


def _scores(given: ArrayLike) -> NDArray[np.float64]:
    try:
        scores = np.atleast_1d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise BadInput(f"Scores must be numbers, missing ones NaN: {error}.") from error
    if scores.ndim != 1 or np.isinf(scores).any():
        raise BadInput("Scores are one finite number a person. Mark an infinite score as missing.")
    return scores


def cutoff_a(dysfunctional: Norm, higher_is: Direction) -> float:
    """Return cut-off a: two standard deviations from the dysfunctional mean, towards the functional.

    Use it where only a clinical norm exists. Raises BadInput for an unknown direction. Jacobson & Truax 1991.

    Examples
    --------
    >>> cutoff_a(Norm(40, 7.5), "better")
    55.0
    """
    return float(dysfunctional.mean + _sign(higher_is) * 2 * dysfunctional.sd)


def cutoff_b(functional: Norm, higher_is: Direction) -> float:
    """Return cut-off b: two standard deviations from the functional mean, towards the dysfunctional.

    Use it where only a norm of the general population exists; it is lenient where the two populations
    overlap. Raises BadInput for an unknown direction. Jacobson & Truax 1991.

    Examples
    --------
    >>> cutoff_b(Norm(60, 7.5), "better")
    45.0
    """
    return float(functional.mean - _sign(higher_is) * 2 * functional.sd)


def cutoff_c(dysfunctional: Norm, functional: Norm) -> float:
    """Return cut-off c: the score that is equally many standard deviations from both means.

    c = (sd_functional mean_dysfunctional + sd_dysfunctional mean_functional) / (sum of the two). Use it
    where both norms exist and overlap. Jacobson & Truax 1991.

    Examples
    --------
    >>> cutoff_c(Norm(40, 7.5), Norm(60, 7.5))
    50.0
    """
    weighted = functional.sd * dysfunctional.mean + dysfunctional.sd * functional.mean
    return float(weighted / (functional.sd + dysfunctional.sd))


def _sign(higher_is: str) -> int:
    if higher_is not in ("better", "worse"):
        raise BadInput(f"higher_is must be 'better' or 'worse'; {higher_is!r} was given.")
    return 1 if higher_is == "better" else -1


def categories(pre: ArrayLike, post: ArrayLike, criteria: Criteria) -> pd.DataFrame:
    """Return index and category of each pair of scores.

    Parameters
    ----------
    pre, post : array_like of float, shape (n,)
        Scores; NaN where missing.
    criteria : Criteria

    Returns
    -------
    DataFrame, shape (n, 3)
        rci (float64), category (str, one of `CATEGORIES`), outside_rule (bool).

    Raises
    ------
    BadInput
        The lengths differ or a score is infinite.

    Notes
    -----
    Default rule, each person in one category: *recovered*, reliably better and post in the functional range;
    *improved*, reliably better but not there; *deteriorated*, reliably worse; *unchanged*, the rest;
    *not classifiable*, a score is missing. As in the article, recovery asks where the person ends, not
    where the person began.

    Rule `rojas`, the words of Rojas et al. 2023: *deteriorated* is every post that is worse than pre,
    reliably or not, and goes first; *recovered* and *improved* as above; *unchanged* when the change is not
    reliable and post is not functional. A person who ends functional without reliable change and is not
    worse has no category there; such a person is counted as unchanged and marked in `outside_rule`. The
    rule calls measurement error deterioration: use it to replicate only.

    References
    ----------
    Jacobson & Truax (1991); Rojas, B. et al. (2023), PLoS ONE, 18(6), e0287388, Data analysis.

    Examples
    --------
    >>> dass = Criteria(sd=3.8, reliability=0.8, higher_is="worse", cutoff=7.78)
    >>> categories([15, 15, 5, 5], [3, 9, 6, None], dass)["category"].tolist()
    ['recovered', 'improved', 'unchanged', 'not classifiable']
    """
    sign = _sign(criteria.higher_is)
    index = reliable_change_index(pre, post, criteria.sd, criteria.reliability)
    after = _scores(post)
    gain = sign * index
    better = gain > criteria.critical
    functional = np.zeros(len(gain), dtype=bool)
    if criteria.cutoff is not None:
        functional = sign * (after - criteria.cutoff) > 0
    literal = criteria.rule == "rojas"
    worse = gain < 0 if literal else gain < -criteria.critical
    category = np.select(
        [np.isnan(gain), worse, better & functional, better],
        [NOT_CLASSIFIABLE, "deteriorated", "recovered", "improved"],
        default="unchanged",
    )
    outside = functional & (category == "unchanged") & literal
    return pd.DataFrame({"rci": index, "category": category, "outside_rule": outside})
