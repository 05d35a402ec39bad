"""The few sums per participant that a random-intercept model needs in place of an N x N matrix.

With V_i = s2 (I + tau J), tau the ratio of the variance between participants to the residual one, every
quadratic form in V^-1 is a weighted sum of products within participants and products of participant totals:

    x' V^-1 y = (1 / s2) [ sum of within-participant products + sum_i d_i (sum_j x_ij)(sum_j y_ij) / n_i ],
    d_i = 1 / (1 + n_i tau).

Totals are kept by number of observations n_i, so that all later work is independent of the number of people.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ParticipantSums:
    """Cross-products of the design and the outcome, the outcome being the last of p + 1 columns.

    Attributes
    ----------
    n_obs, n_participants : int
    size : float array (K,)
        The distinct numbers of observations of a participant.
    count : float array (K,)
        How many participants have each size.
    within : float array (p + 1, p + 1)
        Products of deviations from the participants' own means.
    between : float array (K, p + 1, p + 1)
        Products of participants' totals, divided by their size.
    """

    n_obs: int
    n_participants: int
    size: Array
    count: Array
    within: Array
    between: Array

    @property
    def n_fixed(self) -> int:
        """Number p of fixed effects."""
        return len(self.within) - 1

    def shrinkage(self, ratio: float | Array) -> Array:
        """Return d = 1 / (1 + size * ratio), shape (..., K)."""
        return 1.0 / (1.0 + np.multiply.outer(ratio, self.size))

    def weighted(self, ratio: float | Array) -> Array:
        """Return s2 * [X y]' V^-1 [X y], shape (..., p + 1, p + 1), at one or many variance ratios."""
        return self.within + self.between_weighted(self.shrinkage(ratio))

    def between_weighted(self, weights: Array) -> Array:
        """Return the sums (..., p + 1, p + 1) of `between` with weights (..., K), one a size."""
        flat = weights @ self.between.reshape(len(self.size), -1)
        return flat.reshape(*weights.shape[:-1], *self.within.shape)


def participant_sums(participant: NDArray[np.intp], design_matrix: Array, outcome: Array) -> ParticipantSums:
    """Sum products by participant; time and memory are linear in the rows.

    Parameters
    ----------
    participant : int array (n_obs,)
        Codes, sorted.
    design_matrix : float array (n_obs, p)
    outcome : float array (n_obs,)

    Returns
    -------
    ParticipantSums

    Examples
    --------
    >>> sums = participant_sums(np.array([0, 0, 1]), np.ones((3, 1)), np.array([1.0, 3.0, 5.0]))
    >>> sums.size.tolist(), sums.count.tolist(), sums.within.tolist()
    ([1.0, 2.0], [1.0, 1.0], [[0.0, 0.0], [0.0, 2.0]])
    """
    columns = np.column_stack([design_matrix, outcome])
    starts = np.flatnonzero(np.concatenate([[True], participant[1:] != participant[:-1]]))
    sizes = np.diff(np.append(starts, len(outcome)))
    totals = np.add.reduceat(columns, starts, axis=0)
    columns -= np.repeat(totals / sizes[:, None], sizes, axis=0)
    size, group = np.unique(sizes, return_inverse=True)
    scaled = totals / np.sqrt(sizes)[:, None]
    between = np.stack([scaled[group == k].T @ scaled[group == k] for k in range(len(size))])
    return ParticipantSums(
        n_obs=len(outcome),
        n_participants=len(starts),
        size=size.astype(np.float64),
        count=np.bincount(group).astype(np.float64),
        within=columns.T @ columns,
        between=between,
    )
