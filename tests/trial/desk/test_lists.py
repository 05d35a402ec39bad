"""List pages ask the database the same number of questions for 1, 3 and 300 rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from questionnaires import clock
from tests import factories
from trial.audit.services import record
from trial.people.models import Participant, Role, User
from trial.protocol.models import Trial


def add_participants(trial, count: int) -> None:
    have, now = trial.participants.count(), clock.now()
    Participant.objects.bulk_create(
        Participant(trial=trial, code=f"P-{number:03d}", language="en", created_at=now)
        for number in range(have + 1, count + 1)
    )


def add_members(trial, count: int) -> None:
    for number in range(trial.memberships.count(), count + 1):
        user = User.objects.create(email=f"{number}@example.org", name=str(number))
        trial.memberships.create(user=user, role=Role.MONITOR, created_at=clock.now())


def add_entries(trial, count: int) -> None:
    person = trial.participants.first() or factories.make_participant(trial, "first@example.org")
    for _ in range(trial.audit_entries.count(), count):
        record("link.issued", trial=trial, participant=person)


def add_trials(count: int, member: User) -> None:
    for number in range(Trial.objects.count() + 1, count + 1):
        names = [["en", f"Trial {number}"]]
        trial = Trial.objects.create(slug=f"trial-{number}", names=names, created_at=clock.now())
        trial.memberships.create(user=member, role=Role.PI, created_at=clock.now())


def test_list_of_trials_costs_the_same_for_1_3_and_300(trial, pi, as_staff):
    client, counts = as_staff(pi), []
    for size in (1, 3, 300):
        add_trials(size, pi)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/trials/").content.decode().count('href="/t/') == size
        counts.append(len(queries))

    assert counts == [counts[0]] * 3


@pytest.mark.parametrize(
    ("path", "fill"),
    [("participants/", add_participants), ("team/", add_members), ("trail/", add_entries)],
    ids=["participants", "team", "trail"],
)
def test_page_costs_the_same_for_1_3_and_300_rows(trial, pi, as_staff, path, fill):
    client, counts = as_staff(pi), []
    for size in (1, 3, 300):
        fill(trial, size)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/t/{trial.slug}/{path}").status_code == 200
        counts.append(len(queries))

    assert counts == [counts[0]] * 3
