import pytest

from tests import factories
from trial.enrolment import services as enrolment


@pytest.fixture
def trial(db):
    """Here the model trial: the small one leaves a criterion to staff."""
    return factories.make_model_trial()


@pytest.fixture
def consented(participant):
    factories.give_consent(participant)
    return participant


@pytest.fixture
def eligible(consented):
    enrolment.submit_screening(participant=consented, answers=factories.SUITABLE)
    return consented
