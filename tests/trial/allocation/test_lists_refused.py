"""Who may not be allocated, at every door; and lists, keys and receipts in which something does not fit."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction

from questionnaires import clock
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList, StoredReceipt
from trial.allocation.sealing import new_key
from trial.allocation.services import chain
from trial.audit.models import AuditEntry
from trial.audit.services import Refused
from trial.enrolment import services as enrolment
from trial.people.models import Participant, Role
from trial.protocol import services as protocols
from trial.protocol.models import Stage, Trial


@dataclass
class Case:
    trial: Trial
    participant: Participant
    words: str  # in the sentence of the service


@pytest.fixture
def rolling(db):
    return factories.make_list_trial()


def without_consent(trial) -> Case:
    return Case(trial, factories.make_participant(trial, "a@example.org"), "has not signed the consent")


def not_eligible(trial) -> Case:
    participant = factories.make_participant(trial, "a@example.org")
    factories.give_consent(participant)
    enrolment.submit_screening(participant=participant, answers={**factories.SUITABLE, "age": 17})
    return Case(trial, participant, "has not passed the screening")


def without_baseline(trial) -> Case:
    return Case(trial, factories.enrol(trial, "a@example.org"), "has not handed in")


def withdrawn(trial) -> Case:
    [participant] = factories.make_ready(trial, 1)
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.SESSIONS)
    return Case(trial, participant, "has withdrawn")


def of_another_trial(trial) -> Case:
    other = factories.make_list_trial(slug="other")
    factories.make_ready(trial, 1)
    return Case(trial, factories.make_ready(other, 2)[1], "is not in this study")


def of_a_trial_that_has_closed(trial) -> Case:
    [participant] = factories.make_ready(trial, 1)
    protocols.move_to(trial=trial, stage=Stage.CLOSED, actor=None)
    return Case(trial, participant, "people are allocated while it recruits")


def by_page(case: Case, client) -> None:
    factories.sign_in(client, factories.make_member(case.trial, Role.RECRUITER))
    answer = client.post(f"/t/{case.trial.slug}/allocation/next/", {"code": case.participant.code}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    is_known = case.participant.trial == case.trial
    assert (len(said), (case.words if is_known else "no such person") in said[0]) == (1, True)


def by_service(case: Case, client) -> None:
    with pytest.raises(Refused, match=case.words):
        allocation.allocate(trial=case.trial, participant=case.participant, actor=None)


def by_command(case: Case, client) -> None:
    by = factories.make_member(case.trial, Role.RECRUITER).email
    with pytest.raises(CommandError):
        call_command("allocate", case.trial.slug, case.participant.code, by=by)


def by_sql(case: Case, client) -> None:
    """As the application's role, with a receipt that somebody has made up as well."""
    with pytest.raises(IntegrityError, match="allocation_after_baseline"):
        forge(case.trial, case.participant)


@transaction.atomic
def forge(trial, participant) -> None:
    sealed = AllocationList.objects.get(trial=trial)
    chain.add(trial, sealed.list_id, "allocated", participant=participant.code)
    Allocation.objects.create(
        trial=trial, participant=participant, list=sealed, index=1, arm="cct", allocated_at=clock.now()
    )


STATES = [without_consent, not_eligible, without_baseline, withdrawn, of_another_trial, of_a_trial_that_has_closed]
LOGGED = {by_page: 1, by_service: 1, by_command: 1, by_sql: 0}  # a refused statement is rolled back, with its entry


@pytest.mark.parametrize("door", LOGGED, ids=lambda door: door.__name__)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_6_forbidden_states_at_4_doors_use_0_places_and_are_logged(rolling, client, state, door: Callable):
    case = state(rolling)

    door(case, client)

    assert (Allocation.objects.count(), StoredReceipt.objects.count()) == (0, 0)
    unknown_here = case.participant.trial != rolling and door in (by_page, by_command)
    expected = 0 if unknown_here else LOGGED[door]  # a code of another trial is not found, so nobody is refused
    assert AuditEntry.objects.filter(action="allocation.refused", trial=rolling).count() == expected


def refusal(trial, participant) -> tuple[str, str]:
    with pytest.raises(allocation.AllocationRefused) as refused:
        allocation.allocate(trial=trial, participant=participant, actor=None)
    assert Allocation.objects.filter(participant=participant).count() == 0
    return refused.value.guard, str(refused.value)


def as_owner(statement: str) -> None:
    """What only the owner of the database can do; the test's own transaction has to be over."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)


SLOTS, LISTS = "UPDATE trial_sealedslot", "UPDATE trial_allocationlist"
ALTERED = {
    "leaf": (f"{SLOTS} SET leaf = repeat('0', 64) WHERE index = 2", "does not lead to the published root"),
    "seal": (
        f"{SLOTS} SET sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40)) WHERE index = 1",
        "it was altered",
    ),
    "places exchanged": (
        f"{SLOTS} a SET sealed = b.sealed FROM trial_sealedslot b WHERE a.index = 1 AND b.index = 2",
        "sealed for another place",
    ),
    "place taken out": (
        "DELETE FROM trial_sealedslot WHERE index = 60",
        "59 sealed places here, which does not fit its length 60",
    ),
    "root": (f"{LISTS} SET root = repeat('0', 64)", "does not lead to the published root 000000000000"),
    "length": (f"{LISTS} SET length = 61", "do not fit its id"),
    "environment": (
        f"{LISTS} SET environment = 'test'",
        "the environment test, which does not fit the environment live",
    ),
}


@pytest.mark.parametrize("altered", ALTERED)
def test_altered_list_allocates_nobody_and_says_what_does_not_fit(committed_db, altered):
    trial = factories.make_list_trial()
    [participant] = factories.make_ready(trial, 1)
    statement, words = ALTERED[altered]
    for table in ("trial_sealedslot", "trial_allocationlist"):
        as_owner(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    as_owner(statement)
    for table in ("trial_sealedslot", "trial_allocationlist"):
        as_owner(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    guard, said = refusal(trial, participant)

    assert (guard, words in said) == ("list", True), said


def test_wrong_key_allocates_nobody_and_names_both_fingerprints(rolling, settings):
    [participant] = factories.make_ready(rolling, 1)
    settings.ALLOCATION_KEY = new_key()

    guard, said = refusal(rolling, participant)

    assert (guard, "does not fit" in said, "was sealed with the key" in said) == ("list", True, True)


def test_protocol_changed_after_the_sealing_allocates_nobody_until_a_list_of_it_is_sealed(rolling):
    [participant] = factories.make_ready(rolling, 1)
    factories.amend(rolling, "target_sample_size = 44", "target_sample_size = 46")

    guard, said = refusal(rolling, participant)
    allocation.seal_list(trial=rolling, actor=None)

    assert (guard, said.startswith("The allocation was made for the protocol with SHA-256")) == ("list", True)
    assert allocation.allocate(trial=rolling, participant=participant, actor=None).list.number == 2


def test_list_of_a_simulated_trial_serves_no_live_one_nor_the_other_way_round(committed_db):
    said = []
    for simulated in (True, False):
        trial = factories.make_list_trial(slug=f"simulated-{simulated}".lower(), simulated=simulated)
        [participant] = factories.make_ready(trial, 1)
        as_owner("ALTER TABLE trial_trial DISABLE TRIGGER USER")
        as_owner(f"UPDATE trial_trial SET is_simulated = {not simulated} WHERE id = {trial.pk}")
        as_owner("ALTER TABLE trial_trial ENABLE TRIGGER USER")
        said.append(refusal(trial, participant)[1].split(". ")[0])

    assert said == [
        "The allocation was made for the environment test, which does not fit the environment live, now in force",
        "The allocation was made for the environment live, which does not fit the environment test, now in force",
    ]


def test_receipt_altered_outside_allocates_nobody(rolling, receipts_folder):
    first, second = factories.make_ready(rolling, 2)
    allocation.allocate(trial=rolling, participant=first, actor=None)
    [file] = (receipts_folder / "cct").iterdir()
    file.write_text(file.read_text().replace("P-001", "P-009"))

    guard, said = refusal(rolling, second)

    assert (guard, said) == ("receipts", "Receipt 1 in the database differs from its copy outside.")


def test_second_place_that_cannot_be_written_tells_nobody_and_is_made_good_later(rolling, receipts_folder, settings):
    [participant] = factories.make_ready(rolling, 1)
    (receipts_folder / "a file").write_text("")
    settings.RECEIPTS_FOLDER = str(receipts_folder / "a file")
    with pytest.raises(allocation.AllocationRefused, match="The second place of the receipts cannot be used"):
        allocation.allocate(trial=rolling, participant=participant, actor=None)
    before = list(Allocation.objects.values_list("told_at", flat=True))

    settings.RECEIPTS_FOLDER = str(receipts_folder)
    told = allocation.tell_allocated(trial=rolling, actor=None)

    assert (before, told, Allocation.objects.filter(told_at__isnull=True).count()) == ([None], 1, 0)
