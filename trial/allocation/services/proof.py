"""What everybody may know of a trial's draws and lists before the groups are opened."""

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Literal

from django.db.models import QuerySet

from trial.allocation.models import AllocationList, Draw, StoredReceipt
from trial.allocation.receipts import Receipt
from trial.enrolment.models import Cohort
from trial.protocol.models import Trial


@dataclass(frozen=True, slots=True)
class Published:
    """A cohort's commitment or a list's root, and its receipts, none of which tells a group."""

    kind: Literal["cohort", "list"]
    number: int
    value: str
    at: datetime
    receipts: tuple[Receipt, ...]

    @property
    def head(self) -> str:
        """The hash of the last receipt, empty before the first place of a list is used."""
        return self.receipts[-1].hash if self.receipts else ""

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(value for value in (self.value, self.head) if value)


def published(trial: Trial) -> list[Published]:
    """Of every cohort that was closed and every list that was sealed, in order (three queries)."""
    sealed = list(AllocationList.objects.filter(trial=trial))
    receipts = _receipts([each.list_id for each in sealed])
    of_lists = [
        Published("list", each.number, each.root, each.sealed_at, receipts.get(each.list_id, ())) for each in sealed
    ]
    return [*_of_draws(Draw.objects.filter(cohort__trial=trial)), *of_lists]


def published_of(cohort: Cohort) -> Published:
    """Of one closed cohort (two queries)."""
    return _of_draws(Draw.objects.filter(cohort=cohort))[0]


def _of_draws(of: QuerySet[Draw]) -> list[Published]:
    draws = list(of.select_related("cohort").order_by("cohort__number"))
    receipts = _receipts([draw.commitment for draw in draws])
    return [
        Published("cohort", draw.cohort.number, draw.commitment, draw.committed_at, receipts[draw.commitment])
        for draw in draws
    ]


def _receipts(chains: list[str]) -> dict[str, tuple[Receipt, ...]]:
    """The receipts of each chain, in order (one query)."""
    fields = ("of", "number", "event", "at", "previous", "participant", "leaf", "sealed")
    stored = StoredReceipt.objects.filter(of__in=chains).order_by("of", "number")
    receipts = [Receipt(*values) for values in stored.values_list(*fields)]
    return {of: tuple(each) for of, each in groupby(receipts, key=attrgetter("of"))}


def receipt_document(cohort: Cohort) -> dict[str, object]:
    """Commitment and receipts for a file: what may be known of a cohort's draw before it is opened."""
    found = published_of(cohort)
    return {
        "format": "equipoise receipts 1",
        "trial": cohort.trial.slug,
        "cohort": cohort.number,
        "commitment": found.value,
        "receipts": [{**asdict(receipt), "hash": receipt.hash} for receipt in found.receipts],
        "head": found.head,
    }
