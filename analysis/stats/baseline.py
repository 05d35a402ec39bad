"""The baseline table: what each arm is like, how far the arms differ, and tests only where asked."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.stats.balance import categorical_difference, continuous_difference
from analysis.stats.baseline_tests import CATEGORICAL_TESTS, CONTINUOUS_TESTS, baseline_test
from analysis.stats.columns import labels, name_list, numbers, one_row_each, require_columns, two_or_more
from analysis.stats.errors import BadInput, TooFewObservations, counted
from analysis.stats.levels import level_order, listed, shown
from analysis.stats.measurements import as_numbers

# the label under which all arms together are described
EVERYBODY = "everybody"


@dataclass(frozen=True)
class BaselineTable:
    """Arms described and compared.

    Attributes
    ----------
    continuous : DataFrame
        One row a variable and arm, and one for "everybody": variable, arm, n, missing (people), mean, sd,
        median, lowest, highest (units of the variable).
    categorical : DataFrame
        One row a variable, level and arm, and "everybody": variable, level, arm, count, n (people with a
        value), proportion (count / n, in [0, 1]), missing.
    differences : DataFrame
        One row a variable and pair of arms: variable, arm, versus, difference (standard deviations; for a
        continuous variable `arm` minus `versus`, the earlier arm; for a categorical one never negative).
    tests : DataFrame
        One row a test asked for: variable, test, statistic, df, p (Float64; <NA> for statistic and df of an
        exact test, which has none). t is the second arm minus the first.
    """

    continuous: pd.DataFrame
    categorical: pd.DataFrame
    differences: pd.DataFrame
    tests: pd.DataFrame


def baseline_table(
    frame: pd.DataFrame,
    *,
    participant: str,
    arm: str,
    continuous: Sequence[str] = (),
    categorical: Sequence[str] = (),
    tests: Mapping[str, Sequence[str]] | None = None,
    reference_arm: Hashable | None = None,
    rng: np.random.Generator | None = None,
) -> BaselineTable:
    """Describe the arms before treatment.

    Parameters
    ----------
    frame : DataFrame
        One row a participant.
    participant, arm : str
        Label columns without missing values; two or more arms.
    continuous : sequence of str
        Numeric columns, NaN where missing.
    categorical : sequence of str
        Columns of codes or texts, missing where unknown.
    tests : mapping from variable to test names, optional
        "student" and "welch" for continuous variables of two arms; "chi_square", "chi_square_corrected"
        (2 x 2 only) and "fisher" for categorical ones. None are done unless asked: in a randomised trial
        a difference at baseline is chance, and its p-value tells nothing about balance.
    reference_arm : label, optional
        Comes first.
    rng : Generator, optional
        For "fisher" where a table is too large to enumerate.

    Returns
    -------
    BaselineTable

    Raises
    ------
    BadInput
        A column is missing or of the wrong type, a participant has two rows, no variable is named, a
        variable is named twice, a test is unknown or does not fit its variable or the number of arms.
    TooFewObservations
        Fewer than two arms, fewer than two values of a continuous variable or none of a categorical one
        in an arm.
    ConstantOutcome
        A continuous variable has no spread in two arms.

    Notes
    -----
    Standardised differences as in `balance`; above 0.1 (some say 0.2) in size they are worth a look, but
    with 20 people an arm chance alone gives 0.3.

    References
    ----------
    Austin, P. C. (2009). Statistics in Medicine, 28, 3083-3107. Yang, D. & Dalton, J. E. (2012). A unified
    approach to measuring the effect size between two groups. SAS Global Forum, paper 335.

    Examples
    --------
    >>> people = pd.DataFrame({"id": range(4), "arm": list("AABB"), "age": [21, 23, 22, 28]})
    >>> table = baseline_table(people, participant="id", arm="arm", continuous=["age"])
    >>> table.continuous["mean"].tolist()
    [22.0, 25.0, 23.5]
    """
    if tests is not None and not isinstance(tests, Mapping):
        raise BadInput(f"tests must be a mapping of variables to names of tests; {tests!r} was given.")
    variables = [*name_list(continuous, "continuous"), *name_list(categorical, "categorical")]
    if not variables:
        raise BadInput("No variable is named: give continuous, categorical or both.")
    require_columns(frame, [participant, arm, *variables])
    one_row_each(frame, participant)
    arms = two_or_more(labels(frame, arm, reference_arm), arm, "arm")
    if EVERYBODY in arms:
        raise BadInput(f"An arm is called {EVERYBODY!r}, the word for all arms together. Rename it.")
    rows = {name: (frame[arm] == name).to_numpy() for name in arms}
    scores = {name: numbers(frame, name) for name in continuous}
    counts = {name: _counts(frame, rows, name) for name in categorical}
    for name in continuous:
        _refuse_few(scores[name], rows, name)
    return BaselineTable(
        continuous=_describe(scores, rows),
        categorical=_shares(counts),
        differences=_differences(scores, counts, rows),
        tests=_tests(tests or {}, scores, counts, rows, rng),
    )


def _refuse_few(values: np.ndarray, rows: dict[Hashable, np.ndarray], variable: str) -> None:
    for arm, here in rows.items():
        found = int((~np.isnan(values[here])).sum())
        if found < 2:
            raise TooFewObservations(
                f"{variable} has {counted(found, 'value')} in arm {shown(arm)}: a standard deviation needs two."
            )


def _describe(scores: dict[str, np.ndarray], rows: dict[Hashable, np.ndarray]) -> pd.DataFrame:
    found = []
    for variable, values in scores.items():
        for arm, here in [*rows.items(), (EVERYBODY, np.ones(len(values), dtype=bool))]:
            present = values[here][~np.isnan(values[here])]
            missing = int(here.sum()) - len(present)
            shape = (present.mean(), present.std(ddof=1), np.median(present), present.min(), present.max())
            found.append((variable, arm, len(present), missing, *shape))
    names = ["variable", "arm", "n", "missing", "mean", "sd", "median", "lowest", "highest"]
    return pd.DataFrame(found, columns=names)


def _counts(frame: pd.DataFrame, rows: dict[Hashable, np.ndarray], variable: str) -> pd.DataFrame:
    """Return levels by arms, and the missing in a last row."""
    column = frame[variable]
    if pd.api.types.is_float_dtype(column):
        as_numbers(column, str(variable))
    levels = level_order(column)
    counts = {arm: [int((column[here] == level).sum()) for level in levels] for arm, here in rows.items()}
    for arm, here in rows.items():
        if sum(counts[arm]) == 0:
            raise TooFewObservations(f"{variable} has no value in arm {shown(arm)}. Leave the variable out.")
        counts[arm].append(int(here.sum()) - sum(counts[arm]))
    index = pd.Index([*levels, None], dtype=object)
    return pd.DataFrame(counts, index=index)


def _shares(counts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = []
    for variable, table in counts.items():
        with_all = table.assign(**{EVERYBODY: table.sum(axis=1)})
        for level in table.index[:-1]:
            for arm in with_all.columns:
                n, missing = int(with_all[arm].iloc[:-1].sum()), int(with_all[arm].iloc[-1])
                count = int(with_all.loc[level, arm])
                found.append((variable, level, arm, count, n, count / n, missing))
    names = ["variable", "level", "arm", "count", "n", "proportion", "missing"]
    return pd.DataFrame(found, columns=names)


def _differences(
    scores: dict[str, np.ndarray], counts: dict[str, pd.DataFrame], rows: dict[Hashable, np.ndarray]
) -> pd.DataFrame:
    found = []
    for versus, arm in combinations(rows, 2):
        for variable, values in scores.items():
            a, b = values[rows[arm]], values[rows[versus]]
            found.append((variable, arm, versus, continuous_difference(a, b, variable)))
        for variable, table in counts.items():
            a, b = table[arm].iloc[:-1].to_numpy(), table[versus].iloc[:-1].to_numpy()
            found.append((variable, arm, versus, categorical_difference(a, b, variable)))
    order = {name: place for place, name in enumerate([*scores, *counts])}
    frame = pd.DataFrame(found, columns=["variable", "arm", "versus", "difference"])
    return frame.sort_values("variable", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def _tests(
    asked: Mapping[str, Sequence[str]],
    scores: dict[str, np.ndarray],
    counts: dict[str, pd.DataFrame],
    rows: dict[Hashable, np.ndarray],
    rng: np.random.Generator | None,
) -> pd.DataFrame:
    found = []
    for variable, tests in asked.items():
        if variable not in scores and variable not in counts:
            raise BadInput(f"A test is asked for {variable}, which is not in the table.")
        fitting = CONTINUOUS_TESTS if variable in scores else CATEGORICAL_TESTS
        for test in name_list(tests, f"The tests of {variable}"):
            if test not in fitting:
                raise BadInput(f"{test!r} is no test for {variable}; it can have {listed(fitting)}.")
            groups = (
                [scores[variable][here] for here in rows.values()]
                if variable in scores
                else counts[variable].iloc[:-1].to_numpy().T
            )
            found.append((variable, test, *baseline_test(test, groups, variable, rng=rng)))
    frame = pd.DataFrame(found, columns=["variable", "test", "statistic", "df", "p"])
    return frame.astype({"statistic": "Float64", "df": "Float64", "p": "Float64"})
