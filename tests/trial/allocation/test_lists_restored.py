"""What does not fit when places of a list are replayed: a savepoint plays the older copy of the database here.

The whole drill, with a real dump, is in test_restored_from_backup.py.
"""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList
from trial.allocation.services import chain
from trial.enrolment import services as enrolment
from trial.messages.models import Kind, OutgoingMail


@pytest.fixture
def rolling(db):
    return factories.make_list_trial(randomisation='method = "simple"\nlist_length = 400')


def give(trial, participant) -> Allocation:
    return allocation.allocate(trial=trial, participant=participant, actor=None)


def places() -> list[tuple]:
    return list(Allocation.objects.order_by("index").values_list("participant__code", "index", "arm", "allocated_at"))


def replay(trial) -> list:
    return allocation.replay_receipts(trial=trial)


def test_replayed_people_are_written_to_and_a_second_replay_does_nothing(rolling):
    [person] = factories.make_ready(rolling, 1)
    copy = transaction.savepoint()
    give(rolling, person)
    transaction.savepoint_rollback(copy)

    counts = [len(replay(rolling)), len(replay(rolling)), allocation.tell_allocated(trial=rolling, actor=None)]

    assert counts == [1, 0, 1]
    assert OutgoingMail.objects.filter(kind=Kind.ALLOCATION, participant=person).count() == 1


def test_person_who_left_after_the_restore_keeps_the_place_of_the_receipt(rolling):
    [person] = factories.make_ready(rolling, 1)
    copy = transaction.savepoint()
    give(rolling, person)
    told = places()
    transaction.savepoint_rollback(copy)
    enrolment.withdraw(participant=person, choice=enrolment.Choice.STUDY)

    replay(rolling)

    assert places() == told


def test_person_who_is_not_in_the_older_copy_stops_the_replay_with_a_sentence(rolling):
    copy = transaction.savepoint()
    [person] = factories.make_ready(rolling, 1)
    give(rolling, person)
    transaction.savepoint_rollback(copy)

    with pytest.raises(allocation.AllocationRefused) as refused:
        replay(rolling)

    assert str(refused.value).startswith("P-001 has place 1 by its receipt, and is not in this copy of the database.")
    assert Allocation.objects.count() == 0


def test_list_that_is_not_in_the_older_copy_is_asked_for(db):
    trial = factories.make_list_trial(sealed=False)
    copy = transaction.savepoint()
    allocation.seal_list(trial=trial, actor=None)
    [person] = factories.make_ready(trial, 1)
    give(trial, person)
    transaction.savepoint_rollback(copy)

    with pytest.raises(allocation.AllocationRefused, match="Restore a copy that was made after it was sealed"):
        replay(trial)


def test_receipt_missing_outside_stops_the_replay(rolling):
    people = factories.make_ready(rolling, 3)
    copy = transaction.savepoint()
    for person in people:
        give(rolling, person)
    transaction.savepoint_rollback(copy)
    [file] = (Path(settings.RECEIPTS_FOLDER) / "cct").iterdir()
    first, _, third = file.read_text().splitlines(keepends=True)
    file.write_text(first + third)

    with pytest.raises(allocation.AllocationRefused) as refused:
        replay(rolling)

    assert str(refused.value) == "Receipt 2 is missing: receipt 3 stands in its place."


def test_second_place_that_was_lost_is_written_anew_from_the_database(rolling):
    first, second = factories.make_ready(rolling, 2)
    give(rolling, first)
    shutil.rmtree(settings.RECEIPTS_FOLDER)

    give(rolling, second)

    list_id = AllocationList.objects.get().list_id
    assert len(chain.outside.read(chain.folder(), "cct", list_id)) == 2
