"""What the demo holds: a trial in the middle of recruitment, its finished twin, and one member of staff a role."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from analysis import demo_trial
from analysis.models import Report
from questionnaires.models import Sitting
from tests import factories
from trial.people.models import Participant, PersonalLink, Role, User
from trial.protocol.models import Trial


def counts() -> tuple[int, int, int]:
    return User.objects.count(), Trial.objects.count(), Participant.objects.count()


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        demo_trial.load()
    yield
    with django_db_blocker.unblock():
        factories.empty_database()


def test_demo_is_loaded_twice_and_made_once(demo, db):
    first = counts()

    demo_trial.load()

    assert counts() == first == (len(Role), 2, 34 + 44)


def test_demo_with_what_people_added_to_it_is_still_the_demo(demo, db):
    factories.make_trial("omega")

    demo_trial.load()

    assert list(Trial.objects.values_list("slug", "stage", "is_simulated")) == [
        ("cct", "recruiting", True),
        ("cct-finished", "unmasked", True),
        ("omega", "recruiting", False),
    ]


def test_first_wave_is_open_with_people_at_every_point_of_it(demo, db):
    keys = Participant.objects.filter(trial__slug="cct").values("respondent_key")
    sittings = Sitting.objects.filter(respondent__in=keys)

    assert sittings.filter(submitted_at__isnull=False).count() == 22
    assert sittings.filter(submitted_at__isnull=True).count() == 4


def test_report_of_the_twin_waits_for_a_worker(demo, db):
    assert list(Report.objects.values_list("trial__slug", "kind", "status")) == [("cct-finished", "real", "waiting")]


def test_every_role_can_sign_in(demo, db):
    assert [login.email for login in demo_trial.logins()] == [
        f"{role.value.replace('_', '-')}@example.org" for role in Role
    ]


def test_looking_at_the_demos_page_makes_no_link(demo, client, settings, db):
    settings.IN_DEMO = True

    answer = client.get(reverse("analysis:demo"))

    assert answer.content.decode().count(f'action="{reverse("analysis:demo_participant")}"') == 1
    assert PersonalLink.objects.count() == 0


def test_button_leads_to_a_link_that_opens_the_participants_pages(demo, client, settings, db):
    settings.IN_DEMO = True

    way = client.post(reverse("analysis:demo_participant")).headers["Location"]
    visitor = Client()
    opened = visitor.post(way)

    assert (way.split("/")[1], urlsplit(way).netloc) == ("l", "")
    assert opened.headers["Location"] == reverse("portal:home")
    assert "First questionnaires" in visitor.get(reverse("portal:home")).content.decode()
