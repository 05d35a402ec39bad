"""What the tests of the command share."""

import pytest

from tests.analysis.reference.make_designs import synthetic_trial


@pytest.fixture
def trial_csv(tmp_path):
    frame = synthetic_trial(seed=41, arm_sizes=(8, 7, 9), n_times=3, sd_subject=1.0)
    frame = frame.rename(columns={"person": "id", "arm": "Group", "wave": "Time"})

    def write(**changes):
        path = tmp_path / "trial.csv"
        frame.assign(**changes).to_csv(path, index=False)
        return path

    return write
