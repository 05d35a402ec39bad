"""What is sealed tells nothing without its key, and opens in its place only."""

import pytest

from trial.allocation.proofs import Cohort, Facts, ProofMismatch, Slot, new_list
from trial.allocation.sealing import (
    AllocationKey,
    KeyInvalid,
    SealBroken,
    new_key,
    open_cohort,
    open_salt,
    open_slot,
    seal_cohort,
    seal_salt,
    seal_slot,
)

LIST = "ab" * 32


@pytest.fixture(scope="module")
def key() -> AllocationKey:
    return AllocationKey(new_key())


def test_slot_opens_as_it_was(key: AllocationKey, facts: Facts) -> None:
    made = new_list(facts, ["cct", "waitlist"] * 10)

    opened = [open_slot(key, made.id, slot.index, seal_slot(key, made.id, slot)) for slot in made.slots]

    assert tuple(opened) == made.slots
    assert open_salt(key, made.id, seal_salt(key, made.id, made.salt)) == made.salt


def test_sealed_slots_of_four_arms_and_three_indices_have_one_length(key: AllocationKey) -> None:
    slots = [Slot(index, arm, "0" * 64) for arm in ("a", "cct", "waitlist", "a" * 40) for index in (1, 44, 5000)]

    assert len({len(seal_slot(key, LIST, slot)) for slot in slots}) == 1


def test_1000_sealings_of_one_slot_have_no_16_bytes_of_secret_in_common_and_no_arm(key: AllocationKey) -> None:
    sealed = [seal_slot(key, LIST, Slot(1, "waitlist", "0" * 64)) for _ in range(1000)]

    secret_parts = {each[at : at + 16] for each in sealed for at in range(20, len(each) - 15, 16)}
    assert len(secret_parts) == 1000 * len(range(20, len(sealed[0]) - 15, 16))
    assert [each for each in sealed if b"waitlist" in each] == []


def test_wrong_key_is_told_from_an_alteration(key: AllocationKey) -> None:
    sealed, other = seal_slot(key, LIST, Slot(7, "cct", "0" * 64)), AllocationKey(new_key())

    with pytest.raises(SealBroken) as refused:
        open_slot(other, LIST, 7, sealed)

    assert str(refused.value) == (
        f"The key {other.fingerprint.hex()} does not fit slot 7 of list {LIST}, which was sealed with the key "
        f"{key.fingerprint.hex()}. Put that key in force again."
    )


def test_alteration_of_any_bit_behind_the_fingerprint_is_refused(key: AllocationKey) -> None:
    sealed, refused = seal_slot(key, LIST, Slot(7, "cct", "0" * 64)), 0
    for bit in range(8 * 8, 8 * len(sealed)):
        altered = bytearray(sealed)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            open_slot(key, LIST, 7, bytes(altered))
        refused += 1

    assert refused == 8 * (len(sealed) - 8)


@pytest.mark.parametrize(("list_id", "index"), [(LIST, 8), ("cd" * 32, 7)])
def test_slot_moved_to_another_place_is_refused(key: AllocationKey, list_id: str, index: int) -> None:
    sealed = seal_slot(key, LIST, Slot(7, "cct", "0" * 64))

    with pytest.raises(SealBroken) as refused:
        open_slot(key, list_id, index, sealed)

    assert str(refused.value) == (
        f"What is stored as slot {index} of list {list_id} does not open, though the key is the one it was sealed "
        "with: it was altered, or sealed for another place. Allocate nobody until it is known which."
    )


@pytest.mark.parametrize("length", [8, 19, 20, 36])
def test_slot_that_was_cut_is_refused(key: AllocationKey, length: int) -> None:
    with pytest.raises(SealBroken):
        open_slot(key, LIST, 7, seal_slot(key, LIST, Slot(7, "cct", "0" * 64))[:length])


def test_cohort_opens_as_it_was_committed_to(key: AllocationKey, cohort: Cohort) -> None:
    sealed = seal_cohort(key, cohort)

    assert open_cohort(key, cohort.commitment, cohort.facts, cohort.codes, sealed) == cohort


def test_cohort_with_another_participant_is_refused(key: AllocationKey, cohort: Cohort) -> None:
    with pytest.raises(ProofMismatch, match=r"^The 8 participants, the protocol and the secret give the commitment"):
        open_cohort(key, cohort.commitment, cohort.facts, cohort.codes[:-1], seal_cohort(key, cohort))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no base64!", "The allocation key is not URL-safe base64; make one with new_key()."),
        ("c2hvcnQ=", "The allocation key has 5 bytes instead of 32; make one with new_key()."),
    ],
)
def test_key_that_is_none_is_refused_without_being_quoted(text: str, sentence: str) -> None:
    with pytest.raises(KeyInvalid) as refused:
        AllocationKey(text)

    assert str(refused.value) == sentence


def test_key_is_not_shown() -> None:
    text = new_key()
    key = AllocationKey(text)

    assert (repr(key), text in str(vars(key))) == (f"AllocationKey({key.fingerprint.hex()})", False)


def test_arm_too_long_to_hide_its_length_is_refused(key: AllocationKey) -> None:
    with pytest.raises(ValueError, match=r"^The id of an arm has 65 bytes; at most 64 can be sealed\.$"):
        seal_slot(key, LIST, Slot(1, "a" * 65, "0" * 64))
