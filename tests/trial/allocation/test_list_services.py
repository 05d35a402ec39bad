"""Rolling intake: a list is sealed, each person gets its next place, and is told once the receipt is safe."""

import json

import pytest
from django.conf import settings

from tests import factories
from trial.allocation import proofs, tasks, verify_allocation
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList, SealedSlot
from trial.allocation.openings import check_opening
from trial.allocation.sealing import AllocationKey, open_slot
from trial.allocation.services import chain, lists, overview
from trial.allocation.visibility import own_arm
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.enrolment.models import CohortPlace
from trial.messages import services as messages
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Role


@pytest.fixture
def rolling(db):
    return factories.make_list_trial()


def give(trial, participant):
    return allocation.allocate(trial=trial, participant=participant, actor=None)


def test_people_get_the_places_in_order_each_with_the_arm_that_was_sealed(rolling):
    people = factories.make_ready(rolling, 3)

    given = [give(rolling, each) for each in people]

    sealed, key = AllocationList.objects.get(), AllocationKey(settings.ALLOCATION_KEY)
    slots = [open_slot(key, sealed.list_id, row.index, bytes(row.sealed)) for row in SealedSlot.objects.all()[:3]]
    assert [(each.index, each.arm) for each in given] == [(slot.index, slot.arm) for slot in slots]
    assert [own_arm(person).id for person in people] == [slot.arm for slot in slots]


def test_place_leaves_a_receipt_in_both_places_a_letter_and_a_trail_without_arms(rolling, receipts_folder):
    [person] = factories.make_ready(rolling, 1)
    given = give(rolling, person)

    list_id = AllocationList.objects.get().list_id
    lines = (receipts_folder / "cct" / f"{list_id}.jsonl").read_text().splitlines()
    [receipt] = chain.chain(list_id)
    assert [json.loads(line)["participant"] for line in lines] == [receipt.participant] == ["P-001"]
    assert CohortPlace.objects.get(participant=person).randomised_at == given.allocated_at < given.told_at
    assert OutgoingMail.objects.filter(kind=Kind.ALLOCATION, participant=person).count() == 1
    said = json.dumps([*AuditEntry.objects.values_list("action", "data"), lines])
    assert [word for word in ("waitlist", '"cct"') if word in said] == []


def test_asked_again_the_same_place_is_given_and_nothing_is_written_but_the_trail(rolling):
    [person] = factories.make_ready(rolling, 1)
    first = give(rolling, person)

    assert give(rolling, person) == first
    assert (Allocation.objects.count(), OutgoingMail.objects.filter(kind=Kind.ALLOCATION).count()) == (1, 1)
    assert AuditEntry.objects.filter(action="allocation.asked_again").count() == 1


def test_published_root_is_that_of_the_sealed_places(rolling):
    sealed = AllocationList.objects.get()
    leaves = list(sealed.slots.values_list("leaf", flat=True))

    assert proofs.levels(leaves)[-1] == [sealed.root]
    assert AuditEntry.objects.get(action="list.sealed").data["root"] == sealed.root


def test_witnesses_get_the_root_by_mail_when_the_list_is_sealed_and_its_last_receipt_when_nobody_is_allocated_any_more(
    db, mailbox
):
    rolling = factories.make_list_trial(sealed=False)
    monitor = factories.make_member(rolling, Role.MONITOR)
    texts = []
    for act in (
        lambda: allocation.seal_list(trial=rolling, actor=None),
        lambda: [give(rolling, person) for person in factories.make_ready(rolling, 2)],
        lambda: allocation.close_recruitment(trial=rolling, actor=monitor, reason="full"),
    ):
        before = set(mailbox.iterdir()) if mailbox.exists() else set()
        act()
        messages.send_due_mail()
        mails = [mail.read_text() for mail in set(mailbox.iterdir()) - before]
        texts.append([text for text in mails if f"To: {monitor.email}" in text])

    sealed = AllocationList.objects.get()
    last = chain.chain(sealed.list_id)[-1].hash
    assert [len(mails) for mails in texts] == [1, 0, 1]
    assert [sealed.root in text for text in (*texts[0], *texts[2])] == [True, True]
    assert [last in text for text in (*texts[0], *texts[2])] == [False, True]


def test_place_61_is_refused_until_a_second_list_with_a_root_of_its_own_is_sealed(db):
    rolling = factories.make_list_trial(randomisation='method = "simple"\nlist_length = 44')
    people = factories.make_ready(rolling, 45)
    for person in people[:44]:
        give(rolling, person)

    with pytest.raises(allocation.AllocationRefused) as refused:
        give(rolling, people[44])
    allocation.seal_list(trial=rolling, actor=None)
    last = give(rolling, people[44])

    assert str(refused.value).startswith("Every place of the sealed list is used. Nobody was allocated.")
    assert (last.list.number, last.index) == (2, 1)
    assert len(set(AllocationList.objects.values_list("root", flat=True))) == 2


def refused_sealing(trial) -> str:
    with pytest.raises(allocation.AllocationRefused) as refused:
        allocation.seal_list(trial=trial, actor=None)
    return refused.value.guard


def test_list_is_not_sealed_for_a_trial_that_draws_cohorts(db):
    assert refused_sealing(factories.make_model_trial()) == "method"


def test_second_list_is_not_sealed_while_nobody_is_in_the_first(rolling):
    assert refused_sealing(rolling) == "unused"


def test_first_list_is_not_sealed_after_a_consent_but_with_an_amendment(db):
    rolling = factories.make_list_trial(sealed=False)
    factories.enrol(rolling, "first@example.org")
    late = refused_sealing(rolling)
    factories.amend(rolling, "target_sample_size = 44", "target_sample_size = 46")

    assert late == "late"
    assert allocation.seal_list(trial=rolling, actor=None).number == 1


def test_opening_of_a_list_that_was_used_is_accepted_by_everybody_who_checks(rolling):
    people = factories.make_ready(rolling, 5)
    for person in people:
        give(rolling, person)
    sealed = AllocationList.objects.get()
    factories.unmask(rolling)

    content = allocation.opening(sealed=sealed)

    published = [sealed.root, chain.chain(sealed.list_id)[-1].hash]
    found = check_opening(content, published)
    assert [slot["arm"] for slot in found["slots"][:5]] == [each.arm for each in Allocation.objects.order_by("index")]
    assert verify_allocation.check(content, published) == []


def test_list_is_not_opened_before_the_unmasking(rolling):
    with pytest.raises(allocation.AllocationRefused) as refused:
        allocation.opening(sealed=AllocationList.objects.get())

    assert refused.value.guard == "stage"


def test_place_that_was_taken_and_not_told_is_told_by_the_task(rolling, receipts_folder):
    [person] = factories.make_ready(rolling, 1)
    lists._take_place(trial=rolling, participant=person, actor=None)
    before = own_arm(person)

    tasks.tell_allocated()

    assert before is None
    assert own_arm(person).id == Allocation.objects.get().arm
    assert len(list((receipts_folder / "cct").iterdir())) == 1


def test_one_trial_that_cannot_be_told_holds_up_no_other(rolling, receipts_folder):
    other = factories.make_list_trial(slug="other")
    for trial in (rolling, other):
        [person] = factories.make_ready(trial, 1)
        lists._take_place(trial=trial, participant=person, actor=None)
    (receipts_folder / "cct").write_text("in the way of a folder")

    tasks.tell_allocated()

    assert [Allocation.objects.get(trial=trial).told_at is None for trial in (rolling, other)] == [True, False]


def test_person_who_left_after_the_place_was_taken_gets_no_letter(rolling):
    [person] = factories.make_ready(rolling, 1)
    lists._take_place(trial=rolling, participant=person, actor=None)
    enrolment.withdraw(participant=person, choice=enrolment.Choice.STUDY)

    assert allocation.tell_allocated(trial=rolling, actor=None) == 1
    assert OutgoingMail.objects.filter(kind=Kind.ALLOCATION).count() == 0


def test_version_has_its_list_when_it_draws_cohorts_or_a_list_of_it_is_sealed(rolling):
    model = factories.make_trial("alpha")
    before = [overview.has_list_for(trial.version_in_force()) for trial in (rolling, model)]
    factories.amend(rolling, "target_sample_size = 44", "target_sample_size = 46")

    assert before == [True, False]
    assert overview.has_list_for(rolling.version_in_force()) is False


def test_blocks_of_4_hold_their_ratio_each(db):
    blocks = 'method = "permuted_blocks"\nblock_sizes = [4]\nlist_length = 48'
    trial = factories.make_list_trial(randomisation=blocks)
    people = factories.make_ready(trial, 8)

    arms = [give(trial, person).arm for person in people]

    assert [sorted(arms[at : at + 4]) for at in (0, 4)] == [["cct", "cct", "waitlist", "waitlist"]] * 2
