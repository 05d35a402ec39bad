"""Receipts: what has been done with a list or a cohort, in a chain that cannot lose a link in the middle.

Free of arms: who was given which place, never what the place says. Each receipt holds the hash of the one before;
the first holds the id of the list or the commitment of the cohort. Copies outside of the database let it refuse to
allocate after it was restored from an older backup, and give the same people the same places again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from trial.allocation.proofs import ProofMismatch, Tag, digest

Event = Literal["allocated", "committed", "drawn", "told"]
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


class ReceiptsBroken(ProofMismatch):
    """A receipt is missing, out of order or altered."""


@dataclass(frozen=True)
class Receipt:
    """`of`: list id or commitment. `number`: from 1; of an allocated slot it is the index. `leaf`: the slot's, else
    empty. `sealed`: what is needed to repeat the event after a restore, in encrypted form, or empty. `at`: the moment
    in UTC, as `moment` writes it."""

    of: str
    number: int
    event: Event
    at: str
    previous: str
    participant: str = ""
    leaf: str = ""
    sealed: str = ""

    @property
    def hash(self) -> str:
        return digest(
            Tag.RECEIPT,
            self.of,
            self.number,
            self.event,
            self.participant,
            self.leaf,
            self.sealed,
            self.at,
            self.previous,
        )


def moment_of(text: str) -> datetime:
    """The moment that `moment` has written."""
    return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)


def moment(at: datetime) -> str:
    """In UTC, always of the same length, so that moments sort as text. Raises ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError(f"The moment {at.isoformat()} has no time zone, so it is not known when it was.")
    return at.astimezone(UTC).strftime(MOMENT)


def next_receipt(
    of: str,
    last: Receipt | None,
    *,
    event: Event,
    at: datetime,
    participant: str = "",
    leaf: str = "",
    sealed: str = "",
) -> Receipt:
    """The receipt that follows the last one, or the first of all."""
    if last is not None and last.of != of:
        raise ReceiptsBroken(f"A receipt of {of[:12]} cannot follow one of {last.of[:12]}.")
    number, previous = (1, of) if last is None else (last.number + 1, last.hash)
    return Receipt(of, number, event, moment(at), previous, participant, leaf, sealed)


def check_chain(of: str, receipts: Sequence[Receipt], *, head: str | None = None) -> None:
    """Refuse receipts with a gap, out of order, altered or going back in time.

    `head`: the hash of the last receipt as known from elsewhere; without it nobody can tell whether later ones are
    missing.
    """
    expected, last_at = of, ""
    for number, receipt in enumerate(receipts, start=1):
        if receipt.of != of:
            raise ReceiptsBroken(f"Receipt {number} is one of {receipt.of[:12]}, not of {of[:12]}.")
        if receipt.number != number:
            raise ReceiptsBroken(f"Receipt {number} is missing: receipt {receipt.number} stands in its place.")
        if receipt.previous != expected:
            raise ReceiptsBroken(f"Receipt {number} does not follow the one before it: one of them was altered.")
        if receipt.at < last_at:
            raise ReceiptsBroken(f"Receipt {number} is of {receipt.at}, earlier than the one before it, {last_at}.")
        expected, last_at = receipt.hash, receipt.at
    if head is not None and expected != head:
        raise ReceiptsBroken(
            f"The last of {len(receipts)} receipts has the hash {expected[:12]}, but {head[:12]} was recorded "
            "elsewhere: later receipts are missing, or the last one was altered."
        )


def missing_here(here: Sequence[Receipt], outside: Sequence[Receipt]) -> tuple[Receipt, ...]:
    """The receipts outside that the database has not, which have to be replayed before the next allocation.

    Raises ReceiptsBroken when the two differ in a receipt that both have, or the database is ahead.
    """
    for mine, other in zip(here, outside, strict=False):
        if mine != other:
            raise ReceiptsBroken(f"Receipt {mine.number} in the database differs from its copy outside.")
    if len(here) > len(outside):
        raise ReceiptsBroken(f"The copy outside ends at receipt {len(outside)}, the database at {len(here)}.")
    return tuple(outside[len(here) :])
