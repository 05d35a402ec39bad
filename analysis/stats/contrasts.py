"""Weights of the cell means: what each row of a table asks of a fitted model."""

from collections.abc import Hashable, Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analysis.stats.arguments import number_between
from analysis.stats.errors import BadInput
from analysis.stats.levels import listed
from analysis.stats.mixed import MixedFit

Array = NDArray[np.float64]
LARGEST_WEIGHT = 1e6


def product_contrasts(fit: MixedFit, arm_weights: Array, time_weights: Array) -> Array:
    """Contrasts (r, p) from weights of the arms (r, A) and of the times (r, T), row by row.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> product_contrasts(small_fit(), np.array([[0, 1]]), np.array([[-1, 1]])).tolist()
    [[0, 0, -1, 1]]
    """
    cells = np.einsum("ra,rt->rat", arm_weights, time_weights).reshape(len(arm_weights), -1)
    return np.pad(cells, ((0, 0), (0, len(fit.coefficients) - cells.shape[1])))


def all_products(fit: MixedFit, arm_weights: Array, time_weights: Array) -> Array:
    """Contrasts (r * s, p) of every row of the arms' weights (r, A) with every row of the times' (s, T).

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> all_products(small_fit(), np.eye(2), np.array([[0, 1]])).tolist()
    [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    cells = np.kron(arm_weights, time_weights)
    return np.pad(cells, ((0, 0), (0, len(fit.coefficients) - cells.shape[1])))


def pair_positions(n_levels: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions (first, second) of all pairs, the first the earlier.

    Examples
    --------
    >>> [positions.tolist() for positions in pair_positions(3)]
    [[0, 0, 1], [1, 2, 2]]
    """
    return np.triu_indices(n_levels, k=1)


def pair_differences(n_levels: int) -> Array:
    """Weights (pairs, n_levels) of earlier minus later, in the order of `pair_positions`.

    Examples
    --------
    >>> pair_differences(3).tolist()
    [[1.0, -1.0, 0.0], [1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]
    """
    first, second = pair_positions(n_levels)
    unit = np.eye(n_levels)
    return unit[first] - unit[second]


def treatment_contrasts(fit: MixedFit) -> Array:
    """Coefficients of arm * time + covariates in treatment contrasts, in the order of R's model matrix.

    Intercept, arms, times, covariates, interactions (the arm changes fastest). The intercept is the reference
    arm at the reference time with all covariates zero.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> treatment_contrasts(small_fit())[-1].tolist()
    [1.0, -1.0, -1.0, 1.0]
    """
    n_arms, n_times = len(fit.design.arms), len(fit.design.times)
    arm, time = np.eye(n_arms), np.eye(n_times)
    arm_change, time_change = arm[1:] - arm[0], time[1:] - time[0]
    intercept = product_contrasts(fit, arm[:1], time[:1])
    intercept[0, fit.design.n_cells :] = -fit.covariate_means
    return np.concatenate(
        [
            intercept,
            all_products(fit, arm_change, time[:1]),
            all_products(fit, arm[:1], time_change),
            np.eye(len(fit.coefficients))[fit.design.n_cells :],
            product_contrasts(fit, np.tile(arm_change, (n_times - 1, 1)), np.repeat(time_change, n_arms - 1, axis=0)),
        ]
    )


def named_contrast(fit: MixedFit, weights: Mapping[tuple[Hashable, Hashable], float]) -> Array:
    """Turn weights of (arm, time) into a contrast (1, p).

    Raises
    ------
    BadInput
        A cell that does not exist, a weight beyond a million, or no weight but zeros (below a millionth).

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> named_contrast(small_fit(), {("WL", 2): 1, ("WL", 1): -1}).tolist()
    [[-1.0, 1.0, 0.0, 0.0]]
    """
    if not isinstance(weights, Mapping):
        raise BadInput(f"Weights are a mapping of (arm, time) to a number; {type(weights).__name__} was given.")
    contrast = np.zeros((1, len(fit.coefficients)))
    cells = list(product(fit.design.arms, fit.design.times))
    for cell, weight in weights.items():
        if cell not in cells:
            raise BadInput(
                f"There is no cell {cell!r}: a cell is (arm, time), arms are {listed(fit.design.arms)}, "
                f"times {listed(fit.design.times)}."
            )
        contrast[0, cells.index(cell)] = number_between(weight, "A weight", -LARGEST_WEIGHT, LARGEST_WEIGHT)
    if np.abs(contrast).max() < 1 / LARGEST_WEIGHT:
        raise BadInput("A contrast needs a weight that is not zero.")
    return contrast
