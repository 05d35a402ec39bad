"""Checks an opened allocation of an Equipoise trial. Needs Python 3.10 or newer and nothing else.

    python verify_allocation.py opening.json [value published before ...]

Give every value that was published before the allocation: the root of a list or the commitment of a cohort, and
hashes of receipts. Exit status: 0 everything fits, 1 something does not, 2 the file cannot be read.
"""

import hashlib
import hmac
import json
import re
import sys
from datetime import datetime
from itertools import count

PARTS = {"list": 13, "cohort": 12, "receipt": 8, "slot": 3}  # a part that is missing is an error where it is needed


def digest(tag: int, *fields) -> str:
    texts = [str(field).encode() for field in fields]
    return hashlib.sha256(bytes([tag]) + b"".join(len(text).to_bytes(4, "big") + text for text in texts)).hexdigest()


def facts(opening: dict) -> tuple:
    shares = [part for arm in opening["arms"] for part in arm]
    return opening["environment"], opening["trial"], opening["protocol_sha256"], len(opening["arms"]), *shares


def tree(leaves: list) -> list:
    """The levels from the leaves up to the root; the last node of an odd level moves up unchanged."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        pairs = [levels[-1][at : at + 2] for at in range(0, len(levels[-1]), 2)]
        levels.append([digest(1, *pair) if len(pair) == 2 else pair[0] for pair in pairs])
    return levels


def draw(secret: str, commitment: str, arms: list, places: int) -> list:
    """The draw of a cohort: SecretStream and CohortDraw in Equipoise describe it step by step."""
    blocks = count()

    def below(n: int) -> int:
        number = 1 << 256
        while number >= (1 << 256) // n * n:
            block = f"{commitment}:{next(blocks)}".encode()
            number = int.from_bytes(hmac.new(bytes.fromhex(secret), block, "sha256").digest(), "big")
        return number % n

    def shuffled(items: list) -> list:
        for last in range(len(items) - 1, 0, -1):
            other = below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items

    total, order = sum(ratio for _, ratio in arms), shuffled([tuple(arm) for arm in arms])
    start, passed, numbers = below(total), 0, {}
    for arm, ratio in order:
        rest = places * ratio % total
        numbers[arm] = places * ratio // total + ((start - passed) % total < rest)
        passed += rest
    return shuffled([arm for arm, _ in arms for _ in range(numbers[arm])])


def check_list(opening: dict):
    slots, length, names = opening["slots"], opening["length"], [arm for arm, _ in opening["arms"]]
    if len(slots) != length or any(slot["index"] != at for at, slot in enumerate(slots, 1)):
        yield f"The {len(slots)} slots are not numbered from 1 to {length}, the list's length, in order, without a gap."
    if digest(3, *facts(opening), length, opening["salt"]) != opening["id"]:
        yield "The list's id does not fit its environment, trial, protocol, arms, length and salt."
    leaves = [digest(0, opening["id"], slot["index"], slot["arm"], slot["nonce"]) for slot in slots]
    if (levels := tree(leaves))[-1] != [opening["root"]]:
        yield "The slots do not lead to the root: an arm, a nonce or an index was altered, left out or moved."
    for at, slot in enumerate(slots, 1):
        if len(slot) != PARTS["slot"] or slot["arm"] not in names or not re.fullmatch("[0-9a-f]{64}", slot["nonce"]):
            yield f"Slot {at} has an arm that is none of the trial's, or a nonce that is none."
    for at, receipt in enumerate(opening["receipts"][: len(slots)]):
        path = [level[at >> up ^ 1] for up, level in enumerate(levels[:-1]) if at >> up ^ 1 < len(level)]
        if receipt["leaf"] != leaves[at] or receipt["path"] != path:
            yield f"Receipt {at + 1} has not the leaf of slot {at + 1}, or not its path to the root."
    people = [receipt["participant"] for receipt in opening["receipts"]]
    if len(set(people)) < len(people) or "" in people:
        yield "A receipt names no participant, or two name the same one."


def check_cohort(opening: dict):
    codes, secret = opening["codes"], opening["secret"]
    if codes != sorted(set(codes)) or len(codes) < len(opening["arms"]) or not re.fullmatch("[0-9a-f]{64}", secret):
        yield "The codes do not ascend, each once, or are fewer than the arms, or the secret is none."
    if digest(2, *facts(opening), secret, len(codes), *codes) != opening["commitment"]:
        yield "The commitment does not fit the codes, the secret, the protocol and the other facts."
    arms = draw(secret, opening["commitment"], opening["arms"], len(codes))
    if opening["allocations"] != [{"code": code, "arm": arm} for code, arm in zip(codes, arms, strict=True)]:
        yield "The allocations are not those that follow from the secret and the commitment."
    if any(receipt["leaf"] or receipt["path"] or receipt["participant"] for receipt in opening["receipts"]):
        yield "A receipt of a cohort names a leaf, a path or a participant."


def check_receipts(opening: dict, of: str, events: list, known: set):
    """Also adds the hashes of the receipts to the values known."""
    previous, last_at = of, datetime.min
    for number, (receipt, event) in enumerate(zip(opening["receipts"], events, strict=False), 1):
        at = datetime.strptime(receipt["at"], "%Y-%m-%dT%H:%M:%S.%fZ")
        if receipt["number"] != number or receipt["previous"] != previous or len(receipt) != PARTS["receipt"]:
            yield f"Receipt {number} does not follow the one before it: one is missing, moved or altered."
        if receipt["event"] != event or at < last_at:
            yield f"Receipt {number} tells of the event {receipt['event']} at {receipt['at']}, which cannot be."
        content = (receipt[key] for key in ("number", "event", "participant", "leaf", "sealed", "at", "previous"))
        previous, last_at = digest(4, of, *content), at
        known.add(previous)
    if opening["head"] != (previous if opening["receipts"] else "") or len(opening["receipts"]) > len(events):
        yield "The head is not the hash of the last receipt: one is missing, too many or altered."


def check(content: bytes, published=()) -> list:
    """What does not fit what, one sentence each. Raises an error for a file that is no opening."""
    opening = json.loads(content)
    is_list = opening["kind"] == "list"
    if opening["format"] != "equipoise allocation opening 1" or len(opening) != PARTS[opening["kind"]]:
        raise ValueError("its format or its parts are not those of an opening")
    if opening["environment"] not in ("live", "test") or not all(0 < ratio <= 1000 for _, ratio in opening["arms"]):
        raise ValueError("its environment is not live or test, or a ratio is not between 1 and 1000")
    known = {opening["root"], opening["id"]} if is_list else {opening["commitment"]}
    events = ["allocated"] * len(opening["slots"]) if is_list else ["committed", "drawn", "told"]
    sentences = list(check_list(opening) if is_list else check_cohort(opening))
    sentences += check_receipts(opening, opening["id" if is_list else "commitment"], events, known)
    if content != (json.dumps(opening, sort_keys=True, indent=1) + "\n").encode():
        sentences.append("The file is not written in the one form that an opening has.")
    return sentences + [f"{value} was published but does not occur here." for value in published if value not in known]


def main(arguments: list) -> int:
    try:
        with open(arguments[0], "rb") as file:
            content = file.read()
        findings = check(content, arguments[1:])
    except (OSError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        sys.stderr.write(f"This cannot be read as an opening: {error!r}\n{__doc__}")
        return 2
    opening = json.loads(content)
    value = opening.get("root") or opening.get("commitment")
    compared = "Published before, and found:" if arguments[1:] else "Compare with what was published before:"
    fits = f"Everything fits in this {opening['kind']} ({opening['environment']}) of the trial {opening['trial']}."
    sys.stdout.write("\n".join(findings or [fits, *(f"{compared} {each}" for each in arguments[1:] or [value])]) + "\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
