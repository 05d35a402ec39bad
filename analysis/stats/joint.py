"""Joint F tests of arm, time and their interaction on equal-weight means."""

import numpy as np
import pandas as pd
from scipy.special import fdtrc

from analysis.stats.contrasts import all_products
from analysis.stats.kenward_roger import kenward_roger, kr_f_test
from analysis.stats.mixed import MixedFit


def joint_tests(fit: MixedFit) -> pd.DataFrame:
    """Test arm, time and their interaction as a whole.

    Parameters
    ----------
    fit : MixedFit
        By REML.

    Returns
    -------
    DataFrame
        Three rows: `term` ("arm", "time", "arm:time"), `f`, `num_df` (int), `den_df`, `p`. Where very few
        participants leave a term without an F, its `f`, `den_df` and `p` are NaN; `untestable_terms` says so.

    Raises
    ------
    BadInput
        The fit is not REML.

    Notes
    -----
    The hypotheses are on means in which every cell has the same weight (R's type III with sum contrasts), so
    they do not depend on the coding or on the reference. F is scaled as Kenward and Roger do.

    References
    ----------
    Kenward & Roger (1997), Biometrics 53, 983-997, section 3. Halekoh & Hojsgaard (2014), Journal of Statistical
    Software 59(9), section 4 (pbkrtest).

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> table = joint_tests(small_fit())
    >>> table.f.round(6).tolist(), table.den_df.round(6).tolist()
    ([0.055556, 12.5, 12.5], [2.0, 2.0, 2.0])
    """
    kr = kenward_roger(fit)
    n_arms, n_times = len(fit.design.arms), len(fit.design.times)
    mean_arm, mean_time = np.full((1, n_arms), 1 / n_arms), np.full((1, n_times), 1 / n_times)
    arm_change, time_change = np.diff(np.eye(n_arms), axis=0), np.diff(np.eye(n_times), axis=0)
    hypotheses = {
        "arm": all_products(fit, arm_change, mean_time),
        "time": all_products(fit, mean_arm, time_change),
        "arm:time": all_products(fit, arm_change, time_change),
    }
    tests = [kr_f_test(fit, kr, contrasts) for contrasts in hypotheses.values()]
    f = np.array([test[0] for test in tests])
    den_df = np.array([test[1] for test in tests])
    num_df = np.array([len(contrasts) for contrasts in hypotheses.values()])
    return pd.DataFrame(
        {"term": list(hypotheses), "f": f, "num_df": num_df, "den_df": den_df, "p": fdtrc(num_df, den_df, f)}
    )


def untestable_terms(joint: pd.DataFrame) -> list[str]:
    """Return a sentence for each term of `joint_tests` that has no F.

    Examples
    --------
    >>> from analysis.stats.example import small_fit
    >>> untestable_terms(joint_tests(small_fit()))
    []
    """
    return [
        f"The joint test of {term} is not possible: with so few participants it has no Kenward-Roger F."
        for term in joint.loc[joint["f"].isna(), "term"]
    ]
