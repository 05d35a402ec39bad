"""The chain of receipts in the database, and its copy outside, which must never be ahead of it."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation import outside
from trial.allocation.guards import AllocationRefused, refused_as
from trial.allocation.models import StoredReceipt
from trial.allocation.receipts import Event, Receipt, missing_here, next_receipt
from trial.protocol.models import Trial


def folder() -> Path:
    return Path(settings.RECEIPTS_FOLDER)


def chain(of: str) -> list[Receipt]:
    """The receipts in the database, in order (one query)."""
    fields = ("of", "number", "event", "at", "previous", "participant", "leaf", "sealed")
    return [Receipt(*values) for values in StoredReceipt.objects.filter(of=of).order_by("number").values_list(*fields)]


def add(trial: Trial, of: str, event: Event, *, participant: str = "", leaf: str = "", sealed: str = "") -> Receipt:
    """The next receipt of a chain, within the transaction of what it tells of."""
    known = chain(of)
    receipt = next_receipt(
        of,
        known[-1] if known else None,
        event=event,
        at=clock.now(),
        participant=participant,
        leaf=leaf,
        sealed=sealed,
    )
    StoredReceipt.objects.create(
        trial=trial,
        of=of,
        number=receipt.number,
        event=event,
        at=receipt.at,
        previous=receipt.previous,
        participant=participant,
        leaf=leaf,
        sealed=sealed,
        hash=receipt.hash,
    )
    return receipt


def copy_outside(trial: Trial, of: str) -> None:
    """Write what the database has into the second place; on the disk when this returns. Raises OSError."""
    outside.append(folder(), trial.slug, of, chain(of))


def must_not_be_behind(trial: Trial) -> None:
    """Refuse to allocate in a database that was set back: the place outside knows receipts that it has lost."""
    known = set(StoredReceipt.objects.filter(trial=trial).values_list("of", flat=True))
    with refused_as("receipts"):
        for of in sorted(outside.chains(folder(), trial.slug) | known):
            there, here = outside.read(folder(), trial.slug, of), chain(of)
            if len(here) > len(there):
                outside.append(folder(), trial.slug, of, here)  # committed, and killed before it was copied
            elif missing := missing_here(here, there):
                raise AllocationRefused(
                    "receipts",
                    _(
                        "The database lacks %(count)s receipts of %(of)s that were given out: it was set back to an "
                        "older copy. Nobody is allocated until they are replayed (manage.py replay_receipts)."
                    )
                    % {"count": len(missing), "of": of[:12]},
                )
