"""The small trial on which the examples of the docstrings run."""

import pandas as pd

from analysis.stats.mixed import MixedFit, fit_mixed


def small_trial() -> pd.DataFrame:
    """Return a long table of four participants, two arms and two times, one row a participant and time.

    Examples
    --------
    >>> small_trial().groupby(["arm", "time"], sort=False)["y"].mean().tolist()
    [4.0, 4.0, 3.0, 5.5]
    """
    return pd.DataFrame(
        {
            "id": [1, 1, 2, 2, 3, 3, 4, 4],
            "arm": ["WL"] * 4 + ["ACT"] * 4,
            "time": [1, 2] * 4,
            "y": [3.0, 3.5, 5.0, 4.5, 4.0, 6.0, 2.0, 5.0],
        }
    )


def small_fit() -> MixedFit:
    """Return the REML fit of `small_trial`.

    Examples
    --------
    >>> fit = small_fit()
    >>> round(fit.sd_subject, 6), round(fit.sd_residual, 6)
    (1.0, 0.5)
    """
    return fit_mixed(small_trial(), "y", participant="id", arm="arm", time="time")
