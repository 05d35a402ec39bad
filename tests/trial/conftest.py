"""A trial under way, made once for all tests of a file: each works in a transaction of its own on top of it."""

from collections.abc import Iterator

import pytest

from tests import factories
from trial.protocol.models import Trial


@pytest.fixture(scope="module")
def running_trial_made(django_db_setup, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        factories.make_running_trial("running")
        yield
        factories.empty_database()


@pytest.fixture
def running(running_trial_made, db) -> Trial:
    """See `factories.make_running_trial`: 13 people, nine of them randomised, in the second wave."""
    return Trial.objects.get(slug="running")
