"""Whoever reads somebody's mails can open their pages, so an address is not changed by those who are masked."""

import pytest

from tests import factories
from trial.enrolment import services as enrolment
from trial.people.models import ContactDetails, Role


def correct(participant, actor) -> str:
    enrolment.correct_contact(
        participant=participant, email="other@example.org", name="", actor=actor, reason="mistyped"
    )
    return ContactDetails.objects.get(participant=participant).email


def test_address_is_corrected_by_the_recruiter_before_the_draw(db):
    trial = factories.make_model_trial()
    participant = factories.enrol(trial, "first@example.org")

    assert correct(participant, factories.make_member(trial, Role.RECRUITER)) == "other@example.org"


def test_address_of_somebody_randomised_is_corrected_by_the_clinician_alone(db):
    trial = factories.make_model_trial()
    factories.make_drawn_cohort(trial, 2)
    participant = trial.participants.get(code="P-001")

    with pytest.raises(enrolment.EnrolmentRefused) as refused:
        correct(participant, factories.make_member(trial, Role.RECRUITER))

    assert refused.value.guard == "randomised"
    assert correct(participant, factories.make_member(trial, Role.CLINICIAN)) == "other@example.org"
