"""The demo's people, who have a known password, go into the demo's own database only."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from analysis import demo_trial
from tests import factories
from trial.people.models import Participant, PersonalLink, Role, User
from trial.protocol.models import Trial


def counts() -> tuple[int, int, int]:
    return User.objects.count(), Trial.objects.count(), Participant.objects.count()


def test_demo_is_loaded_twice_and_made_once(db):
    demo_trial.load()
    first = counts()

    demo_trial.load()

    assert counts() == first == (len(Role), 1, 1)


def test_demo_with_what_people_added_to_it_is_still_the_demo(db):
    trial = demo_trial.load()
    factories.make_member(trial, Role.MONITOR)
    factories.make_trial("omega")

    assert demo_trial.load() == trial


def test_database_with_a_trial_and_a_user_of_somebody_else_is_refused_unchanged(pi):
    before = counts()

    with pytest.raises(demo_trial.NotTheDemosDatabase, match="holds 1 users and 1 trials that are not the demo's"):
        demo_trial.load()

    assert (counts(), demo_trial.logins()) == (before, [])


def test_model_trial_that_the_demo_has_not_made_is_refused(db):
    demo_trial.protocols.create_trial(source=demo_trial.PROTOCOL.read_bytes())

    with pytest.raises(demo_trial.NotTheDemosDatabase):
        demo_trial.load()


def test_looking_at_the_demos_page_makes_no_link(client, settings, db):
    settings.IN_DEMO = True
    demo_trial.load()

    answer = client.get(reverse("analysis:demo"))

    assert answer.content.decode().count(f'action="{reverse("analysis:demo_participant")}"') == 1
    assert PersonalLink.objects.count() == 0


def test_button_leads_to_a_link_that_opens_the_participants_pages(client, settings, db):
    settings.IN_DEMO = True
    demo_trial.load()

    way = client.post(reverse("analysis:demo_participant")).headers["Location"]
    visitor = Client()
    opened = visitor.post(way)

    assert (way.split("/")[1], urlsplit(way).netloc) == ("l", "")
    assert opened.headers["Location"] == reverse("portal:home")
    assert visitor.get(reverse("portal:home")).status_code == 200


def test_button_is_not_there_outside_the_demos_database(client, settings, db):
    settings.IN_DEMO = True

    assert client.post(reverse("analysis:demo_participant")).status_code == 404
    assert client.get(reverse("analysis:demo_participant")).status_code == 405
