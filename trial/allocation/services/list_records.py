"""What is made known of a list: its opening after the unmasking, and its places given again after a restore."""

from django.conf import settings
from django.utils.translation import gettext as _

from trial.allocation import openings, proofs
from trial.allocation.guards import AllocationRefused, must_be_ready, refused_as
from trial.allocation.models import Allocation, AllocationList
from trial.allocation.receipts import Receipt
from trial.allocation.sealing import AllocationKey, open_salt, open_slot
from trial.allocation.services import chain
from trial.allocation.services.lists import facts_of_list, opened_slot, write
from trial.protocol.models import Stage, Trial


def give_again(trial: Trial, receipt: Receipt) -> Allocation:
    """The place of a receipt that this database had lost and has again, for the same person. Nobody is told by it.

    `tell_allocated` comes after, and writes once more to those whose letter is not in this copy either.
    """
    sealed = AllocationList.objects.filter(trial=trial, list_id=receipt.of).select_related("protocol_version").first()
    if sealed is None:
        raise AllocationRefused(
            "list",
            _("List %(list)s is not in this copy of the database. Restore a copy that was made after it was sealed.")
            % {"list": receipt.of[:12]},
        )
    participant = trial.participants.filter(code=receipt.participant).first()
    if participant is None:
        raise AllocationRefused(
            "participant",
            _(
                "%(code)s has place %(index)s by its receipt, and is not in this copy of the database. "
                "Restore a later copy, or register the person again, who then goes the same way again. "
                "Nothing was replayed."
            )
            % {"code": receipt.participant, "index": receipt.number},
        )
    place = must_be_ready(participant, sealed.protocol_version)
    with refused_as("list"):
        slot, stored = opened_slot(sealed, receipt.number)
        if stored.leaf != receipt.leaf:
            raise proofs.ProofMismatch(
                f"Place {receipt.number} of list {sealed.list_id[:12]} in the database is not the one of its receipt."
            )
    return write(sealed, place, slot, receipt)


def opening(*, sealed: AllocationList) -> bytes:
    """The file that opens the whole list to everybody. Refused until the trial is unmasked."""
    if not Trial.objects.filter(pk=sealed.trial_id, stage=Stage.UNMASKED).exists():
        raise AllocationRefused("stage", _("The list is opened to everybody once the trial is unmasked."))
    key = AllocationKey(settings.ALLOCATION_KEY)
    with refused_as("list"):
        slots = tuple(
            open_slot(key, sealed.list_id, index, bytes(content))
            for index, content in sealed.slots.order_by("index").values_list("index", "sealed")
        )
        salt = open_salt(key, sealed.list_id, bytes(sealed.sealed_salt))
        opened = proofs.AllocationList(facts_of_list(sealed), slots, salt)
        if (opened.id, opened.root) != (sealed.list_id, sealed.root):
            raise proofs.ProofMismatch(f"The places of list {sealed.list_id[:12]} do not lead to its published root.")
        return openings.list_opening(opened, chain.chain(sealed.list_id))
