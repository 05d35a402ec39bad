"""The demo's people, who have a known password, go into the demo's own database only."""

import pytest

from analysis import demo_trial
from trial.people.models import User
from trial.protocol.models import Trial


def test_database_with_a_trial_and_a_user_of_somebody_else_is_refused_unchanged(pi):
    before = User.objects.count(), Trial.objects.count()

    with pytest.raises(demo_trial.NotTheDemosDatabase, match="holds 1 users and 1 trials that are not the demo's"):
        demo_trial.load()

    assert (User.objects.count(), Trial.objects.count(), demo_trial.logins()) == (*before, [])


def test_model_trial_that_the_demo_has_not_made_is_refused(db):
    demo_trial.protocols.create_trial(source=demo_trial.PROTOCOL.read_bytes())

    with pytest.raises(demo_trial.NotTheDemosDatabase):
        demo_trial.load()


def test_button_is_not_there_outside_the_demos_database(client, settings, db):
    settings.IN_DEMO = True

    assert client.post("/demo/participant/").status_code == 404
    assert client.get("/demo/participant/").status_code == 405
