"""Adjustment of p-values for their number."""

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from analysis.stats.errors import BadInput, TooFewObservations
from analysis.stats.levels import shown


def holm(p: pd.Series) -> pd.Series:
    """Return Holm's adjusted p-values, which hold the family-wise error under any dependence.

    Parameters
    ----------
    p : Series of float, shape (m,)
        The p-values of one family, in [0, 1], none missing.

    Returns
    -------
    Series of float64, shape (m,)
        In [0, 1], with the index of `p`.

    Raises
    ------
    BadInput
        It is no Series, or a value is missing or outside [0, 1].
    TooFewObservations
        The family is empty.

    Notes
    -----
    The j-th smallest p is multiplied by m - j + 1; none is below an earlier one, none above 1.

    References
    ----------
    Holm, S. (1979). Scandinavian Journal of Statistics, 6, 65-70.

    Examples
    --------
    >>> holm(pd.Series({"stress": 0.01, "anxiety": 0.04})).to_dict()
    {'stress': 0.02, 'anxiety': 0.04}
    """
    if not isinstance(p, pd.Series):
        raise BadInput(f"The p-values must be a pandas Series, which names each; {type(p).__name__} was given.")
    if p.empty:
        raise TooFewObservations("No p-value was given: a family has one or more.")
    values = pd.to_numeric(p, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        name, value = shown(p.index[wrong[0]]), shown(p.iloc[wrong[0]])
        raise BadInput(f"p-values lie between 0 and 1; {name} has {value}.")
    return pd.Series(multipletests(values, method="holm")[1], index=p.index)
