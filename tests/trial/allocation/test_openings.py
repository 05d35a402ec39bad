"""An honest opening is accepted, a tampered one never: by the room's own code and by the script that stands alone."""

import copy
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.trial.allocation.conftest import FACTS, receipts_of, receipts_of_cohort
from trial.allocation import verify_allocation
from trial.allocation.lists import Simple
from trial.allocation.openings import (
    OpeningRefused,
    OpeningUnreadable,
    canonical,
    check_opening,
    cohort_opening,
    list_opening,
)
from trial.allocation.proofs import AllocationList, Cohort, new_cohort, new_list
from trial.allocation.randomness import new_secret
from trial.allocation.receipts import Receipt, next_receipt
from trial.allocation.shares import ArmShare

SCRIPT = Path(verify_allocation.__file__)
Document = dict[str, Any]
Tampering = Callable[[Document, random.Random], None]


@pytest.fixture(scope="module")
def list_file(allocation_list: AllocationList, used: tuple[Receipt, ...]) -> bytes:
    return list_opening(allocation_list, used)


@pytest.fixture(scope="module")
def cohort_file(cohort: Cohort, told: tuple[Receipt, ...]) -> bytes:
    return cohort_opening(cohort, told)


def refusals(content: bytes, published: tuple[str, ...] = ()) -> tuple[bool, bool]:
    """Whether the room and whether the script refuses."""
    try:
        check_opening(content, published)
        by_room = False
    except (OpeningRefused, OpeningUnreadable):
        by_room = True
    try:
        by_script = bool(verify_allocation.check(content, published))
    except (LookupError, TypeError, ValueError, AttributeError):
        by_script = True
    return by_room, by_script


def test_honest_openings_are_accepted(
    list_file: bytes, cohort_file: bytes, allocation_list: AllocationList, used: tuple[Receipt, ...], cohort: Cohort
) -> None:
    published = (allocation_list.root, allocation_list.id, used[2].hash, used[-1].hash)

    assert refusals(list_file, published) == (False, False)
    assert refusals(cohort_file, (cohort.commitment,)) == (False, False)
    assert check_opening(cohort_file)["allocations"] == [{"code": code, "arm": arm} for code, arm in cohort.allocations]


@pytest.mark.parametrize("slots", [1, 2, 3, 5, 8, 33])
def test_lists_of_1_to_33_slots_none_and_all_used_are_accepted(slots: int) -> None:
    made = new_list(FACTS, Simple(FACTS.arms).draw(slots))

    files = [list_opening(made, receipts_of(made, number)) for number in (0, slots)]

    assert [refusals(each, (made.root,)) for each in files] == [(False, False)] * 2


def test_draws_of_60_cohorts_with_up_to_6_arms_are_recomputed_by_the_script() -> None:
    chance, found = random.Random(6), []
    for _ in range(60):
        arms = tuple(ArmShare(f"arm{at}", chance.randint(1, 20)) for at in range(chance.randint(2, 6)))
        cohort = new_cohort(replace(FACTS, arms=arms), [f"ñ{at}" for at in range(chance.randint(6, 60))])
        found.append(refusals(cohort_opening(cohort, receipts_of_cohort(cohort)), (cohort.commitment,)))

    assert found == [(False, False)] * 60


# Tampering: each changes the document, in a way that the form of the file does not betray.
def _one(items: list, chance: random.Random) -> Any:
    return items[chance.randrange(len(items))]


def _other_hex(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + _one([digit for digit in "0123456789abcdef" if digit != text[at]], chance) + text[at + 1 :]


def arm(document: Document, chance: random.Random) -> None:
    changed = _one(document["slots" if document["kind"] == "list" else "allocations"], chance)
    changed["arm"] = "cct" if changed["arm"] == "waitlist" else "waitlist"


def index(document: Document, chance: random.Random) -> None:
    _one(document["slots"], chance)["index"] += _one([-3, -1, 1, 2, 12, 0.5], chance)


def nonce(document: Document, chance: random.Random) -> None:
    slot = _one(document["slots"], chance)
    slot["nonce"] = _other_hex(slot["nonce"], chance)


def path(document: Document, chance: random.Random) -> None:
    way = _one(document["receipts"], chance)["path"]
    at = chance.randrange(len(way))
    way[at : at + 1] = _one([[], [_other_hex(way[at], chance)], [way[at], way[at]], [way[at - 1]]], chance)
    if way in [receipt["path"] for receipt in document["receipts"] if receipt["path"] is not way]:
        way.append("00" * 32)


def order(document: Document, chance: random.Random) -> None:
    moved = document[_one(["slots", "receipts"] if document["kind"] == "list" else ["codes", "receipts"], chance)]
    one, other = chance.sample(range(len(moved)), 2)
    moved[one], moved[other] = moved[other], moved[one]


def renumbered(document: Document, chance: random.Random) -> None:
    """Two slots change places and their numbers too."""
    order_of = document["slots"]
    one, other = chance.sample(range(len(order_of)), 2)
    order_of[one], order_of[other] = order_of[other], order_of[one]
    order_of[one]["index"], order_of[other]["index"] = one + 1, other + 1


def omission(document: Document, chance: random.Random) -> None:
    parts = ["slots", "receipts"] if document["kind"] == "list" else ["codes", "allocations", "receipts"]
    shortened = document[_one(parts, chance)]
    del shortened[chance.randrange(len(shortened))]
    if document["kind"] == "list" and _one([True, False], chance):
        document["length"] = len(document["slots"])


def person(document: Document, chance: random.Random) -> None:
    if document["kind"] == "list":
        _one(document["receipts"], chance)["participant"] = _one(["P999", "", "P001x"], chance)
    else:
        document["codes"][-1] = "P999"


def moment(document: Document, chance: random.Random) -> None:
    receipt = _one(document["receipts"], chance)
    receipt["at"] = receipt["at"].replace("2026", _one(["2025", "2027"], chance))


def secret(document: Document, chance: random.Random) -> None:
    name = "salt" if document["kind"] == "list" else "secret"
    document[name] = _other_hex(document[name], chance)


def published(document: Document, chance: random.Random) -> None:
    name = _one(["id", "root", "head"] if document["kind"] == "list" else ["commitment", "head"], chance)
    document[name] = _other_hex(document[name], chance)


def about(document: Document, chance: random.Random) -> None:
    name = _one(["environment", "trial", "protocol_sha256", "arms", "added"], chance)
    changed = {"environment": "test", "trial": "omega", "protocol_sha256": "6f" * 32, "added": 1}
    document[name] = changed.get(name) or document["arms"][::-1]


def sealed(document: Document, chance: random.Random) -> None:
    _one(document["receipts"], chance)["sealed"] += "A"


OF_BOTH: tuple[Tampering, ...] = (arm, order, omission, person, moment, secret, published, about, sealed)
OF_LISTS: tuple[Tampering, ...] = (index, nonce, path, renumbered)


def accepted(files: dict[str, bytes], number: int) -> tuple[int, Counter[str]]:
    """How many tampered openings either of the two accepts, and how often each way was tried."""
    chance, tried, wrong = random.Random(number), Counter[str](), 0
    honest = {kind: json.loads(content) for kind, content in files.items()}
    ways = {"list": OF_BOTH + OF_LISTS, "cohort": OF_BOTH}
    for each in range(number):
        kind = "list" if each % 2 else "cohort"
        document, tamper = copy.deepcopy(honest[kind]), ways[kind][each // 2 % len(ways[kind])]
        tamper(document, chance)
        assert document != honest[kind], tamper.__name__
        wrong += refusals(canonical(document)) != (True, True)
        tried[tamper.__name__] += 1
    return wrong, tried


def test_0_of_500_tampered_openings_are_accepted(list_file: bytes, cohort_file: bytes) -> None:
    wrong, tried = accepted({"list": list_file, "cohort": cohort_file}, 500)

    assert (wrong, len(tried), min(tried.values()) > 15) == (0, 13, True)


@pytest.mark.soak
def test_0_of_10000_tampered_openings_are_accepted(list_file: bytes, cohort_file: bytes) -> None:
    wrong, tried = accepted({"list": list_file, "cohort": cohort_file}, 10_000)

    assert (wrong, len(tried), min(tried.values()) > 350) == (0, 13, True)


def recomputed(made: AllocationList, cohort: Cohort, number: int) -> int:
    """How many are accepted that were tampered with and then made consistent with themselves."""
    chance, wrong = random.Random(number), 0
    for each in range(number):
        if each % 2:
            arms = [slot.arm for slot in made.slots]
            chance.shuffle(arms)
            slots = tuple(replace(slot, arm=each) for slot, each in zip(made.slots, arms, strict=True))
            other = replace(made, slots=slots, salt=new_secret() if chance.random() < 0.5 else made.salt)
            content, value = list_opening(other, receipts_of(other, 7)), made.root
            is_other = other.root != made.root
        else:
            another = replace(cohort, secret=new_secret())
            content, value = cohort_opening(another, receipts_of_cohort(another)), cohort.commitment
            is_other = True
        wrong += is_other and (refusals(content), refusals(content, (value,))) != ((False, False), (True, True))
    return wrong


def test_0_of_100_openings_that_agree_with_themselves_alone_are_accepted_against_what_was_published(
    allocation_list: AllocationList, cohort: Cohort
) -> None:
    assert recomputed(allocation_list, cohort, 100) == 0


@pytest.mark.soak
def test_0_of_10000_openings_that_agree_with_themselves_alone_are_accepted_against_what_was_published(
    allocation_list: AllocationList, cohort: Cohort
) -> None:
    assert recomputed(allocation_list, cohort, 10_000) == 0


def test_last_receipts_left_out_are_missed_by_whoever_has_the_published_head(
    allocation_list: AllocationList, used: tuple[Receipt, ...]
) -> None:
    shortened = list_opening(allocation_list, used[:5])

    assert refusals(shortened, (allocation_list.root,)) == (False, False)
    assert refusals(shortened, (allocation_list.root, used[-1].hash)) == (True, True)


# What is said.
def test_altered_arm_is_said_to_lead_to_another_root(list_file: bytes, allocation_list: AllocationList) -> None:
    document = json.loads(list_file)
    slot = document["slots"][11]
    slot["arm"] = "cct" if slot["arm"] == "waitlist" else "waitlist"
    slots = (*allocation_list.slots[:11], replace(allocation_list.slots[11], arm=slot["arm"]))

    with pytest.raises(OpeningRefused) as refused:
        check_opening(canonical(document))

    assert refused.value.findings[0] == (
        f"root says {allocation_list.root}, which does not fit the rest: "
        f"that gives {replace(allocation_list, slots=slots).root}."
    )
    assert verify_allocation.check(canonical(document))[0] == (
        "The slots do not lead to the root: an arm, a nonce or an index was altered, left out or moved."
    )


def test_another_person_in_a_cohort_is_said_not_to_fit(cohort_file: bytes) -> None:
    document = json.loads(cohort_file)
    document["codes"][8] = "P999"

    assert verify_allocation.check(canonical(document)) == [
        "The commitment does not fit the codes, the secret, the protocol and the other facts.",
        "The allocations are not those that follow from the secret and the commitment.",
    ]


def test_missing_receipt_is_said_to_be_missing(cohort_file: bytes) -> None:
    document = json.loads(cohort_file)
    del document["receipts"][1]

    assert verify_allocation.check(canonical(document)) == [
        "Receipt 2 does not follow the one before it: one is missing, moved or altered.",
        "Receipt 2 tells of the event told at 2026-03-02T09:09:00.000000Z, which cannot be.",
    ]


def test_person_allocated_twice_is_said_by_both(allocation_list: AllocationList, used: tuple[Receipt, ...]) -> None:
    twice = next_receipt(
        allocation_list.id,
        used[0],
        event="allocated",
        at=datetime(2026, 3, 3, tzinfo=UTC),
        participant=used[0].participant,
        leaf=allocation_list.leaves[1],
    )
    content = list_opening(allocation_list, [used[0], twice])

    with pytest.raises(OpeningRefused) as refused:
        check_opening(content)

    assert refused.value.findings == ("A participant was allocated twice.",)
    assert verify_allocation.check(content) == ["A receipt names no participant, or two name the same one."]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"arm,code", "This is not a JSON file: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", 'This is not an opening: its "format" is not "equipoise allocation opening 1".'),
        (
            b'{"format": "equipoise allocation opening 1"}',
            'This is neither the opening of a list nor of a cohort, by its "kind".',
        ),
        (
            b'{"format": "equipoise allocation opening 1", "kind": "list", "arms": [["a", "1"]]}',
            "A part of the opening is missing or of another kind than it must be.",
        ),
    ],
)
def test_file_that_is_no_opening_is_unreadable(content: bytes, sentence: str) -> None:
    with pytest.raises(OpeningUnreadable) as refused:
        check_opening(content)

    assert str(refused.value) == sentence


def test_opening_written_in_another_form_is_refused(list_file: bytes) -> None:
    other_form = json.dumps(json.loads(list_file)).encode()

    with pytest.raises(OpeningRefused) as refused:
        check_opening(other_form)

    assert refused.value.findings == ("The file is not written in the one form that an opening has.",)
    assert verify_allocation.check(other_form) == list(refused.value.findings)


# The script as everybody runs it.
def run_alone(folder: Path, content: bytes, *published: str) -> subprocess.CompletedProcess[str]:
    """The script and an opening, alone in an empty folder, in an interpreter that knows no other packages."""
    shutil.copy(SCRIPT, folder)
    (folder / "opening.json").write_bytes(content)
    command = [sys.executable, "-I", "-S", "verify_allocation.py", "opening.json", *published]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_script_alone_in_a_folder_accepts_honest_files(
    tmp_path: Path, list_file: bytes, cohort_file: bytes, allocation_list: AllocationList, cohort: Cohort
) -> None:
    of_list, of_cohort = run_alone(tmp_path, list_file, allocation_list.root), run_alone(tmp_path, cohort_file)

    assert (of_list.returncode, of_cohort.returncode) == (0, 0)
    assert of_list.stdout == (
        "Everything fits in this list (live) of the trial alpha.\n"
        f"Published before, and found: {allocation_list.root}\n"
    )
    assert of_cohort.stdout == (
        "Everything fits in this cohort (live) of the trial alpha.\n"
        f"Compare with what was published before: {cohort.commitment}\n"
    )


def test_script_alone_in_a_folder_refuses_a_tampered_file_with_status_1(tmp_path: Path, list_file: bytes) -> None:
    document = json.loads(list_file)
    document["slots"][0]["nonce"] = "00" * 32

    done = run_alone(tmp_path, canonical(document))

    assert (done.returncode, done.stdout.splitlines()) == (1, verify_allocation.check(canonical(document)))


@pytest.mark.parametrize("content", [b"no opening", b"{}", b"[" * 100_000], ids=["text", "empty", "deep"])
def test_script_alone_in_a_folder_cannot_read_another_file_and_says_so_with_status_2(
    tmp_path: Path, content: bytes
) -> None:
    done = run_alone(tmp_path, content)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("This cannot be read as an opening: ")


def test_script_without_a_file_explains_itself_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_allocation.main([]) == 2
    assert "python verify_allocation.py opening.json" in capsys.readouterr().err


def test_script_is_under_150_lines() -> None:
    assert len(SCRIPT.read_text().splitlines()) < 150
