"""The file that opens a list or a cohort to everybody, once the trial's data are locked.

JSON in one form only (`canonical`), so that the same opening is the same bytes. Checking rebuilds the whole file from
what in it does not follow from anything else (facts, arms and nonces of slots, codes, secret, who was when), with the
code that allocated, and compares. `verify_allocation.py` checks the same by code of its own.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from trial.allocation.designs import CohortDraw
from trial.allocation.proofs import AllocationList, Cohort, Facts, ProofMismatch, Slot
from trial.allocation.randomness import SecretInvalid
from trial.allocation.receipts import MOMENT, Receipt
from trial.allocation.shares import ArmShare, DesignImpossible

FORMAT = "equipoise allocation opening 1"
COHORT_EVENTS = ("committed", "drawn", "told")
MOST_FINDINGS = 20
CUT = 100

Document = dict[str, Any]


class OpeningUnreadable(ValueError):
    """Not an opening file at all."""


class OpeningRefused(ValueError):
    """An opening in which something does not fit. `findings`: one sentence each."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(findings))


def list_opening(allocation_list: AllocationList, receipts: Sequence[Receipt]) -> bytes:
    """The file that opens a list: every slot, used or not, and every receipt with the path of its slot."""
    return canonical(_list_document(allocation_list, receipts))


def cohort_opening(cohort: Cohort, receipts: Sequence[Receipt]) -> bytes:
    """The file that opens a cohort: its codes, the secret of its draw, and every receipt."""
    return canonical(_cohort_document(cohort, receipts))


def canonical(document: Document) -> bytes:
    return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode("ascii")


def check_opening(content: bytes, published: Sequence[str] = ()) -> Document:
    """The opening, if everything in it fits together and with every published value.

    `published`: root or commitment, and hashes of receipts, as they were made known before. Without them an
    opening only agrees with itself. Raises OpeningUnreadable, or OpeningRefused with all findings.
    """
    document = _read(content)
    try:
        rebuilt, known = _rebuilt(document)
        # What the whole file hangs on comes before its entries.
        findings = sorted(_differences("", document, rebuilt), key=lambda each: "[" in each.split(" ")[0])
        findings += _conduct(document)
    except (ProofMismatch, DesignImpossible, SecretInvalid) as error:
        raise OpeningRefused([str(error)]) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OpeningUnreadable("A part of the opening is missing or of another kind than it must be.") from error
    if content != canonical(document):
        findings.append("The file is not written in the one form that an opening has.")
    findings += [
        f"{value} was published, but occurs nowhere in the opening." for value in published if value not in known
    ]
    if findings:
        raise OpeningRefused(findings[:MOST_FINDINGS])
    return document


def _list_document(allocation_list: AllocationList, receipts: Sequence[Receipt]) -> Document:
    paths = [list(allocation_list.paths[receipt.number - 1]) for receipt in receipts]
    return {
        **_common("list", allocation_list.facts, receipts, paths),
        "length": allocation_list.length,
        "salt": allocation_list.salt,
        "id": allocation_list.id,
        "root": allocation_list.root,
        "slots": [{"index": slot.index, "arm": slot.arm, "nonce": slot.nonce} for slot in allocation_list.slots],
    }


def _cohort_document(cohort: Cohort, receipts: Sequence[Receipt]) -> Document:
    return {
        **_common("cohort", cohort.facts, receipts, [[] for _ in receipts]),
        "codes": list(cohort.codes),
        "secret": cohort.secret,
        "commitment": cohort.commitment,
        "allocations": [{"code": code, "arm": arm} for code, arm in cohort.allocations],
    }


def _common(kind: str, facts: Facts, receipts: Sequence[Receipt], paths: Sequence[list[str]]) -> Document:
    return {
        "format": FORMAT,
        "kind": kind,
        "environment": facts.environment,
        "trial": facts.trial,
        "protocol_sha256": facts.protocol_sha256,
        "arms": [[arm.id, arm.ratio] for arm in facts.arms],
        "receipts": [
            {
                "number": receipt.number,
                "event": receipt.event,
                "at": receipt.at,
                "participant": receipt.participant,
                "leaf": receipt.leaf,
                "path": path,
                "sealed": receipt.sealed,
                "previous": receipt.previous,
            }
            for receipt, path in zip(receipts, paths, strict=True)
        ],
        "head": receipts[-1].hash if receipts else "",
    }


def _read(content: bytes) -> Document:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise OpeningUnreadable(f"This is not a JSON file: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise OpeningUnreadable(f'This is not an opening: its "format" is not "{FORMAT}".')
    if document.get("kind") not in ("list", "cohort"):
        raise OpeningUnreadable('This is neither the opening of a list nor of a cohort, by its "kind".')
    return document


def _rebuilt(document: Document) -> tuple[Document, set[str]]:
    """The document as it must be, and every value in it that may have been published."""
    arms = tuple(ArmShare(_text(arm), _number(ratio)) for arm, ratio in document["arms"])
    CohortDraw(arms)  # refuses arms that are none
    facts = Facts(document["environment"], _text(document["trial"]), _text(document["protocol_sha256"]), arms)
    if document["kind"] == "cohort":
        cohort = Cohort(facts, tuple(_text(code) for code in document["codes"]), _text(document["secret"]))
        receipts = _receipts(document, cohort.commitment, lambda at: "")
        return _cohort_document(cohort, receipts), {cohort.commitment, *(receipt.hash for receipt in receipts)}
    slots = tuple(Slot(_number(slot["index"]), _text(slot["arm"]), _text(slot["nonce"])) for slot in document["slots"])
    opened = AllocationList(facts, slots, _text(document["salt"]))
    if len(document["receipts"]) > opened.length:
        raise ProofMismatch(f"There are {len(document['receipts'])} receipts for {opened.length} slots.")
    receipts = _receipts(document, opened.id, opened.leaves.__getitem__)
    return _list_document(opened, receipts), {opened.id, opened.root, *(receipt.hash for receipt in receipts)}


def _receipts(document: Document, of: str, leaf_at: Callable[[int], str]) -> list[Receipt]:
    receipts: list[Receipt] = []
    for at, found in enumerate(document["receipts"]):
        previous = receipts[-1].hash if receipts else of
        event, moment, participant = found["event"], _text(found["at"]), _text(found["participant"])
        receipt = Receipt(of, at + 1, event, moment, previous, participant, leaf_at(at), _text(found["sealed"]))
        receipts.append(receipt)
    return receipts


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError
    return found


def _number(found: object) -> int:
    if not isinstance(found, int) or isinstance(found, bool):
        raise TypeError
    return found


def _differences(place: str, found: Any, right: Any) -> Iterator[str]:
    """Where the file says something else than follows from it; places count from one."""
    if isinstance(found, dict) and isinstance(right, dict):
        for key in sorted({*found, *right}):
            within = f"{place}.{key}" if place else key
            if key not in found or key not in right:
                yield f"{within} {'is missing.' if key in right else 'means nothing in an opening.'}"
            else:
                yield from _differences(within, found[key], right[key])
    elif isinstance(found, list) and isinstance(right, list) and len(found) == len(right):
        for number, (item, wanted) in enumerate(zip(found, right, strict=True), start=1):
            yield from _differences(f"{place}[{number}]", item, wanted)
    elif type(found) is not type(right) or found != right:
        yield f"{place} says {str(found)[:CUT]}, which does not fit the rest: that gives {str(right)[:CUT]}."


def _conduct(document: Document) -> Iterator[str]:
    """What is wrong with who was allocated when, though every hash may fit."""
    receipts, is_list = document["receipts"], document["kind"] == "list"
    moments, people = [receipt["at"] for receipt in receipts], [receipt["participant"] for receipt in receipts]
    if document["environment"] not in ("live", "test"):
        yield f"The environment is {document['environment']}; it is live or test."
    for number, receipt in enumerate(receipts, start=1):
        wanted = "allocated" if is_list else ([*COHORT_EVENTS, "nothing"])[min(number, 4) - 1]
        if receipt["event"] != wanted:
            yield f"Receipt {number} tells of the event {receipt['event']}, where only {wanted} can be."
        if not _is_moment(receipt["at"]):
            yield f"Receipt {number} has the moment {receipt['at']}, which is not written as one."
        if is_list != bool(receipt["participant"]):
            yield f"Receipt {number} {'names no' if is_list else 'names a'} participant."
    yield from (
        f"Receipt {number} is earlier than the one before it."
        for number, (before, after) in enumerate(pairwise(moments), start=2)
        if after < before
    )
    if is_list and len(set(people)) < len(people):
        yield "A participant was allocated twice."


def _is_moment(text: str) -> bool:
    try:
        return datetime.strptime(text, MOMENT).strftime(MOMENT) == text
    except ValueError:
        return False
