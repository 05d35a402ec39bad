"""The chain of receipts in the database, and its copy outside, which must never be ahead of it."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation import outside
from trial.allocation.guards import AllocationRefused, refused_as
from trial.allocation.models import StoredReceipt
from trial.allocation.receipts import Event, Receipt, check_chain, missing_here, next_receipt
from trial.people.models import Role
from trial.protocol.models import Trial

# Who keeps in a mailbox of their own what was published of a draw or a list.
WITNESSES = frozenset({Role.PI, Role.MONITOR, Role.STATISTICIAN})


def folder() -> Path:
    return Path(settings.RECEIPTS_FOLDER)


def chain(of: str) -> list[Receipt]:
    """The receipts in the database, in order (one query)."""
    return [Receipt(*values) for values in _stored(of).order_by("number")]


def _last(of: str) -> Receipt | None:
    values = _stored(of).order_by("-number").first()
    return Receipt(*values) if values else None


def _stored(of: str) -> QuerySet[StoredReceipt, tuple]:
    fields = ("of", "number", "event", "at", "previous", "participant", "leaf", "sealed")
    return StoredReceipt.objects.filter(of=of).values_list(*fields)


def add(
    trial: Trial,
    of: str,
    event: Event,
    *,
    at: datetime | None = None,
    participant: str = "",
    leaf: str = "",
    sealed: str = "",
) -> Receipt:
    """The next receipt of a chain, within the transaction of what it tells of; `at` is the moment of that, else now."""
    receipt = next_receipt(
        of,
        _last(of),
        event=event,
        at=at or clock.now(),
        participant=participant,
        leaf=leaf,
        sealed=sealed,
    )
    return keep(trial, receipt)


def keep(trial: Trial, receipt: Receipt) -> Receipt:
    """Add a receipt as it is: a new one, or one that is replayed."""
    StoredReceipt.objects.create(trial=trial, hash=receipt.hash, **asdict(receipt))
    return receipt


def copy_outside(trial: Trial, of: str) -> None:
    """Write what the database has into the second place; on the disk when this returns."""
    with refused_as("receipts"):
        outside.append(folder(), trial.slug, of, chain(of))


def missing(trial: Trial) -> dict[str, tuple[Receipt, ...]]:
    """Of each chain of which the place outside knows more, what the database has lost, in the order it was done.

    What the database knows more is written into the place outside on the way.
    """
    lost = {}
    for of in sorted(outside.chains(folder(), trial.slug) | _known(trial)):
        there, here = outside.read(folder(), trial.slug, of), chain(of)
        if len(here) > len(there):
            outside.append(folder(), trial.slug, of, here)  # committed, and killed before it was copied
        elif found := missing_here(here, there):
            check_chain(of, there)
            lost[of] = found
    return dict(sorted(lost.items(), key=lambda pair: pair[1][0].at))


def _known(trial: Trial) -> set[str]:
    return set(StoredReceipt.objects.filter(trial=trial).values_list("of", flat=True))


def must_not_be_behind(trial: Trial) -> None:
    """Refuse to allocate in a database that was set back: the place outside knows receipts that it has lost."""
    with refused_as("receipts"):
        for of, lost in missing(trial).items():
            raise AllocationRefused(
                "receipts",
                _(
                    "The database lacks %(count)s receipts of %(of)s that were given out: it was set back to an "
                    "older copy. Nobody is allocated until they are replayed (manage.py replay_receipts)."
                )
                % {"count": len(lost), "of": of[:12]},
            )
