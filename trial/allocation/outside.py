"""The second durable place of receipts: a folder outside of the database, one file a chain, one line a receipt.

A database that was set back to an older copy is told from it: the folder then knows receipts that the database has
not. The folder belongs on another disk or machine than the database, and into no backup of it.
"""

import fcntl
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from trial.allocation.receipts import Receipt, ReceiptsBroken

SLUG, CHAIN_ID = re.compile("[a-z0-9-]+"), re.compile("[0-9a-f]{64}")


def chains(folder: Path, trial: str) -> set[str]:
    """The list ids and commitments of which there are receipts for this trial."""
    return {file.stem for file in (folder / trial).glob("*.jsonl")}


def read(folder: Path, trial: str, of: str) -> tuple[Receipt, ...]:
    """The receipts of one chain, in order. A last line that was cut off while it was written does not count.

    Raises ReceiptsBroken for a line in the middle that is no receipt.
    """
    try:
        content = _file(folder, trial, of).read_bytes()
    except FileNotFoundError:
        return ()
    whole, _, _cut = content.rpartition(b"\n")
    found = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            found.append(Receipt(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise ReceiptsBroken(
                f"Line {number} of the receipts of {of[:12]} outside of the database is no receipt: it was altered."
            ) from error
    return tuple(found)


def append(folder: Path, trial: str, of: str, receipts: Sequence[Receipt]) -> int:
    """Add those receipts that are not there yet, safely on the disk when this returns; returns how many were added.

    `receipts` is the chain from its first link on; somebody else may have written more of it meanwhile. Raises
    ReceiptsBroken when the file holds another chain, OSError when the disk cannot take it.
    """
    file = _file(folder, trial, of)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as lines:
        fcntl.flock(lines, fcntl.LOCK_EX)
        there = read(folder, trial, of)
        if any(mine != other for mine, other in zip(receipts, there, strict=False)):
            raise ReceiptsBroken(f"The receipts of {of[:12]} outside of the database differ from those in it.")
        lines.truncate(sum(len(_line(receipt)) for receipt in there))
        missing = receipts[len(there) :]
        lines.write(b"".join(_line(receipt) for receipt in missing))
        lines.flush()
        os.fsync(lines.fileno())
    _sync_folder(file.parent)
    return len(missing)


def _line(receipt: Receipt) -> bytes:
    return json.dumps(asdict(receipt), sort_keys=True).encode() + b"\n"


def _file(folder: Path, trial: str, of: str) -> Path:
    if not SLUG.fullmatch(trial) or not CHAIN_ID.fullmatch(of):
        raise ReceiptsBroken(f"{trial[:40]!r} and {of[:12]!r} do not name a chain of receipts.")
    return folder / trial / f"{of}.jsonl"


def _sync_folder(folder: Path) -> None:
    """A new file's name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
