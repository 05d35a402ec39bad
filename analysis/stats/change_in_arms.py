"""Counts of reliable change in each arm, and whether the arms differ."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.stats.columns import labels, numbers, one_arm_each, one_row_each, require_columns, two_or_more
from analysis.stats.contingency import ChiSquare, chi_square
from analysis.stats.errors import BadInput, ConstantOutcome, TooFewObservations, counted
from analysis.stats.exact import ExactTest, fisher_freeman_halton
from analysis.stats.levels import shown
from analysis.stats.measurements import is_constant
from analysis.stats.reliable_change import (
    CATEGORIES,
    CLASSIFIED,
    NOT_CLASSIFIABLE,
    Criteria,
    categories,
    standard_error_of_difference,
)


@dataclass(frozen=True)
class ReliableChange:
    """Change of each participant and the counts of each arm.

    Attributes
    ----------
    persons : DataFrame
        One row a participant, in order of first appearance: the participant's id, arm, pre, post (NaN where
        the score is missing), rci (NaN without a pair), category, outside_rule (True where the literal
        rule "rojas" has no category, see `categories`).
    counts : DataFrame
        One row an arm and category (all five): arm, category, count, out_of, proportion (count / out_of).
        The first four are out of the arm's people with both scores, "not classifiable" out of all the arm's.
    criteria : Criteria
    s_diff : float
        Standard error of the difference, in units of the scale.
    """

    persons: pd.DataFrame
    counts: pd.DataFrame
    criteria: Criteria
    s_diff: float


@dataclass(frozen=True)
class ArmComparison:
    """Whether the arms differ in their categories.

    Attributes
    ----------
    table : DataFrame of int64, shape (arms, categories that somebody has)
    chi_square : ChiSquare
    exact : ExactTest
    """

    table: pd.DataFrame
    chi_square: ChiSquare
    exact: ExactTest


def pretest_sd(frame: pd.DataFrame, *, participant: str, time: str, outcome: str, pre: Hashable) -> float:
    """Return the standard deviation of everybody's score at pre, all arms together.

    Parameters
    ----------
    frame : DataFrame
        Long: one row a participant and time.
    participant, time, outcome : str
        Two columns of codes without missing values, and a numeric one.
    pre : label
        The time before treatment.

    Returns
    -------
    float
        Units of the scale, n - 1 in the denominator.

    Raises
    ------
    BadInput
        A column is missing or of the wrong type, a participant has two rows for a time, or `pre` is no time.
    TooFewObservations, ConstantOutcome
        Fewer than two scores, or all the same.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [7, 8, 9, 7], "time": [1, 1, 1, 2], "stress": [2, 4, 6, 9]})
    >>> pretest_sd(frame, participant="id", time="time", outcome="stress", pre=1)
    2.0
    """
    require_columns(frame, [participant, time, outcome])
    one_row_each(frame, participant, time)
    labels(frame, time, pre)
    scores = numbers(frame, outcome)[(frame[time] == pre).to_numpy(dtype=bool)]
    scores = scores[~np.isnan(scores)]
    if len(scores) < 2:
        raise TooFewObservations(
            f"{outcome} has {counted(len(scores), 'score')} at time {shown(pre)}: a standard deviation needs two."
        )
    if is_constant(scores):
        raise ConstantOutcome(
            f"{outcome} is {scores[0]:g} for everybody at time {shown(pre)}. "
            "Take the standard deviation of a norm sample."
        )
    return float(scores.std(ddof=1))


def reliable_change(
    frame: pd.DataFrame,
    criteria: Criteria,
    *,
    participant: str,
    arm: str,
    time: str,
    outcome: str,
    pre: Hashable,
    post: Hashable,
    reference_arm: Hashable | None = None,
) -> ReliableChange:
    """Return each participant's category and each arm's counts from a long frame.

    Parameters
    ----------
    frame : DataFrame
        One row a participant and time; other times may be there. A participant without a row at pre or post
        counts as not classifiable.
    criteria : Criteria
    participant, arm, time : str
        Label columns without missing values.
    outcome : str
        Numeric column.
    pre, post : label
        Two different times.
    reference_arm : label, optional
        The arm that comes first.

    Returns
    -------
    ReliableChange

    Raises
    ------
    BadInput
        A column is missing or of the wrong type, a time is unknown, a participant has two arms or two rows
        for a time, a score is infinite.
    TooFewObservations
        An arm has nobody with both scores.

    References
    ----------
    Jacobson & Truax (1991).

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [1, 1, 2, 2], "arm": list("AABB"), "time": [1, 2] * 2})
    >>> frame["stress"] = [15, 3, 9, 9]
    >>> criteria = Criteria(sd=3.8, reliability=0.8, higher_is="worse", cutoff=7.78)
    >>> names = {"participant": "id", "arm": "arm", "time": "time", "outcome": "stress"}
    >>> change = reliable_change(frame, criteria, **names, pre=1, post=2)
    >>> change.persons["category"].tolist()
    ['recovered', 'unchanged']
    """
    require_columns(frame, [participant, arm, time, outcome])
    one_row_each(frame, participant, time)
    for when in (pre, post):
        labels(frame, time, when)
    if pre == post:
        raise BadInput(f"pre and post are the same time, {shown(pre)}.")
    arms = one_arm_each(frame, participant, arm)
    long = pd.DataFrame({participant: frame[participant], "time": frame[time], "score": numbers(frame, outcome)})
    scores = {
        name: long.loc[long["time"] == when].set_index(participant)["score"].reindex(arms.index)
        for name, when in (("pre", pre), ("post", post))
    }
    found = categories(scores["pre"], scores["post"], criteria)
    persons = pd.DataFrame({"arm": arms, **scores}).reset_index().join(found)
    counts = _counts(persons, labels(frame, arm, reference_arm), outcome)
    s_diff = standard_error_of_difference(criteria.sd, criteria.reliability)
    return ReliableChange(persons, counts, criteria, s_diff)


def _counts(persons: pd.DataFrame, arms: Sequence[Hashable], outcome: str) -> pd.DataFrame:
    rows = []
    for arm in arms:
        found = persons.loc[persons["arm"] == arm, "category"].value_counts()
        people = int(found.sum())
        pairs = people - int(found.get(NOT_CLASSIFIABLE, 0))
        if pairs == 0:
            raise TooFewObservations(
                f"{outcome}: nobody of {counted(people, 'participant')} in arm {shown(arm)} has both scores. "
                "Leave the arm or the outcome out."
            )
        for category in CATEGORIES:
            count = int(found.get(category, 0))
            out_of = people if category == NOT_CLASSIFIABLE else pairs
            rows.append((arm, category, count, out_of, count / out_of))
    return pd.DataFrame(rows, columns=["arm", "category", "count", "out_of", "proportion"])


def compare_arms(
    change: ReliableChange, *, rng: np.random.Generator | None = None, draws: int = 100_000
) -> ArmComparison:
    """Return chi-square and exact test of arm by category, among the people with both scores.

    Parameters
    ----------
    change : ReliableChange
    rng, draws
        For the exact test where it is too large to enumerate, as in `exact.fisher_freeman_halton`.

    Returns
    -------
    ArmComparison

    Raises
    ------
    TooFewObservations
        One arm only, or everybody is in the same category.
    BadInput
        Too large to enumerate and no `rng`.

    Notes
    -----
    Categories that nobody has are dropped, which lowers the df. People without a pair are left out: where
    dropout differs between arms the comparison is of those who stayed.

    References
    ----------
    Freeman & Halton (1951); Pearson (1900).

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [1, 1, 2, 2], "arm": list("AABB"), "time": [1, 2] * 2})
    >>> frame["stress"] = [15, 3, 9, 9]
    >>> criteria = Criteria(sd=3.8, reliability=0.8, higher_is="worse", cutoff=7.78)
    >>> names = {"participant": "id", "arm": "arm", "time": "time", "outcome": "stress"}
    >>> change = reliable_change(frame, criteria, **names, pre=1, post=2)
    >>> compare_arms(change).chi_square.df
    1
    """
    wide = change.counts.pivot(index="arm", columns="category", values="count")
    arms = two_or_more(change.counts["arm"].unique().tolist(), "arm", "arm")
    table = wide.reindex(index=arms, columns=list(CLASSIFIED)).astype(np.int64)
    table = table.loc[:, table.sum() > 0]
    test = chi_square(table.to_numpy())
    return ArmComparison(table, test, fisher_freeman_halton(table.to_numpy(), rng=rng, draws=draws))
