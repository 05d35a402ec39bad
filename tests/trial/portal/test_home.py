"""The participant's home: one card, the way, and the button that begins a wave."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from questionnaires import clock
from questionnaires.models import Sitting
from questionnaires.services import progress
from tests import factories
from trial.allocation import services as allocation
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.people.models import Participant


@pytest.fixture
def model(db):
    return factories.make_model_trial()


def pages_of(participant: Participant) -> Client:
    return factories.open_pages(Client(), participant)


def home(client: Client) -> str:
    answer = client.get("/me/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_open_wave_is_the_one_thing_to_do_and_its_button_leads_to_the_sheets(model):
    factories.make_cohort(model)
    participant = factories.enrol(model, "first@example.org")
    client = pages_of(participant)

    assert "About 35 minutes. You can stop at any moment" in home(client)
    answer = client.post("/me/waves/pre/begin/")

    sitting = Sitting.objects.get(respondent=participant.respondent_key)
    assert sitting.opened_at is not None
    assert answer.headers["Location"] == f"/q/{sitting.key}/sheets/csp_24/#item-1"
    total = progress(sitting).total
    assert f"0 of {total} questions are answered." in home(client)


def test_wave_that_cannot_be_begun_leads_back_to_the_home_with_the_sentence(model):
    factories.make_cohort(model)
    participant = factories.enrol(model, "first@example.org")

    answer = pages_of(participant).post("/me/waves/post/begin/", follow=True)

    assert answer.redirect_chain == [("/me/", 302)]
    assert "These questionnaires are for those who were drawn into a group." in answer.content.decode()
    assert Sitting.objects.count() == 0
    assert AuditEntry.objects.get(action="wave.refused").data == {"guard": "randomised", "step": "begin"}


def test_looking_at_the_home_begins_nothing(model):
    factories.make_cohort(model)
    client = pages_of(factories.enrol(model, "first@example.org"))

    home(client)
    assert client.get("/me/waves/pre/begin/").status_code == 405
    assert Sitting.objects.count() == 0


def test_wave_handed_in_stands_on_the_way_with_its_receipt(model):
    factories.make_cohort(model)
    (participant,) = factories.make_ready(model, 1)

    page = home(pages_of(participant))

    assert f"/q/{Sitting.objects.get().key}/receipt/" in page
    assert "The groups are drawn once everybody has answered." in page


def test_group_is_told_only_once_it_is_told_and_in_the_words_of_the_arm(model):
    cohort = factories.make_drawn_cohort(model, 2, told=False)
    before = [home(pages_of(each)) for each in model.participants.all()]
    allocation.tell_cohort(cohort=cohort, actor=None)
    after = [home(pages_of(each)) for each in model.participants.all()]

    told = [arm.told.in_language("en") for arm in model.version_in_force().protocol.arms]
    assert [[words in page for words in told] for page in before] == [[False, False]] * 2
    assert sorted([words in page for words in told] for page in after) == [[False, True], [True, False]]


def test_pages_of_both_arms_are_the_same_but_for_the_words_that_are_told(model):
    factories.make_drawn_cohort(model, 2)
    first, second = (home(pages_of(each)) for each in model.participants.all())

    told = [arm.told.in_language("en") for arm in model.version_in_force().protocol.arms]
    assert alike(first, told) == alike(second, told)


def alike(page: str, told: list[str]) -> list[str]:
    """The page without what is its person's own: code, told words, tokens of forms, key of the receipt."""
    for words in told:
        page = page.replace(words, "")
    own = ("P-00", "csrfmiddlewaretoken", "/receipt/", "/copy/")
    return [line for line in page.splitlines() if not any(word in line for word in own)]


def test_somebody_without_the_first_questionnaires_reads_that_the_round_begins_without_them(model):
    cohort = factories.make_cohort(model)
    late = factories.enrol(model, "late@example.org")
    factories.make_ready(model, 2)
    allocation.close_cohort(cohort=cohort, actor=None)

    page = home(pages_of(late))

    assert "This round begins without you" in page
    assert "Second questionnaires" not in page


@pytest.mark.parametrize(
    ("choice", "title", "asks"),
    [
        (enrolment.Choice.SESSIONS, "First questionnaires", True),
        (enrolment.Choice.QUESTIONNAIRES, "You have left the questionnaires", False),
        (enrolment.Choice.STUDY, "You have left the sessions and the questionnaires", False),
    ],
)
def test_somebody_who_left_is_shown_what_is_left(model, choice, title, asks):
    factories.make_cohort(model)
    participant = factories.enrol(model, "first@example.org")
    enrolment.withdraw(participant=participant, choice=choice)

    page = home(pages_of(participant))

    assert f'id="next">{title}</h2>' in page
    assert ("/me/waves/pre/begin/" in page) == asks


def test_wave_whose_days_are_over_is_told_without_reproach(model):
    factories.make_drawn_cohort(model, 2)
    participant = model.participants.first()

    with clock.fixed(clock.now() + timedelta(days=100)):
        page = home(pages_of(participant))

    assert "What you have answered is kept." in page
    assert "/me/waves/post/begin/" not in page


def test_wave_of_another_person_is_not_found(model):
    factories.make_cohort(model)
    first, second = factories.make_ready(model, 2)
    foreign = Sitting.objects.get(respondent=first.respondent_key)

    assert pages_of(second).get(f"/q/{foreign.key}/receipt/").status_code == 404


def test_home_asks_the_database_a_fixed_number_of_questions_wherever_one_is(model):
    participant = factories.make_participant(model, "first@example.org")
    client, counts = pages_of(participant), []

    def look() -> None:
        with CaptureQueriesContext(connection) as queries:
            home(client)
        counts.append(len(queries))

    look()
    factories.give_consent(participant)
    look()
    enrolment.submit_screening(participant=participant, answers=factories.SUITABLE)
    look()
    factories.amend(model, 'version = "1.0"', 'version = "1.1"')
    factories.give_consent(participant)
    look()
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)
    look()

    assert counts == [counts[0]] * 5
    assert counts[0] == 13
