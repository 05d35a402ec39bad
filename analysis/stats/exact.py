"""The exact test of a table of counts: Fisher-Freeman-Halton, by enumeration or seeded Monte Carlo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln
from scipy.stats import random_table

from analysis.stats.arguments import whole_number
from analysis.stats.contingency import counts_without_empties
from analysis.stats.errors import BadInput

# tables whose probabilities differ by less than this part count as equally likely, as in R's fisher.test
TIE = 1e-7


@dataclass(frozen=True)
class ExactTest:
    """Fisher-Freeman-Halton test of a table.

    Attributes
    ----------
    p : float
        Two-sided, in (0, 1].
    method : str
        "enumeration" or "monte_carlo".
    standard_error : float
        Of p: zero by enumeration.
    draws : int
        Random tables drawn; zero by enumeration.
    """

    p: float
    method: str
    standard_error: float
    draws: int


def fisher_freeman_halton(
    table: ArrayLike | Sequence[ArrayLike],
    *,
    rng: np.random.Generator | None = None,
    draws: int = 100_000,
    largest: int = 2_000_000,
) -> ExactTest:
    """Return the exact test of independence of an r x c table, all margins fixed.

    Parameters
    ----------
    table : array_like of whole numbers, shape (r, c)
        Empty rows and columns are dropped.
    rng : Generator, optional
        Used when the table is too large to enumerate: p is then estimated from random tables.
    draws : int
        Random tables, at least 1,000.
    largest : int
        Most partial tables to look at for one column; 0 goes to Monte Carlo at once.

    Returns
    -------
    ExactTest

    Raises
    ------
    BadInput
        No table of counts; or too large to enumerate and no `rng` given.
    TooFewObservations
        Fewer than two rows or columns have a count.

    Notes
    -----
    p = sum of the probabilities of all tables with the same margins that are no more likely than the
    observed one; P(table) = prod(row!) prod(column!) / (n! prod(cell!)). Tables are built column by column;
    those that leave the same row totals and have the same probability so far are kept once with their
    number. Monte Carlo: p = (hits + 1) / (draws + 1), se = sqrt(p (1 - p) / draws).

    References
    ----------
    Freeman, G. H. & Halton, J. H. (1951). Biometrika, 38, 141-149. Merging of equal partial tables: Mehta,
    C. R. & Patel, N. R. (1983). Journal of the American Statistical Association, 78, 427-434. Monte Carlo p:
    Davison, A. C. & Hinkley, D. V. (1997). Bootstrap methods and their application, equation 4.11.

    Examples
    --------
    >>> round(fisher_freeman_halton([[3, 1], [1, 3]]).p, 4)
    0.4857
    """
    counts = counts_without_empties(table)
    # fewer rows make fewer states
    counts = counts if counts.shape[0] <= counts.shape[1] else counts.T
    draws = whole_number(draws, "draws", least=1000)
    tables = _enumerate(counts, whole_number(largest, "largest", least=0))
    if tables is not None:
        return ExactTest(_enumerated_p(counts, *tables), "enumeration", 0.0, 0)
    if rng is None:
        raise BadInput(
            f"The {counts.shape[0]} x {counts.shape[1]} table of {counts.sum()} people is too large to "
            "enumerate. Give rng=numpy.random.default_rng(seed) for a Monte Carlo p."
        )
    p = _monte_carlo_p(counts, rng, draws)
    return ExactTest(p, "monte_carlo", float(np.sqrt(p * (1 - p) / draws)), draws)


def _enumerated_p(counts: NDArray[np.int64], logs: NDArray[np.float64], number: NDArray[np.float64]) -> float:
    observed = -gammaln(counts + 1).sum()
    # relative to the likeliest table, so that large counts do not underflow
    weight = number * np.exp(logs - logs.max())
    return float(min(weight[logs <= observed + TIE].sum() / weight.sum(), 1.0))


def _enumerate(counts: NDArray[np.int64], largest: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the distinct -log prod(cell!) of all tables and how many tables have each; None if too many."""
    log_factorial = gammaln(np.arange(counts.sum() + 1) + 1.0)
    # the last column is what remains, so the largest one is never enumerated
    columns = np.sort(counts.sum(axis=0))
    # for each set of row totals still to place: logs so far and how many partial tables have them
    states = {tuple(counts.sum(axis=1).tolist()): (np.zeros(1), np.ones(1))}
    for total in columns[:-1].tolist():
        parts: dict[tuple[int, ...], list[tuple[NDArray[np.float64], NDArray[np.float64]]]] = {}
        size = 0
        for rows, (logs, number) in states.items():
            for cells in _columns(rows, total):
                size += len(logs)
                if size > largest:
                    return None
                left = tuple(row - cell for row, cell in zip(rows, cells, strict=True))
                parts.setdefault(left, []).append((logs - log_factorial[list(cells)].sum(), number))
        states = {left: _merged(found) for left, found in parts.items()}
    last = [(logs - log_factorial[list(rows)].sum(), number) for rows, (logs, number) in states.items()]
    return _merged(last)


def _merged(
    parts: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    logs = np.concatenate([part for part, _ in parts])
    number = np.concatenate([part for _, part in parts])
    _, first, which = np.unique(np.round(logs, 9), return_index=True, return_inverse=True)
    return logs[first], np.bincount(which, weights=number).astype(np.float64)


def _columns(rows: tuple[int, ...], total: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to place `total` people in rows with the given room."""
    first, rest = rows[0], rows[1:]
    if not rest:
        yield (total,)
        return
    room = sum(rest)
    for cell in range(max(0, total - room), min(first, total) + 1):
        for others in _columns(rest, total - cell):
            yield (cell, *others)


def _monte_carlo_p(counts: NDArray[np.int64], rng: np.random.Generator, draws: int) -> float:
    observed = -gammaln(counts + 1).sum()
    drawn = random_table(counts.sum(axis=1), counts.sum(axis=0))
    hits, left = 0, draws
    # in parts, so that memory stays small
    while left:
        part = min(left, 10_000)
        tables = drawn.rvs(size=part, random_state=rng)
        hits += int((-gammaln(tables + 1).sum(axis=(1, 2)) <= observed + TIE).sum())
        left -= part
    return (hits + 1) / (draws + 1)
