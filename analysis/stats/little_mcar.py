"""Little's test of whether values are missing completely at random, by EM for the multivariate normal."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import chi2

from analysis.stats.arguments import number_between, whole_number
from analysis.stats.columns import numbers, require_columns
from analysis.stats.errors import BadInput, ConstantOutcome, DidNotConverge, TooFewObservations, counted
from analysis.stats.measurements import is_constant

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# smallest eigenvalue of a correlation matrix below which columns count as collinear
COLLINEAR = 1e-9


@dataclass(frozen=True)
class LittleMcar:
    """Little's test.

    Attributes
    ----------
    statistic : float
        d squared, zero or more.
    df : int
        Observed variables summed over the patterns, minus the number of variables.
    p : float
        In [0, 1]; small where missing values depend on the observed ones.
    n : int
        People with at least one value.
    variables : int
    patterns : DataFrame
        One row a pattern, the most frequent first: people, observed (variables), missing (names of the
        missing columns, "" for none), contribution (to the statistic).
    iterations : int
        Of EM until convergence.
    """

    statistic: float
    df: int
    p: float
    n: int
    variables: int
    patterns: pd.DataFrame
    iterations: int


def little_mcar(frame: pd.DataFrame, *, tolerance: float = 1e-10, most_iterations: int = 20_000) -> LittleMcar:
    """Return Little's chi-square test of values missing completely at random.

    Parameters
    ----------
    frame : DataFrame, shape (people, variables)
        Numeric columns only, NaN where missing; one row a person. People without any value are left out.
    tolerance : float
        EM stops when no mean and no covariance of the standardised variables moves by more; in (0, 0.01).
    most_iterations : int
        Limit of EM.

    Returns
    -------
    LittleMcar

    Raises
    ------
    BadInput
        A column holds no numbers or infinite ones; no value is missing, or all people miss the same ones;
        columns are collinear (they are named).
    TooFewObservations
        As many variables as people or more, fewer than two variables, a column without values, or two
        columns that fewer than three people have together.
    ConstantOutcome
        A column with one value only.
    DidNotConverge
        EM reached its limit.

    Notes
    -----
    d^2 = sum over patterns j of n_j (ybar_j - mu_j)' Sigma_j^-1 (ybar_j - mu_j), with mu and Sigma the
    maximum-likelihood estimates (divisor n) by EM of Dempster, Laird & Rubin, restricted to the variables
    that pattern j has. Columns are standardised first; the result does not depend on their units.
    Not for many variables and few people: the distribution is asymptotic in people per pattern. Not a proof:
    a large p is no evidence for MCAR, and no test can tell MAR from missing-not-at-random.

    References
    ----------
    Little, R. J. A. (1988). Journal of the American Statistical Association, 83, 1198-1202, equation 5.
    Little, R. J. A. & Rubin, D. B. (2002). Statistical analysis with missing data, section 11.2 (EM).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> scores = pd.DataFrame(rng.normal(size=(60, 2)), columns=["pre", "post"])
    >>> scores.loc[:9, "post"] = np.nan
    >>> little_mcar(scores).df
    1
    """
    tolerance = number_between(tolerance, "tolerance", 0, 0.01)
    limit = whole_number(most_iterations, "most_iterations", least=1)
    values, names = _values(frame)
    _refuse_thin(values, names)
    scaled = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    groups = _by_pattern(scaled)
    if len(groups) == 1:
        raise BadInput(
            "There is only one pattern of missing values: nothing is missing, or everybody misses the same "
            "columns. There is nothing to test."
        )
    mean, covariance, iterations = _em(groups, scaled.shape[1], tolerance, limit, names)
    patterns = _contributions(groups, mean, covariance, names)
    statistic = float(patterns["contribution"].sum())
    df = int(patterns["observed"].sum()) - len(names)
    p = float(chi2.sf(statistic, df))
    return LittleMcar(statistic, df, p, len(scaled), len(names), patterns, iterations)


def _values(frame: pd.DataFrame) -> tuple[Array, list[str]]:
    require_columns(frame, [])
    names = [str(name) for name in frame.columns]
    if len(names) < 2:
        raise TooFewObservations(f"Little's test needs two or more variables; {len(names)} given.")
    values = np.column_stack([numbers(frame, name) for name in frame.columns])
    return values[~np.isnan(values).all(axis=1)], names


def _refuse_thin(values: Array, names: list[str]) -> None:
    present = ~np.isnan(values)
    people, variables = values.shape
    for name, column, has in zip(names, values.T, present.T, strict=True):
        if not has.any():
            raise TooFewObservations(f"{name} has no value at all. Leave it out.")
        if is_constant(column[has]):
            raise ConstantOutcome(f"{name} is {column[has][0]:g} for everybody. Leave it out.")
    if variables >= people:
        raise TooFewObservations(
            f"There are {variables} variables and {people} people with values: Little's test needs more "
            "people than variables. Test one scale across its waves at a time."
        )
    together = present.T.astype(np.int64) @ present
    first, second = np.unravel_index(np.argmin(together), together.shape)
    if together[first, second] < 3:
        raise TooFewObservations(
            f"Only {counted(together[first, second], 'participant')} with both {names[first]} and {names[second]}; "
            "their covariance needs three. Leave one of them out."
        )


def _by_pattern(scaled: Array) -> list[tuple[Mask, Array]]:
    """Return (observed variables, rows of those variables) of each pattern, the most frequent first."""
    patterns, which = np.unique(~np.isnan(scaled), axis=0, return_inverse=True)
    groups = [(has, scaled[which == number][:, has]) for number, has in enumerate(patterns)]
    return sorted(groups, key=lambda group: -len(group[1]))


def _em(
    groups: list[tuple[Mask, Array]], variables: int, tolerance: float, limit: int, names: list[str]
) -> tuple[Array, Array, int]:
    mean, covariance = np.zeros(variables), np.eye(variables)
    for iteration in range(1, limit + 1):
        new_mean, new_covariance = _em_step(groups, mean, covariance)
        _refuse_collinear(new_covariance, names)
        moved = max(np.abs(new_mean - mean).max(), np.abs(new_covariance - covariance).max())
        mean, covariance = new_mean, new_covariance
        if moved < tolerance:
            return mean, covariance, iteration
    raise DidNotConverge(
        f"EM still moved by {moved:.1e} after {limit} iterations: too much is missing for these "
        f"{variables} variables. Test fewer at a time."
    )


def _em_step(groups: list[tuple[Mask, Array]], mean: Array, covariance: Array) -> tuple[Array, Array]:
    people = sum(len(rows) for _, rows in groups)
    uncertain = np.zeros_like(covariance)
    filled = []
    for has, rows in groups:
        lacks = ~has
        full = np.empty((len(rows), len(mean)))
        full[:, has] = rows
        if lacks.any():
            between = covariance[np.ix_(has, lacks)]
            slopes = cho_solve(cho_factor(covariance[np.ix_(has, has)]), between)
            full[:, lacks] = mean[lacks] + (rows - mean[has]) @ slopes
            residual = covariance[np.ix_(lacks, lacks)] - between.T @ slopes
            uncertain[np.ix_(lacks, lacks)] += len(rows) * residual
        filled.append(full)
    everybody = np.vstack(filled)
    new_mean = everybody.mean(axis=0)
    centred = everybody - new_mean
    return new_mean, (centred.T @ centred + uncertain) / people


def _refuse_collinear(covariance: Array, names: list[str]) -> None:
    sd = np.sqrt(np.diag(covariance))
    sizes, directions = np.linalg.eigh(covariance / np.outer(sd, sd))
    if sizes[0] < COLLINEAR:
        involved = [name for name, weight in zip(names, directions[:, 0], strict=True) if abs(weight) > 0.01]
        raise BadInput(
            f"These columns are collinear among the people who have them: {', '.join(involved)}. "
            "Leave one out (a total is the sum of its subscales) or test fewer columns at a time."
        )


def _contributions(groups: list[tuple[Mask, Array]], mean: Array, covariance: Array, names: list[str]) -> pd.DataFrame:
    found = []
    for has, rows in groups:
        away = rows.mean(axis=0) - mean[has]
        squared = away @ cho_solve(cho_factor(covariance[np.ix_(has, has)]), away)
        missing = ", ".join(name for name, there in zip(names, has, strict=True) if not there)
        found.append((len(rows), int(has.sum()), missing, float(len(rows) * squared)))
    return pd.DataFrame(found, columns=["people", "observed", "missing", "contribution"])
