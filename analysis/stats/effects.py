"""Hedges' g between arms at each time."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from analysis.stats.columns import labels, numbers, one_arm_each, one_row_each, require_columns, two_or_more
from analysis.stats.errors import ConstantOutcome, TooFewObservations, counted
from analysis.stats.hedges import standardised_difference
from analysis.stats.levels import listed, shown


@dataclass(frozen=True)
class BetweenArms:
    """Effect sizes between arms at each time.

    Attributes
    ----------
    table : DataFrame
        One row a time and pair of arms: time, arm, versus, n_arm, n_versus (people), mean_arm,
        mean_versus, sd_arm, sd_versus, sd_pooled (units of the outcome), g, se, low, high (standard
        deviations). The difference is `arm` minus `versus`; `versus` is the earlier arm.
    level : float
        Confidence level, in (0, 1).
    """

    table: pd.DataFrame
    level: float


def between_arms(
    frame: pd.DataFrame,
    *,
    participant: str,
    arm: str,
    time: str,
    outcome: str,
    reference_arm: Hashable | None = None,
    reference_time: Hashable | None = None,
    level: float = 0.95,
) -> BetweenArms:
    """Return Hedges' g between each pair of arms at each time.

    Parameters
    ----------
    frame : DataFrame, shape (rows, any)
        Long: one row a participant and time.
    participant, arm, time : str
        Columns of codes or texts, without missing values. Two or more arms.
    outcome : str
        A numeric column; rows without a value are left out.
    reference_arm, reference_time : label, optional
        Come first; the other labels follow by code, or by first appearance when they are text.
    level : float
        Confidence level, in (0, 1), of each interval; not adjusted for their number.

    Returns
    -------
    BetweenArms

    Raises
    ------
    BadInput
        A column is missing or of the wrong type, holds an infinite value, a participant has two arms or two
        rows for a time, a reference is unknown, or `level` is outside.
    TooFewObservations
        Fewer than two arms, or an arm with fewer than two values at a time.
    ConstantOutcome
        Two arms have no spread at a time.

    Notes
    -----
    As `hedges.standardised_difference`. Each time uses whoever has a value then: with dropout that depends
    on the outcome it is biased, and the mixed model's difference is the better one.

    References
    ----------
    Hedges (1981), equation 6e.

    Examples
    --------
    >>> from analysis.stats.example import small_trial
    >>> effects = between_arms(small_trial(), participant="id", arm="arm", time="time", outcome="y")
    >>> effects.table["g"].round(3).tolist()
    [-0.399, 1.197]
    """
    require_columns(frame, [participant, arm, time, outcome])
    one_row_each(frame, participant, time)
    one_arm_each(frame, participant, arm)
    arms = two_or_more(labels(frame, arm, reference_arm), arm, "arm")
    times = labels(frame, time, reference_time)
    places = {"time": frame[time].array, "arm": frame[arm].array}
    long = pd.DataFrame(places | {"value": numbers(frame, outcome)})
    cells = long.dropna().groupby(["time", "arm"], observed=True)["value"].agg(["mean", "std", "count"])
    found = cells.to_dict("index")
    rows = []
    for when in times:
        for versus, this in combinations(arms, 2):
            groups = {name: found.get((when, name), {"count": 0}) for name in (this, versus)}
            rows.append(_between_row(when, this, versus, groups, outcome, level))
    return BetweenArms(pd.DataFrame(rows), level)


def _between_row(
    when: Hashable, this: Hashable, versus: Hashable, groups: dict, outcome: str, level: float
) -> dict[str, object]:
    for name, group in groups.items():
        if group["count"] < 2:
            raise TooFewObservations(
                f"{outcome}: arm {shown(name)} has {counted(group['count'], 'value')} at time {shown(when)}; "
                "at least two are needed. Leave this time out or pool the arms."
            )
    a, b = groups[this], groups[versus]
    try:
        effect = standardised_difference(a["mean"], a["std"], a["count"], b["mean"], b["std"], b["count"], level=level)
    except ConstantOutcome as error:
        raise ConstantOutcome(
            f"{outcome}: arms {listed([this, versus])} have no spread at time {shown(when)}, "
            "so a difference cannot be standardised."
        ) from error
    return {
        "time": when,
        "arm": this,
        "versus": versus,
        "n_arm": int(a["count"]),
        "n_versus": int(b["count"]),
        "mean_arm": a["mean"],
        "mean_versus": b["mean"],
        "sd_arm": a["std"],
        "sd_versus": b["std"],
        "sd_pooled": effect.sd_pooled,
        "g": effect.g,
        "se": effect.se,
        "low": effect.low,
        "high": effect.high,
    }
