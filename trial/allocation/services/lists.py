"""Rolling intake: a list is sealed before anybody is in it, and each person gets its next place, once and for good.

Three steps, so that nobody is told what could still be lost: the place is taken in one transaction; its receipt goes
to the second place; only then may the person read their group. Whatever is cut off in between, the next call goes on
from there. Locks, in this order: the trial's row, the participant's, the person's sittings.
"""

import base64
from dataclasses import replace

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation import proofs
from trial.allocation.designs import design_of
from trial.allocation.guards import (
    AllocationRefused,
    facts_in_force,
    must_allocate_one_by_one,
    must_be_ready,
    must_be_recruiting,
    must_not_have_withdrawn,
    refusals_recorded,
    refused_as,
)
from trial.allocation.letters import has_left
from trial.allocation.models import Allocation, AllocationList, Environment, SealedSlot
from trial.allocation.proofs import ProofMismatch, Slot
from trial.allocation.receipts import Receipt, moment_of
from trial.allocation.sealing import AllocationKey, open_salt, open_slot, seal_salt, seal_slot
from trial.allocation.services import chain
from trial.allocation.services.overview import next_in_turn
from trial.audit.services import record
from trial.enrolment import guards as enrolment
from trial.enrolment.models import CohortPlace, Consent
from trial.messages.models import Kind
from trial.messages.services import ask_for_allocation_letter, ask_staff
from trial.people.models import Participant, User
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.waves.services import ready_one_by_one

ROWS_AT_ONCE = 2_000


@refusals_recorded
def seal_list(*, trial: Trial, actor: User | None) -> AllocationList:
    """Draw a list from the operating system's random source and seal it, unseen by anybody; its root is published.

    The first list of a trial is drawn before the first consent. A further one has a root of its own, and its turn
    comes when the ones before are used up or no longer fit the protocol.
    """
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    version = enrolment.version_in_force(trial)
    must_allocate_one_by_one(version)
    _must_be_before_the_end(trial)
    _must_be_in_time(trial, version)
    _must_be_needed(trial, version)
    plan, key = version.protocol.randomisation, AllocationKey(settings.ALLOCATION_KEY)
    with refused_as("design"):
        drawn = design_of(plan, version.protocol.arms).draw(plan.list_length or 0)
        made = proofs.new_list(facts_in_force(version), drawn)
    sealed = AllocationList.objects.create(
        trial=trial,
        number=trial.allocation_lists.count() + 1,
        protocol_version=version,
        environment=Environment(made.facts.environment),
        list_id=made.id,
        root=made.root,
        length=made.length,
        sealed_salt=seal_salt(key, made.id, made.salt),
        sealed_at=clock.now(),
        sealed_by=actor,
    )
    SealedSlot.objects.bulk_create(
        (
            SealedSlot(list=sealed, index=slot.index, leaf=leaf, sealed=seal_slot(key, made.id, slot))
            for slot, leaf in zip(made.slots, made.leaves, strict=True)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    record("list.sealed", trial=trial, actor=actor, number=sealed.number, list_id=made.id, root=made.root)
    ask_staff(Kind.LIST_RECEIPT, trial, chain.WITNESSES, number=sealed.number)
    return sealed


def mail_receipts_of_lists(trial: Trial) -> None:
    """Once nobody is allocated any more: the head of each list's receipts, to those who had its root before."""
    for number in trial.allocation_lists.values_list("number", flat=True):
        ask_staff(Kind.LIST_RECEIPT, trial, chain.WITNESSES, number=number)


def _must_be_before_the_end(trial: Trial) -> None:
    if trial.stage not in (Stage.DRAFT, Stage.RECRUITING):
        raise AllocationRefused(
            "stage",
            _("The trial is in stage “%(stage)s”. A list is sealed before people come, or while they do.")
            % {"stage": trial.get_stage_display()},
        )


def _must_be_in_time(trial: Trial, version: ProtocolVersion) -> None:
    if not trial.allocation_lists.exists() and Consent.objects.filter(protocol_version=version).exists():
        raise AllocationRefused(
            "late",
            _(
                "Somebody has consented already, and the first list is drawn before that. "
                "Put an amendment in force that says why it comes late, and seal the list at once."
            ),
        )


def _must_be_needed(trial: Trial, version: ProtocolVersion) -> None:
    unused = trial.allocation_lists.filter(protocol_version=version, allocations__isnull=True).first()
    if unused:
        raise AllocationRefused(
            "unused",
            _("List %(number)s is sealed, and nobody has a place of it yet. A further one is not needed.")
            % {"number": unused.number},
        )


def allocate(*, trial: Trial, participant: Participant, actor: User | None) -> Allocation:
    """Give somebody the next place of the sealed list, and tell them. Again: returns the same place.

    Refused after the place was taken, it stays taken, and is told by the next call or by the task.
    """
    taken = _take_place(trial=trial, participant=participant, actor=actor)
    if taken.told_at is None:
        tell_allocated(trial=trial, actor=actor)
        taken.refresh_from_db(fields=["told_at"])
    return taken


def allocate_next(*, trial: Trial, participant: Participant, actor: User | None) -> Allocation:
    """The same for the person whose turn it is: nobody chooses whom the next place goes to."""
    _check_turn(trial=trial, participant=participant, actor=actor)
    return allocate(trial=trial, participant=participant, actor=actor)


@refusals_recorded
def _check_turn(*, trial: Trial, participant: Participant, actor: User | None) -> None:
    version = enrolment.version_in_force(trial)
    first = next_in_turn(trial, version)
    is_waiting = ready_one_by_one(trial, version).filter(participant=participant).exists()
    if is_waiting and first and first.participant_id != participant.pk:
        raise AllocationRefused(
            "turn",
            _("It is the turn of %(code)s, who was ready first. Load the page again.")
            % {"code": first.participant.code},
        )


@refusals_recorded
def _take_place(*, trial: Trial, participant: Participant, actor: User | None) -> Allocation:
    enrolment.must_be_of(trial, participant)
    participant = enrolment.locked(participant)
    trial = participant.trial
    earlier = Allocation.objects.filter(participant=participant).first()
    if earlier:
        record("allocation.asked_again", trial=trial, participant=participant, actor=actor)
        return earlier
    must_be_recruiting(trial)
    version = enrolment.version_in_force(trial)
    must_allocate_one_by_one(version)
    chain.must_not_be_behind(trial)
    must_not_have_withdrawn(participant)
    place = must_be_ready(participant, version)
    sealed, index = _next_place(trial, version)
    with refused_as("list"):
        slot, stored = opened_slot(sealed, index)
    receipt = chain.add(
        trial,
        sealed.list_id,
        "allocated",
        participant=participant.code,
        leaf=stored.leaf,
        sealed=base64.b64encode(stored.sealed).decode(),
    )
    allocation = write(sealed, place, slot, receipt)
    record(
        "participant.allocated",
        trial=trial,
        participant=participant,
        actor=actor,
        number=sealed.number,
        receipt=receipt.hash,
    )
    return allocation


def _next_place(trial: Trial, version: ProtocolVersion) -> tuple[AllocationList, int]:
    """The first list, by number, that fits what is in force and has a place left; and that place."""
    lists = list(trial.allocation_lists.annotate(taken=Count("allocations")).select_related("protocol_version"))
    if not lists:
        raise AllocationRefused(
            "sealed",
            _("No list is sealed yet, so there is no place to give. The principal investigator seals it."),
        )
    free = [each for each in lists if each.taken < each.length]
    if not free:
        raise AllocationRefused(
            "used_up",
            _(
                "Every place of the sealed list is used. Nobody was allocated. "
                "The principal investigator seals a further list; then press again."
            ),
        )
    fitting = [each for each in free if facts_of_list(each) == facts_in_force(version)]
    if not fitting:
        with refused_as("list"):
            facts_of_list(free[-1]).check(facts_in_force(version))
    return fitting[0], fitting[0].taken + 1


def write(sealed: AllocationList, place: CohortPlace, slot: Slot, receipt: Receipt) -> Allocation:
    """The rows of a place that is taken, in the transaction of its receipt."""
    if receipt.number != slot.index:
        raise AllocationRefused(
            "receipts",
            _("Place %(index)s would be taken with receipt %(number)s: places or receipts are missing.")
            % {"index": slot.index, "number": receipt.number},
        )
    allocated_at = moment_of(receipt.at)
    CohortPlace.objects.filter(pk=place.pk).update(randomised_at=allocated_at)
    return Allocation.objects.create(
        trial=sealed.trial,
        participant=place.participant,
        list=sealed,
        index=slot.index,
        arm=slot.arm,
        allocated_at=allocated_at,
    )


def facts_of_list(sealed: AllocationList) -> proofs.Facts:
    """For which trial, protocol and arms the list was drawn; they stand in its id, and so in its root."""
    drawn_for = facts_in_force(sealed.protocol_version)
    return replace(drawn_for, environment="test" if sealed.environment == Environment.TEST else "live")


def opened_slot(sealed: AllocationList, index: int) -> tuple[Slot, SealedSlot]:
    """One place, opened and as it is stored. Raises what `refused_as` takes when anything does not lead to the root."""
    key = AllocationKey(settings.ALLOCATION_KEY)
    salt = open_salt(key, sealed.list_id, bytes(sealed.sealed_salt))
    if proofs.list_id(facts_of_list(sealed), sealed.length, salt) != sealed.list_id:
        raise ProofMismatch(
            f"The trial, protocol, arms or length of list {sealed.list_id[:12]} do not fit its id: they were altered."
        )
    leaves = list(sealed.slots.order_by("index").values_list("leaf", flat=True))
    if len(leaves) != sealed.length:
        raise ProofMismatch(
            f"List {sealed.list_id[:12]} has {len(leaves)} sealed places here, which does not fit its length "
            f"{sealed.length}: it was altered."
        )
    stored = sealed.slots.get(index=index)
    slot = open_slot(key, sealed.list_id, index, bytes(stored.sealed))
    path = proofs.path(proofs.levels(leaves), index)
    proofs.check_slot(slot, list_id=sealed.list_id, length=sealed.length, path=path, root=sealed.root)
    return slot, stored


@refusals_recorded
def tell_allocated(*, trial: Trial, actor: User | None) -> int:
    """Let those read their group who have a place and were not told; returns how many.

    First their receipts go to the second place. Whoever has left the study since gets no letter.
    """
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    waiting = list(places_not_told(trial).select_related("participant__trial"))
    if not waiting:
        return 0
    chain.must_not_be_behind(trial)
    Allocation.objects.filter(pk__in=[each.pk for each in waiting]).update(told_at=clock.now())
    for each in waiting:
        if not has_left(each.participant):
            ask_for_allocation_letter(each.participant)
        record("participant.told", trial=trial, participant=each.participant, actor=actor)
    return len(waiting)


def places_not_told(trial: Trial) -> QuerySet[Allocation]:
    """Places of lists that are taken and not told yet."""
    return Allocation.objects.filter(trial=trial, list__isnull=False, told_at__isnull=True)
