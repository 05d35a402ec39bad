"""What everybody may know of a trial's draws before the groups are opened, and the files that open them afterwards."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from trial.allocation.guards import facts_in_force
from trial.allocation.models import Draw, StoredReceipt
from trial.allocation.openings import cohort_opening
from trial.allocation.receipts import Receipt
from trial.allocation.sealing import AllocationKey, open_cohort
from trial.allocation.services import chain
from trial.protocol.models import Stage, Trial


@dataclass(frozen=True, slots=True)
class Published:
    """A draw's commitment and the hashes of its receipts, none of which tells a group."""

    cohort: int
    commitment: str
    committed_at: datetime
    receipts: tuple[Receipt, ...]

    @property
    def head(self) -> str:
        return self.receipts[-1].hash

    @property
    def values(self) -> tuple[str, ...]:
        return (self.commitment, self.head)


def published(trial: Trial) -> list[Published]:
    """Of every cohort that was closed, in order (two queries)."""
    draws = list(Draw.objects.filter(cohort__trial=trial).select_related("cohort").order_by("cohort__number"))
    fields = ("of", "number", "event", "at", "previous", "participant", "leaf", "sealed")
    stored = StoredReceipt.objects.filter(of__in=[draw.commitment for draw in draws]).order_by("number")
    receipts: dict[str, list[Receipt]] = {}
    for values in stored.values_list(*fields):
        receipts.setdefault(values[0], []).append(Receipt(*values))
    return [
        Published(draw.cohort.number, draw.commitment, draw.committed_at, tuple(receipts[draw.commitment]))
        for draw in draws
    ]


def is_opened(trial: Trial) -> bool:
    """Whether everybody may have the openings: the data are locked, and two people have opened the groups."""
    return trial.stage == Stage.UNMASKED


def opening_of(draw: Draw) -> bytes:
    """The file that opens a cohort's draw. Raises SealBroken or ProofMismatch when what is stored does not fit."""
    opened = open_cohort(
        AllocationKey(settings.ALLOCATION_KEY),
        draw.commitment,
        facts_in_force(draw.protocol_version),
        tuple(draw.codes),
        bytes(draw.sealed),
    )
    return cohort_opening(opened, chain.chain(draw.commitment))
