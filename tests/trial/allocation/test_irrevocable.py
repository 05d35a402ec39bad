"""Ways to undo an allocation, each tried as the application's role: the place stays taken by the same person."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, ProtectedError
from django.test import Client

from questionnaires import clock
from questionnaires.models import Sitting
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList, SealedSlot, StoredReceipt
from trial.allocation.visibility import labels_for_analysis
from trial.audit.services import Refused
from trial.enrolment import services as enrolment
from trial.enrolment.models import CohortPlace, Consent, Screening
from trial.people import services as people
from trial.people.models import Participant, Role, User
from trial.protocol import services as protocols
from trial.protocol.models import Stage, Trial

Way = Callable[[Trial, Participant], object]
HEX = "0" * 64


def updating(model: type[Model], **values: object) -> Way:
    return lambda trial, person: model.objects.update(**values)


def deleting(model: type[Model]) -> Way:
    return lambda trial, person: model.objects.all().delete()


def saying(statement: str) -> Way:
    return lambda trial, person: connection.cursor().execute(statement)


def registered_anew(trial: Trial, person: Participant) -> None:
    """Under another address, and through everything once more: a second person, who gets a place of their own."""
    again = factories.enrol(trial, "other-address@example.org")
    factories.hand_in(again, "pre")
    assert allocation.allocate(trial=trial, participant=again, actor=None).index == 2


def registered_anew_under_the_same_address(trial: Trial, person: Participant) -> None:
    pi = User.objects.get(email__startswith="pi@")
    people.correct_contact(participant=person, email="gone@example.org", name="", actor=pi, reason="mistyped")
    factories.enrol(trial, "person-1@example.org")


def screening_reopened(trial: Trial, person: Participant) -> None:
    pi = User.objects.get(email__startswith="pi@")
    enrolment.reopen_screening(trial=trial, participant=person, actor=pi, reason="a slip")
    enrolment.submit_screening(participant=person, answers={**factories.SUITABLE, "age": 17})


def flagged(trial: Trial, person: Participant) -> None:
    first, second = User.objects.get(email__startswith="pi@"), User.objects.get(email__startswith="recruiter@")
    allocation.flag_entered_in_error(trial=trial, participant=person, actor=first, reason="under age")
    allocation.second_flag(trial=trial, participant=person, actor=second)


def pressed_again(trial: Trial, person: Participant) -> None:
    client = factories.sign_in(Client(), User.objects.get(email__startswith="recruiter@"))
    client.post(f"/t/{trial.slug}/allocation/next/", {"code": person.code})


def forged(trial: Trial, person: Participant) -> None:
    """The second place written before its turn, or the first one once more."""
    other = Participant.objects.exclude(pk=person.pk).get()
    sealed = AllocationList.objects.get()
    Allocation.objects.create(trial=trial, participant=other, list=sealed, index=1, arm="cct", allocated_at=clock.now())


WAYS: dict[str, Way] = {
    "allocation deleted": deleting(Allocation),
    "allocation deleted by SQL": saying("DELETE FROM trial_allocation"),
    "allocations truncated": saying("TRUNCATE trial_allocation CASCADE"),
    "arm changed": updating(Allocation, arm="other"),
    "index changed": updating(Allocation, index=2),
    "index taken off": updating(Allocation, index=None),
    "list taken off": updating(Allocation, list=None, index=None),
    "allocated earlier": lambda trial, person: Allocation.objects.update(allocated_at=clock.now() - timedelta(days=1)),
    "given to another": lambda trial, person: Allocation.objects.update(
        participant=Participant.objects.exclude(pk=person.pk).get()
    ),
    "never told": updating(Allocation, told_at=None),
    "told later": lambda trial, person: Allocation.objects.update(told_at=clock.now() + timedelta(days=1)),
    "place 1 forged for another": forged,
    "receipt deleted": deleting(StoredReceipt),
    "receipts truncated": saying("TRUNCATE trial_storedreceipt"),
    **{
        f"receipt's {field} changed": updating(StoredReceipt, **{field: value})
        for field, value in {
            "number": 2,
            "participant": "P-002",
            "leaf": HEX,
            "previous": HEX,
            "hash": HEX,
            "of": HEX,
            "at": "",
            "event": "told",
            "sealed": "",
        }.items()
    },
    "sealed place deleted": deleting(SealedSlot),
    "sealed places truncated": saying("TRUNCATE trial_sealedslot"),
    "sealed places shifted": saying("UPDATE trial_sealedslot SET index = index + 100"),
    "leaf changed": updating(SealedSlot, leaf=HEX),
    "seal changed": updating(SealedSlot, sealed=b""),
    "list deleted": deleting(AllocationList),
    "root changed": updating(AllocationList, root=HEX),
    "length changed": updating(AllocationList, length=1),
    "list numbered anew": updating(AllocationList, number=9),
    "list of the test environment": updating(AllocationList, environment="test"),
    "randomised taken off": updating(CohortPlace, randomised_at=None),
    "randomised changed": lambda trial, person: CohortPlace.objects.update(randomised_at=clock.now()),
    "place in the cohort deleted": deleting(CohortPlace),
    "participant deleted": lambda trial, person: person.delete(),
    "participant deleted by SQL": saying("DELETE FROM trial_participant"),
    "participant under another code": lambda trial, person: Participant.objects.filter(pk=person.pk).update(code="X-1"),
    "consent deleted": deleting(Consent),
    "screening deleted": deleting(Screening),
    "screening opened again and failed": screening_reopened,
    "baseline taken back": updating(Sitting, submitted_at=None),
    "baseline deleted": deleting(Sitting),
    "withdrawn": lambda trial, person: enrolment.withdraw(participant=person, choice=enrolment.Choice.STUDY_AND_DATA),
    "registered anew": registered_anew,
    "registered anew under the same address": registered_anew_under_the_same_address,
    "flagged by two": flagged,
    "pressed again": pressed_again,
    "asked for again": lambda trial, person: allocation.allocate(trial=trial, participant=person, actor=None),
    "second list sealed": lambda trial, person: allocation.seal_list(trial=trial, actor=None),
    "protocol amended": lambda trial, person: factories.amend(trial, "sample_size = 44", "sample_size = 45"),
    "trial closed": lambda trial, person: protocols.move_to(trial=trial, stage=Stage.CLOSED, actor=None),
    "triggers ignored": saying("SET pgtrigger.ignore = '{*}'; DELETE FROM trial_allocation"),
    "triggers switched off": saying("ALTER TABLE trial_allocation DISABLE TRIGGER USER"),
    "session as a replica": saying("SET session_replication_role = replica"),
    "constraint dropped": saying("ALTER TABLE trial_allocation DROP CONSTRAINT allocation_of_a_slot_once"),
    "table dropped": saying("DROP TABLE trial_allocation CASCADE"),
}


@pytest.fixture
def allocated(db):
    """A trial in which the first of two people has a place; both lead roles are there to try things."""
    trial = factories.make_list_trial()
    for role in (Role.PI, Role.RECRUITER):
        factories.make_member(trial, role)
    first, _second = factories.make_ready(trial, 2)
    allocation.allocate(trial=trial, participant=first, actor=None)
    return trial, first


def test_there_are_at_least_50_ways():
    assert len(WAYS) >= 50


class Over(Exception):
    """Ends a trial of a way; everything it did is rolled back."""


def places() -> set[tuple]:
    return set(Allocation.objects.values_list("participant", "list", "index", "arm", "allocated_at", "told_at"))


def try_way(way: Way, trial: Trial, person: Participant) -> None:
    before, second = places(), Participant.objects.get(code="P-002")
    try:
        with transaction.atomic():
            way(trial, person)
            connection.check_constraints()  # as a commit would
    except (Refused, DatabaseError, ProtectedError):
        pass
    assert before <= places()
    assert allocation.allocate(trial=trial, participant=person, actor=None).index == 1
    try:
        new = allocation.allocate(trial=trial, participant=second, actor=None)
    except Refused:
        return
    assert (new.list_id, new.index) not in {(row[1], row[2]) for row in before}


def test_0_of_50_ways_to_undo_an_allocation_frees_its_place(allocated, settings, tmp_path):
    trial, person = allocated
    kept = Path(settings.RECEIPTS_FOLDER)
    for number, (name, way) in enumerate(WAYS.items()):
        settings.RECEIPTS_FOLDER = str(shutil.copytree(kept, tmp_path / str(number)))
        with pytest.raises(Over), transaction.atomic():  # noqa: PT012
            try:
                try_way(way, trial, person)
            except AssertionError as freed:
                raise AssertionError(f"{name}: {freed}") from freed
            raise Over


def test_person_flagged_by_two_is_analysed_as_randomised(allocated):
    trial, person = allocated
    arm = Allocation.objects.get().arm
    flagged(trial, person)
    factories.unmask(trial)

    assert labels_for_analysis(trial).by_code == {"P-001": arm}


def test_flag_wants_a_reason_somebody_randomised_and_a_second_person(allocated):
    trial, person = allocated
    pi, second = User.objects.get(email__startswith="pi@"), Participant.objects.get(code="P-002")
    held = []
    for act, words in (
        (allocation.flag_entered_in_error, {"participant": person, "reason": " "}),
        (allocation.flag_entered_in_error, {"participant": second, "reason": "under age"}),
        (allocation.second_flag, {"participant": person}),
    ):
        with pytest.raises(Refused) as refused:
            act(trial=trial, actor=pi, **words)
        held.append(refused.value.guard)
    allocation.flag_entered_in_error(trial=trial, participant=person, actor=pi, reason="under age")
    with pytest.raises(Refused) as refused:
        allocation.second_flag(trial=trial, participant=person, actor=pi)

    assert [*held, refused.value.guard] == ["reason", "allocation", "flag", "second"]
