"""A wave is begun by those who may, when they may; each guard broken in turn."""

from datetime import timedelta

import pytest

from questionnaires import clock
from questionnaires.models import Sitting
from tests import factories
from trial.audit.models import AuditEntry
from trial.audit.services import Refused
from trial.enrolment import services as enrolment
from trial.enrolment.models import CohortPlace
from trial.waves import services as waves


@pytest.fixture
def model(db):
    return factories.make_model_trial()


def refusal(participant, wave="pre") -> tuple[str, str]:
    """Guard and sentence, having seen that no sitting was made and that the trail tells of it."""
    with pytest.raises(Refused) as refused:
        waves.begin(participant=participant, wave=wave)
    assert Sitting.objects.filter(opened_at__isnull=False).count() == 0
    assert AuditEntry.objects.filter(action="wave.refused").latest("pk").data["guard"] == refused.value.guard
    return refused.value.guard, str(refused.value)


def test_sheet_submitted_gives_a_place_in_the_open_cohort(model):
    cohort = factories.make_cohort(model)

    participant = factories.enrol(model, "first@example.org")

    assert CohortPlace.objects.get(participant=participant).cohort == cohort


def test_cohort_opened_later_takes_up_who_waits_but_not_who_left(model):
    first, second = (factories.enrol(model, f"{name}@example.org") for name in ("first", "second"))
    enrolment.withdraw(participant=second, choice=enrolment.Choice.QUESTIONNAIRES)

    cohort = factories.make_cohort(model)

    assert [place.participant for place in cohort.places.all()] == [first]


def test_wave_is_begun_with_every_instrument_and_threshold_of_the_protocol(model):
    factories.make_cohort(model)
    participant = factories.enrol(model, "first@example.org")

    sitting = waves.begin(participant=participant, wave="pre")

    protocol = model.version_in_force().protocol
    assert [sheet.instrument for sheet in sitting.sheets.all()][:10] == list(protocol.wave("pre").instruments)
    assert {rule["id"]: rule["at_least"] for rule in sitting.thresholds} == {
        "depression": 14,
        "anxiety": 10,
        "stress": 17,
    }
    assert waves.begin(participant=participant, wave="pre") == sitting


def test_wave_without_a_cohort_is_refused(model):
    assert refusal(factories.enrol(model, "first@example.org"))[0] == "place"


def test_wave_before_its_window_is_refused(model):
    tomorrow = clock.today(model.version_in_force().zone) + timedelta(days=30)
    waves.open_cohort(trial=model, programme_starts_on=tomorrow, actor=None)

    guard, sentence = refusal(factories.enrol(model, "first@example.org"))

    assert (guard, sentence) == ("window", "These questionnaires are not open now. Your page says when they are.")


def test_later_wave_is_refused_to_somebody_who_was_not_drawn(model):
    factories.make_cohort(model)

    assert refusal(factories.enrol(model, "first@example.org"), "post")[0] == "randomised"


def test_wave_is_refused_without_the_consent_in_force(model):
    factories.make_cohort(model)
    participant = factories.enrol(model, "first@example.org")
    document = model.version_in_force().protocol.consent_documents[0]
    factories.amend(model, f'version = "{document.version}"', f'version = "{document.version}-new"')
    participant.refresh_from_db()

    assert refusal(participant)[0] == "consent"


def test_wave_is_refused_to_somebody_who_did_not_pass_the_screening(model):
    factories.make_cohort(model)
    participant = factories.make_participant(model, "young@example.org")
    factories.give_consent(participant)
    enrolment.submit_screening(participant=participant, answers={**factories.SUITABLE, "age": 17})

    assert refusal(participant)[0] == "eligibility"


def test_wave_after_leaving_the_questionnaires_is_refused(model):
    factories.make_cohort(model)
    participant = factories.enrol(model, "first@example.org")
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.QUESTIONNAIRES)

    assert refusal(participant)[0] == "withdrawn"


def test_wave_that_the_protocol_does_not_have_is_refused(model):
    factories.make_cohort(model)

    assert refusal(factories.enrol(model, "first@example.org"), "nonsense")[0] == "wave"


def test_wave_of_a_locked_trial_is_refused(model):
    factories.make_drawn_cohort(model, 2)
    factories.lock(model)

    participant = model.participants.first()
    with pytest.raises(Refused) as refused:
        waves.begin(participant=participant, wave="post")

    assert refused.value.guard == "stage"
