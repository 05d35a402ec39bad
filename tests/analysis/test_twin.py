"""The twin goes through the services of a real trial, and its data hold what was planted."""

from datetime import date

import pytest

from analysis import twin
from analysis.datasets import trial_frames
from analysis.plan import plan_of
from analysis.results import SetResults, set_results
from analysis.simulation.planted import planted
from questionnaires import clock
from questionnaires.models import Sitting
from tests import factories
from trial.allocation.models import Allocation
from trial.people.models import Role, User
from trial.programme.models import Attendance, Crossover
from trial.protocol.models import Trial
from trial.waves.models import CohortWave

TEAM = (Role.PI, Role.STATISTICIAN)


def team() -> dict[Role, User]:
    return {role: User.objects.create_user(f"{role.value}@example.org", name=str(role.label)) for role in TEAM}


@pytest.fixture(scope="module")
def finished(django_db_setup, django_db_blocker) -> Trial:
    with django_db_blocker.unblock():
        yield twin.finished_trial(factories.model_source(), starts_on=date(2026, 2, 2), team=team())
        factories.empty_database()


def test_twin_is_finished_as_the_published_trial_was(finished):
    assert (finished.stage, finished.is_simulated) == ("unmasked", True)
    assert Allocation.objects.count() == 44
    assert Sitting.objects.filter(submitted_at__isnull=False).count() == 44 + 40 + 40
    assert Attendance.objects.count() == 18 * 8
    assert Crossover.objects.count() == 22


def test_every_answer_was_given_while_its_wave_was_open(finished):
    windows = {row.wave: row for row in CohortWave.objects.all()}

    outside = [
        sitting.pk
        for sitting in Sitting.objects.all()
        if not windows[sitting.wave].opens_at
        <= sitting.opened_at
        < sitting.submitted_at
        < windows[sitting.wave].ends_at
    ]

    assert outside == []


@pytest.fixture(scope="module")
def results(finished, django_db_blocker) -> SetResults:
    with django_db_blocker.unblock():
        version = finished.version_in_force()
        plan = plan_of(version.protocol)
        frames = trial_frames(finished, version, plan, now=clock.now())
    assert (frames.labels, frames.unavailable) == ("real", {})
    return set_results(frames, plan, "as_published")


def test_report_of_the_twin_has_the_people_of_the_published_one(results):
    assert results.people == {"cct": 18, "waitlist": 22}


@pytest.mark.parametrize("outcome", planted())
def test_report_recovers_the_planted_effects_within_their_intervals(results, outcome):
    found = results.outcomes[outcome].contrasts

    inside = [
        row.low <= effect <= row.high for row, effect in zip(found.itertuples(), planted()[outcome].effect, strict=True)
    ]
    assert (found["contrast"].tolist(), inside) == (["post", "follow_up"], [True, True])
