"""Writes the synthetic trials that `make_designs_reference.R` fits: designs the model was not tuned to.

Usage: python make_designs.py DIRECTORY (one CSV a design; seeds are fixed, so the files are always the same).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def synthetic_trial(
    *,
    seed: int,
    arm_sizes: tuple[int, ...],
    n_times: int,
    sd_subject: float,
    dropout: float = 0.0,
    scattered: float = 0.0,
    late_entry: float = 0.0,
    covariate: bool = False,
) -> pd.DataFrame:
    """Simulate a trial of several arms and times; values are rounded so that a CSV holds them exactly.

    `dropout` is the chance to leave before each later time, `scattered` that of a missing value, `late_entry`
    that of having only the last measurement.
    """
    rng = np.random.default_rng(seed)
    n = sum(arm_sizes)
    arm = np.repeat(np.arange(len(arm_sizes)), arm_sizes)
    level = 20 + sd_subject * rng.standard_normal(n)
    age = np.round(rng.uniform(18, 65, n))
    rise = np.linspace(0, 1, n_times)
    y = level[:, None] + 2.0 * np.outer(arm, rise) + 1.5 * rng.standard_normal((n, n_times))
    y = np.round(y + (0.08 * (age - 40))[:, None] * covariate, 4)
    gone = np.cumsum(rng.random((n, n_times)) < dropout, axis=1) > 0
    gone[:, 0] = False
    y[gone | (rng.random((n, n_times)) < scattered)] = np.nan
    entered_late = rng.random(n) < late_entry
    y[entered_late, :-1] = np.nan
    frame = pd.DataFrame(
        {
            "person": np.repeat(np.arange(1, n + 1), n_times),
            "arm": np.repeat(arm, n_times),
            "wave": np.tile(np.arange(1, n_times + 1), n),
            "y": y.ravel(),
        }
    )
    if covariate:
        frame["age"] = np.repeat(age, n_times)
        frame["sleep"] = np.round(rng.normal(7, 1.2, n * n_times), 2)
    return frame


DESIGNS = {
    "three_arms": {"seed": 1, "arm_sizes": (15, 14, 16), "n_times": 4, "sd_subject": 2.0},
    "four_arms_dropout": {
        "seed": 2,
        "arm_sizes": (12, 12, 13, 11),
        "n_times": 5,
        "sd_subject": 1.5,
        "dropout": 0.15,
        "late_entry": 0.1,
    },
    "twelve_times": {
        "seed": 3,
        "arm_sizes": (9, 10),
        "n_times": 12,
        "sd_subject": 1.0,
        "dropout": 0.05,
        "scattered": 0.1,
    },
    "four_arms_twelve_times": {
        "seed": 4,
        "arm_sizes": (7, 6, 8, 7),
        "n_times": 12,
        "sd_subject": 3.0,
        "scattered": 0.05,
    },
    "singular": {"seed": 5, "arm_sizes": (10, 11), "n_times": 4, "sd_subject": 0.0, "scattered": 0.1},
    "singular_three_arms": {"seed": 6, "arm_sizes": (8, 9, 7), "n_times": 3, "sd_subject": 0.0, "dropout": 0.1},
    "unequal_arms": {"seed": 7, "arm_sizes": (4, 60), "n_times": 3, "sd_subject": 2.0, "dropout": 0.1},
    "very_unequal_four_arms": {
        "seed": 8,
        "arm_sizes": (3, 40, 5, 12),
        "n_times": 6,
        "sd_subject": 1.0,
        "scattered": 0.1,
    },
    "nearly_singular": {"seed": 9, "arm_sizes": (20, 20), "n_times": 4, "sd_subject": 0.35, "dropout": 0.1},
    "large_variance_between": {
        "seed": 10,
        "arm_sizes": (11, 12, 10),
        "n_times": 4,
        "sd_subject": 60.0,
        "scattered": 0.1,
    },
    "tiny": {"seed": 11, "arm_sizes": (3, 3), "n_times": 2, "sd_subject": 1.0},
    "two_times_dropout": {"seed": 12, "arm_sizes": (25, 24, 23), "n_times": 2, "sd_subject": 1.2, "dropout": 0.3},
    "too_few_for_a_plain_f": {
        "seed": 514,
        "arm_sizes": (2, 3),
        "n_times": 4,
        "sd_subject": 0.0,
        "scattered": 0.2,
    },
    "covariates": {
        "seed": 13,
        "arm_sizes": (14, 15, 13),
        "n_times": 4,
        "sd_subject": 1.5,
        "dropout": 0.1,
        "covariate": True,
    },
    "covariates_unequal": {
        "seed": 14,
        "arm_sizes": (30, 8),
        "n_times": 5,
        "sd_subject": 1.0,
        "scattered": 0.15,
        "covariate": True,
    },
}


def main() -> None:
    """Write every design into the directory given."""
    directory = Path(sys.argv[1])
    for name, settings in DESIGNS.items():
        synthetic_trial(**settings).to_csv(directory / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
