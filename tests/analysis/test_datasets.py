"""From the database to frames: raw answers scored, arms by the one door, sets and what is left out of them."""

import pytest

from analysis.datasets import trial_frames
from analysis.plan import plan_of
from questionnaires import clock
from tests.analysis.finished_trial import make_finished_trial

pytestmark = pytest.mark.django_db


def frames_of(trial):
    version = trial.version_in_force()
    return trial_frames(trial, version, plan_of(version.protocol), now=clock.now())


def test_smoke():
    trial = make_finished_trial()
    f = frames_of(trial)
    print(f.scores.iloc[:4, :12], f.participants, f.sets, f.unavailable, f.left_out, f.enrolment, f.items.keys())
    from analysis import services
    from analysis.models import Kind

    r = services.ask_for_report(trial=trial, kind=Kind.REAL, actor=None)
    print(services.compute_report(r.pk))
    r.refresh_from_db()
    print(r.status, r.failure, r.detail, [(x.name, x.size) for x in r.files.all()])
    assert 0
