"""What is published binds every slot, fact and person, and the errors say what does not fit what."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from trial.allocation.proofs import (
    AllocationList,
    Cohort,
    Facts,
    ProofMismatch,
    Slot,
    Tag,
    check_slot,
    digest,
    levels,
    new_list,
    path,
    root_of,
)
from trial.allocation.receipts import Receipt, ReceiptsBroken, check_chain, missing_here, moment, next_receipt
from trial.allocation.shares import ArmShare

Use = Callable[[AllocationList, int], tuple[Receipt, ...]]


def test_digest_is_sha256_of_a_byte_and_fields_with_their_lengths() -> None:
    written = b"\x00" + b"\x00\x00\x00\x04list" + b"\x00\x00\x00\x0212" + b"\x00\x00\x00\x03a\xc3\xb1"

    assert digest(Tag.SLOT, "list", 12, "añ") == hashlib.sha256(written).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("1", "12"), ("11", "2")), (("a",), ("a", "")), ((), ("",))],
)
def test_digest_tells_fields_apart_that_join_to_the_same_text(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert digest(Tag.SLOT, *one) != digest(Tag.SLOT, *other)


def test_digest_of_a_node_is_never_that_of_a_slot() -> None:
    assert len({digest(tag, "a", "b") for tag in Tag}) == 5


def test_every_leaf_of_trees_of_1_to_33_leads_to_the_root_from_its_index_alone() -> None:
    led = 0
    for length in range(1, 34):
        leaves = [digest(Tag.SLOT, length, at) for at in range(length)]
        tree = levels(leaves)
        for index, leaf in enumerate(leaves, start=1):
            way = path(tree, index)
            roots = {other: _root(leaf, other, length, way) for other in range(1, length + 1)}
            assert [other for other, root in roots.items() if root == tree[-1][0]] == [index]
            led += 1

    assert led == 33 * 34 // 2


def _root(leaf: str, index: int, length: int, way: tuple[str, ...]) -> str | None:
    try:
        return root_of(leaf, index=index, length=length, path=way)
    except ProofMismatch:
        return None


def test_tree_of_three_is_the_pair_and_the_third() -> None:
    assert levels(["a", "b", "c"])[-1] == [digest(Tag.NODE, digest(Tag.NODE, "a", "b"), "c")]


@pytest.mark.parametrize(
    ("index", "more", "sentence"),
    [
        (13, (), "The index 13 does not fit a list of 12 slots."),
        (0, (), "The index 0 does not fit a list of 12 slots."),
        (1, ("00" * 32,), "The path of slot 1 is too long for a list of 12 slots."),
    ],
)
def test_path_that_cannot_be_is_refused(
    allocation_list: AllocationList, index: int, more: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ProofMismatch) as refused:
        root_of(allocation_list.leaves[0], index=index, length=12, path=(*allocation_list.paths[0], *more))

    assert str(refused.value) == sentence


def test_path_that_is_cut_is_refused(allocation_list: AllocationList) -> None:
    with pytest.raises(ProofMismatch) as refused:
        root_of(allocation_list.leaves[0], index=1, length=12, path=allocation_list.paths[0][:-1])

    assert str(refused.value) == "The path of slot 1 is too short for a list of 12 slots."


def test_slot_with_the_other_arm_is_refused_and_the_sentence_names_none(allocation_list: AllocationList) -> None:
    slot = allocation_list.slots[4]
    altered = replace(slot, arm="cct" if slot.arm == "waitlist" else "waitlist")
    way, root = allocation_list.paths[4], allocation_list.root
    check_slot(slot, list_id=allocation_list.id, length=12, path=way, root=root)

    with pytest.raises(ProofMismatch) as refused:
        check_slot(altered, list_id=allocation_list.id, length=12, path=way, root=root)

    assert str(refused.value) == (
        f"Slot 5 of list {allocation_list.id[:12]} does not lead to the published root {root[:12]}: "
        "the slot, its path or the list was altered. Allocate nobody until it is known which."
    )


def test_nothing_secret_is_shown(allocation_list: AllocationList, cohort: Cohort) -> None:
    shown = repr(allocation_list) + repr(allocation_list.slots) + repr(cohort)

    slot = allocation_list.slots[0]
    secrets = [slot.nonce, allocation_list.salt, cohort.secret, f"arm='{slot.arm}'"]
    assert [secret for secret in secrets if secret in shown] == []


def test_same_order_of_arms_twice_gives_two_roots_and_no_leaf_in_common(facts: Facts) -> None:
    one, other = new_list(facts, ["cct"] * 20), new_list(facts, ["cct"] * 20)

    assert (one.root != other.root, len({*one.leaves, *other.leaves})) == (True, 40)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"environment": "test"},
            "The allocation was made for the environment live, which does not fit the environment test, now in force. "
            "Make and publish a new one.",
        ),
        (
            {"trial": "omega"},
            "The allocation was made for the trial alpha, which does not fit the trial omega, now in force. "
            "Make and publish a new one.",
        ),
        (
            {"protocol_sha256": "6f" * 32},
            f"The allocation was made for the protocol with SHA-256 {'5e' * 32}, which does not fit the protocol with "
            f"SHA-256 {'6f' * 32}, now in force. Make and publish a new one.",
        ),
        (
            {"arms": (ArmShare("cct", 2), ArmShare("waitlist", 1))},
            "The allocation was made for the arms cct (1), waitlist (1), which does not fit the arms cct (2), "
            "waitlist (1), now in force. Make and publish a new one.",
        ),
    ],
)
def test_other_facts_are_refused_and_give_another_id(facts: Facts, changed: dict, sentence: str) -> None:
    other = replace(facts, **changed)
    opened = new_list(facts, ["cct", "waitlist"])

    with pytest.raises(ProofMismatch) as refused:
        facts.check(other)

    facts.check(replace(facts))
    assert str(refused.value) == sentence
    assert replace(opened, facts=other).id != opened.id


@pytest.mark.parametrize(
    ("slots", "sentence"),
    [
        ((), "A list without slots cannot be proven; draw one with 1 slot or more."),
        ((Slot(2, "cct", "0" * 64),), "Slot 1 of the list has the index 2; slots are in order."),
        ((Slot(1, "other", "0" * 64),), "Slot 1 of the list has an arm that the trial does not have."),
    ],
)
def test_list_that_is_none_is_refused(facts: Facts, slots: tuple[Slot, ...], sentence: str) -> None:
    with pytest.raises(ProofMismatch) as refused:
        AllocationList(facts, slots, salt="0" * 64)

    assert str(refused.value) == sentence


# Receipts.
def test_receipts_hold_no_arm_and_are_alike_in_both_arms(facts: Facts, use: Use) -> None:
    """Two lists with arms swapped differ in hashes only, which tell nothing without the nonces."""
    order = ["cct", "waitlist", "waitlist"]
    swapped = ["waitlist", "cct", "cct"]

    one, other = (use(new_list(facts, arms), 3) for arms in (order, swapped))

    hashes = {"of": "", "leaf": "", "previous": ""}
    assert [replace(each, **hashes) for each in one] == [replace(each, **hashes) for each in other]


def test_receipts_in_order_are_accepted(allocation_list: AllocationList, used: tuple[Receipt, ...]) -> None:
    check_chain(allocation_list.id, used, head=used[-1].hash)
    check_chain(allocation_list.id, ())


def test_every_missing_receipt_is_named(allocation_list: AllocationList, used: tuple[Receipt, ...]) -> None:
    for missing in range(1, 7):
        with pytest.raises(ReceiptsBroken) as refused:
            check_chain(allocation_list.id, [receipt for receipt in used if receipt.number != missing])

        assert str(refused.value) == f"Receipt {missing} is missing: receipt {missing + 1} stands in its place."


def test_last_receipt_missing_is_seen_by_the_head_kept_elsewhere(
    allocation_list: AllocationList, used: tuple[Receipt, ...]
) -> None:
    with pytest.raises(ReceiptsBroken) as refused:
        check_chain(allocation_list.id, used[:-1], head=used[-1].hash)

    assert str(refused.value) == (
        f"The last of 6 receipts has the hash {used[5].hash[:12]}, but {used[6].hash[:12]} was recorded elsewhere: "
        "later receipts are missing, or the last one was altered."
    )


@pytest.mark.parametrize("altered", ["participant", "leaf", "sealed", "at"])
def test_altered_receipt_breaks_the_chain(
    allocation_list: AllocationList, used: tuple[Receipt, ...], altered: str
) -> None:
    receipts = [replace(used[0], **{altered: "2026-03-02T08:00:00.000000Z"}), *used[1:]]

    with pytest.raises(ReceiptsBroken) as refused:
        check_chain(allocation_list.id, receipts)

    assert str(refused.value) == "Receipt 2 does not follow the one before it: one of them was altered."


def test_time_that_goes_back_is_refused(allocation_list: AllocationList) -> None:
    first = next_receipt(allocation_list.id, None, event="allocated", at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    second = next_receipt(allocation_list.id, first, event="allocated", at=datetime(2026, 3, 2, 8, tzinfo=UTC))

    with pytest.raises(ReceiptsBroken) as refused:
        check_chain(allocation_list.id, [first, second])

    assert str(refused.value) == (
        "Receipt 2 is of 2026-03-02T08:00:00.000000Z, earlier than the one before it, 2026-03-02T09:00:00.000000Z."
    )


def test_receipt_of_another_list_is_refused(allocation_list: AllocationList, used: tuple[Receipt, ...]) -> None:
    with pytest.raises(ReceiptsBroken) as refused:
        check_chain("ab" * 32, used)

    assert str(refused.value) == f"Receipt 1 is one of {allocation_list.id[:12]}, not of abababababab."


def test_chain_does_not_go_over_to_another_list(allocation_list: AllocationList, used: tuple[Receipt, ...]) -> None:
    with pytest.raises(ReceiptsBroken) as refused:
        next_receipt("ab" * 32, used[-1], event="allocated", at=datetime(2026, 3, 2, 9, tzinfo=UTC))

    assert str(refused.value) == f"A receipt of abababababab cannot follow one of {allocation_list.id[:12]}."


def test_three_receipts_missing_after_a_restore_are_to_be_replayed(used: tuple[Receipt, ...]) -> None:
    assert missing_here(used[:4], used) == used[4:]
    assert missing_here(used, used) == ()


def test_database_that_went_on_from_an_old_backup_is_refused(used: tuple[Receipt, ...], use: Use, facts: Facts) -> None:
    other = use(new_list(facts, ["cct"] * 5), 5)

    with pytest.raises(ReceiptsBroken) as differs:
        missing_here([*used[:2], other[2]], used)
    with pytest.raises(ReceiptsBroken) as ahead:
        missing_here(used, used[:5])

    assert str(differs.value) == "Receipt 3 in the database differs from its copy outside."
    assert str(ahead.value) == "The copy outside ends at receipt 5, the database at 7."


def test_moment_is_written_in_utc() -> None:
    at = datetime(2026, 3, 2, 10, 30, tzinfo=timezone(timedelta(hours=1)))

    assert moment(at) == "2026-03-02T09:30:00.000000Z"


def test_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^The moment 2026-03-02T10:30:00 has no time zone"):
        moment(datetime(2026, 3, 2, 10, 30))
