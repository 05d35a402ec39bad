"""A cohort is closed, drawn and told: each once, in that order, and guarded."""

import json

import pytest
from django.conf import settings

from tests import factories
from trial.allocation import services as allocation
from trial.allocation.guards import facts_in_force
from trial.allocation.models import Allocation, Draw
from trial.allocation.sealing import AllocationKey, open_cohort
from trial.allocation.services import chain
from trial.allocation.visibility import labels_for_analysis, own_arm
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.enrolment.models import CohortPlace
from trial.messages.models import Kind, OutgoingMail
from trial.protocol.models import Stage, Trial


@pytest.fixture
def model(db):
    return factories.make_model_trial()


def test_closed_cohort_holds_who_has_handed_in_and_still_takes_part(model):
    cohort = factories.make_cohort(model)
    ready = factories.make_ready(model, 4)
    factories.enrol(model, "without-baseline@example.org")
    enrolment.withdraw(participant=ready[1], choice=enrolment.Choice.SESSIONS)

    draw = allocation.close_cohort(cohort=cohort, actor=None)

    assert draw.codes == ["P-001", "P-003", "P-004"]
    assert Allocation.objects.count() == 0


def test_draw_follows_from_the_commitment_half_and_half(model):
    cohort = factories.make_drawn_cohort(model, 6, told=False)

    draw = Draw.objects.get(cohort=cohort)
    facts = facts_in_force(draw.protocol_version)
    opened = open_cohort(
        AllocationKey(settings.ALLOCATION_KEY), draw.commitment, facts, tuple(draw.codes), bytes(draw.sealed)
    )
    drawn = dict(Allocation.objects.values_list("participant__code", "arm"))
    assert drawn == dict(opened.allocations)
    assert sorted(drawn.values()) == ["cct"] * 3 + ["waitlist"] * 3
    assert CohortPlace.objects.filter(randomised_at__isnull=False).count() == 6


def test_each_act_repeated_returns_the_same_and_writes_nothing_new(model):
    cohort = factories.make_drawn_cohort(model, 4)
    before = (Allocation.objects.count(), AuditEntry.objects.count(), OutgoingMail.objects.count())

    again = [
        act(cohort=cohort, actor=None)
        for act in (allocation.close_cohort, allocation.draw_cohort, allocation.tell_cohort)
    ]

    assert again == [Draw.objects.get()] * 3
    assert (Allocation.objects.count(), AuditEntry.objects.count(), OutgoingMail.objects.count()) == before


def test_nobody_can_read_their_arm_before_it_is_told(model):
    cohort = factories.make_drawn_cohort(model, 2, told=False)
    before = [own_arm(participant) for participant in model.participants.all()]

    allocation.tell_cohort(cohort=cohort, actor=None)

    assert before == [None, None]
    assert {own_arm(participant).id for participant in model.participants.all()} == {"cct", "waitlist"}


def test_withdrawal_after_the_commitment_stays_in_the_list_and_gets_no_letter(model):
    cohort = factories.make_cohort(model)
    first = factories.make_ready(model, 4)[0]
    allocation.close_cohort(cohort=cohort, actor=None)
    enrolment.withdraw(participant=first, choice=enrolment.Choice.STUDY)

    allocation.draw_cohort(cohort=cohort, actor=None)
    allocation.tell_cohort(cohort=cohort, actor=None)

    assert Allocation.objects.filter(participant=first).count() == 1
    letters = OutgoingMail.objects.filter(kind=Kind.ALLOCATION).values_list("participant__code", flat=True)
    assert sorted(letters) == ["P-002", "P-003", "P-004"]


@pytest.mark.parametrize("people", [0, 1])
def test_cohort_that_is_too_small_is_refused_and_stays_open(model, people):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, people)

    with pytest.raises(allocation.AllocationRefused) as refused:
        allocation.close_cohort(cohort=cohort, actor=None)

    assert str(refused.value).startswith(f"A cohort of {people} cannot be drawn into 2 arms")
    cohort.refresh_from_db()
    assert (cohort.closed_at, Draw.objects.count()) == (None, 0)


def test_open_cohort_is_not_drawn_and_a_drawn_one_not_told_before(model):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    guards = []
    for act in (allocation.draw_cohort, allocation.tell_cohort):
        with pytest.raises(allocation.AllocationRefused) as refused:
            act(cohort=cohort, actor=None)
        guards.append(refused.value.guard)
    allocation.close_cohort(cohort=cohort, actor=None)
    with pytest.raises(allocation.AllocationRefused) as refused:
        allocation.tell_cohort(cohort=cohort, actor=None)

    assert [*guards, refused.value.guard] == ["closed", "closed", "drawn"]


@pytest.mark.parametrize("act", [allocation.close_cohort, allocation.draw_cohort], ids=["close", "draw"])
def test_cohort_of_a_trial_that_has_closed_is_neither_closed_nor_drawn(model, act):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    if act is allocation.draw_cohort:
        allocation.close_cohort(cohort=cohort, actor=None)
    Trial.objects.update(stage=Stage.CLOSED)
    before = list(Draw.objects.values())

    with pytest.raises(allocation.AllocationRefused, match="people are allocated while it recruits"):
        act(cohort=cohort, actor=None)

    assert (list(Draw.objects.values()), Allocation.objects.count()) == (before, 0)
    assert AuditEntry.objects.get(action="allocation.refused").data["guard"] == "stage"


def test_protocol_amended_after_the_commitment_is_refused(model):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    allocation.close_cohort(cohort=cohort, actor=None)
    factories.amend(model, "target_sample_size = 44", "target_sample_size = 46")

    with pytest.raises(allocation.AllocationRefused) as refused:
        allocation.draw_cohort(cohort=cohort, actor=None)

    assert (refused.value.guard, Allocation.objects.count()) == ("commitment", 0)


def test_receipts_stand_in_both_places_once_the_next_act_begins(model, receipts_folder):
    cohort = factories.make_drawn_cohort(model, 2)

    file = receipts_folder / "cct" / f"{cohort.draw.commitment}.jsonl"
    events = [json.loads(line)["event"] for line in file.read_text().splitlines()]
    assert events == ["committed", "drawn"]
    assert [receipt.event for receipt in chain.chain(cohort.draw.commitment)] == ["committed", "drawn", "told"]


def test_labels_before_unmasking_are_the_same_whatever_was_drawn(model):
    factories.make_drawn_cohort(model, 6)
    labels = labels_for_analysis(model)

    assert labels.kind == "shuffled"
    assert sorted(labels.by_code.values()) == ["cct"] * 3 + ["waitlist"] * 3


def test_trail_and_receipts_name_no_arm(model):
    factories.make_drawn_cohort(model, 4)
    entries = AuditEntry.objects.filter(action__startswith="cohort.").values_list("data", flat=True)

    said = json.dumps([*entries, *(receipt.__dict__ for receipt in chain.chain(Draw.objects.get().commitment))])

    assert [word for word in ("waitlist", '"cct"') if word in said] == []


def test_groups_that_were_written_past_the_program_are_not_told(model):
    cohort = factories.make_cohort(model)
    ready = factories.make_ready(model, 4)
    draw = allocation.close_cohort(cohort=cohort, actor=None)
    arms = ("cct", "cct", "cct", "cct")
    for participant, arm in zip(ready, arms, strict=True):
        Allocation.objects.create(
            trial=model, participant=participant, draw=draw, arm=arm, allocated_at=draw.committed_at
        )
    Draw.objects.filter(pk=draw.pk).update(drawn_at=draw.committed_at)

    with pytest.raises(allocation.AllocationRefused) as refused:
        allocation.tell_cohort(cohort=cohort, actor=None)

    assert (refused.value.guard, Allocation.objects.filter(told_at__isnull=False).count()) == ("commitment", 0)
