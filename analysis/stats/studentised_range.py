"""The studentised range distribution for many arguments at once.

`scipy.stats.studentized_range` integrates adaptively, some milliseconds a value; the tables of a trial need
hundreds. Here the same double integral is a fixed Gauss-Legendre rule on arrays; the tests compare it with
scipy.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaincinv, gammaln, ndtr

from analysis.stats.arguments import whole_number
from analysis.stats.errors import BadInput

Array = NDArray[np.float64]
Z_NODES, Z_WEIGHTS = np.polynomial.legendre.leggauss(96)
# With few degrees of freedom the SD may be almost anything, and the outer integral needs more points.
FEW_DF = 10.0
S_RULES = {True: np.polynomial.legendre.leggauss(160), False: np.polynomial.legendre.leggauss(40)}
Z_LIMIT = 8.5
TAIL = 1e-13
# Below it the SD's distribution reaches beyond the range of a computer's numbers.
LEAST_DF = 0.1
# From here to infinity p changes by less than 1e-8.
ALMOST_INFINITE = 1e8


def studentised_range_sf(q: Array, groups: int, df: Array) -> Array:
    """Probability that the range of `groups` normal means over their common SD exceeds q.

    Parameters
    ----------
    q : float array, at least 0
    groups : int, at least 2
    df : float array of the shape of q, at least 0.1
        Degrees of freedom of the SD; may be infinite.

    Returns
    -------
    float array in [0, 1]
        Absolute error below 1e-8 from df = 1 on, below 3e-5 at 0.1.

    Raises
    ------
    BadInput
        An argument is out of its range.

    Notes
    -----
    P(Q <= q) = integral over s of f(s) H(q s), s^2 = chi2_df / df, and H the distribution of the range of
    `groups` standard normal values; the outer integral runs over log s, where f is smooth for every df.

    Examples
    --------
    >>> float(studentised_range_sf(np.array([3.5]), 3, np.array([20.0]))[0].round(4))
    0.0559
    """
    q, df = np.broadcast_arrays(np.asarray(q, dtype=np.float64), np.asarray(df, dtype=np.float64))
    whole_number(groups, "The number of groups", least=2)
    if np.any(~(q >= 0)) or np.any(~(df >= LEAST_DF)):
        raise BadInput(f"The studentised range needs q of at least 0 and df of at least {LEAST_DF}.")
    if not q.size:
        return np.zeros(q.shape)
    nodes, rule = S_RULES[bool(df.min() < FEW_DF)]
    half = np.minimum(df, ALMOST_INFINITE) / 2
    low = np.log(gammaincinv(half, TAIL) / half) / 2
    high = np.log(gammainccinv(half, TAIL) / half) / 2
    middle, radius = (low + high) / 2, (high - low) / 2
    log_s = middle[..., None] + radius[..., None] * nodes
    log_density = (
        np.log(2) + (half * np.log(half) - gammaln(half))[..., None] + half[..., None] * (2 * log_s - np.exp(2 * log_s))
    )
    weights = np.exp(log_density) * radius[..., None] * rule
    # The density's constant loses digits where df is large; its integral is known.
    weights /= weights.sum(axis=-1, keepdims=True)
    beyond = range_sf(q[..., None] * np.exp(log_s), groups)
    return np.clip(np.sum(weights * beyond, axis=-1), 0.0, 1.0)


def range_sf(width: Array, groups: int) -> Array:
    """Probability that the range of `groups` standard normal values exceeds `width`, an array.

    Examples
    --------
    >>> range_sf(np.array([0.0, 3.314]), 3).round(3).tolist()
    [1.0, 0.05]
    """
    z = Z_LIMIT * Z_NODES
    density = groups * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * Z_WEIGHTS * Z_LIMIT
    within = (ndtr(z) - ndtr(z - width[..., None])) ** (groups - 1) @ density
    return 1 - within
