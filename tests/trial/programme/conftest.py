"""The model trial with a cohort that was told, its groups, and the people who lead them."""

from datetime import timedelta

import pytest

from questionnaires import clock
from tests import factories
from tests.trial.programme.stage import LINK, SIX
from trial.allocation.visibility import crosses_over_to, takes_programme
from trial.people.models import Role
from trial.programme import services as programme


@pytest.fixture
def trial(db):
    return factories.make_model_trial()


@pytest.fixture
def cohort(trial):
    return factories.make_drawn_cohort(trial, 4)


@pytest.fixture
def coordinator(trial):
    return factories.make_member(trial, Role.PROGRAMME)


@pytest.fixture
def instructor(trial):
    return factories.make_member(trial, Role.INSTRUCTOR)


@pytest.fixture
def group(trial, cohort, coordinator, instructor):
    (made,) = programme.form_groups(trial=trial, cohort=cohort, at=SIX, actor=coordinator)
    return programme.lead_group(trial=trial, group=made, instructor=instructor, join_link=LINK, actor=coordinator)


@pytest.fixture
def session(group):
    return group.sessions.get(number=1)


@pytest.fixture
def in_session(session):
    """The clock stands at half an hour into the first session."""
    with clock.fixed(session.starts_at + timedelta(minutes=30)):
        yield session


@pytest.fixture
def takers(cohort):
    return takes_programme(cohort, "cct")


@pytest.fixture
def waiting(cohort):
    return crosses_over_to(cohort, "cct")


@pytest.fixture
def after_follow_up(cohort):
    """The clock stands half a day after the last wave of the cohort took its last answer."""
    moment = cohort.waves.get(wave="follow_up").accepts_until + timedelta(hours=12)
    with clock.fixed(moment):
        yield moment


@pytest.fixture
def crossover_group(trial, cohort, coordinator, after_follow_up):
    starts_on = clock.today(trial.version_in_force().zone) + timedelta(days=7)
    (made,) = programme.form_crossover_groups(
        trial=trial, cohort=cohort, starts_on=starts_on, at=SIX, actor=coordinator
    )
    return made
