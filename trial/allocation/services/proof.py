"""What everybody may know of a trial's draws before the groups are opened, and the files that open them afterwards."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from trial.allocation.guards import facts_in_force
from trial.allocation.models import Draw, StoredReceipt
from trial.allocation.openings import cohort_opening
from trial.allocation.receipts import Receipt
from trial.allocation.sealing import AllocationKey, open_cohort
from trial.allocation.services import chain
from trial.enrolment.models import Cohort
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
    return _published(Draw.objects.filter(cohort__trial=trial))


def published_of(cohort: Cohort) -> Published:
    """Of one closed cohort (two queries)."""
    return _published(Draw.objects.filter(cohort=cohort))[0]


def _published(of: QuerySet[Draw]) -> list[Published]:
    draws = list(of.select_related("cohort").order_by("cohort__number"))
    fields = ("of", "number", "event", "at", "previous", "participant", "leaf", "sealed")
    stored = StoredReceipt.objects.filter(of__in=[draw.commitment for draw in draws]).order_by("number")
    receipts: dict[str, list[Receipt]] = {}
    for values in stored.values_list(*fields):
        receipts.setdefault(values[0], []).append(Receipt(*values))
    return [
        Published(draw.cohort.number, draw.commitment, draw.committed_at, tuple(receipts[draw.commitment]))
        for draw in draws
    ]


def receipt_document(cohort: Cohort) -> dict[str, object]:
    """Commitment and receipts for a file: what may be known of a cohort's draw before it is opened."""
    found = published_of(cohort)
    return {
        "format": "equipoise receipts 1",
        "trial": cohort.trial.slug,
        "cohort": cohort.number,
        "commitment": found.commitment,
        "receipts": [{**asdict(receipt), "hash": receipt.hash} for receipt in found.receipts],
        "head": found.head,
    }


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
