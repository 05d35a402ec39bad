"""The twin goes through the services of a real trial, and its data hold what was planted."""

import time
from datetime import date

import pytest

from analysis import demo_twin
from questionnaires.models import Sitting
from tests import factories
from trial.allocation.models import Allocation

SOURCE = (factories.ROOT / "trial" / "protocols" / "cct.toml").read_bytes()


@pytest.fixture(scope="module")
def twin(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        began = time.monotonic()
        story = demo_twin.new_story(SOURCE, starts_on=date(2026, 2, 2))
        demo_twin.enrol(story, 44)
        demo_twin.first_wave(story)
        print("first", time.monotonic() - began)
        demo_twin.draw(story)
        demo_twin.leave_before_the_start(story, 4)
        demo_twin.later_waves(story)
        print("all", time.monotonic() - began)
        yield story
        factories.empty_database()


def test_twin(twin):
    assert Allocation.objects.filter(trial=twin.trial).count() == 44
    assert Sitting.objects.filter(submitted_at__isnull=False).count() == 44 + 40 + 40
