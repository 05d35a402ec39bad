"""The files that open a trial's draws and lists to everybody, once the groups are open."""

from django.utils.translation import gettext as _

from trial.allocation.guards import AllocationRefused
from trial.allocation.models import AllocationList, Draw
from trial.allocation.openings import cohort_opening
from trial.allocation.services import chain
from trial.allocation.services.cohorts import must_be_as_drawn, opened
from trial.allocation.services.list_records import opening as list_opening
from trial.protocol.models import Stage, Trial


def is_opened(trial: Trial) -> bool:
    """Whether everybody may have the openings: the data are locked, and two people have opened the groups."""
    return trial.stage == Stage.UNMASKED


def opening_of(of: Draw | AllocationList) -> bytes:
    """The file that opens a draw or a list. Refused until the trial is unmasked, and when something does not fit."""
    if isinstance(of, AllocationList):
        return list_opening(sealed=of)
    if not is_opened(Trial.objects.get(pk=of.cohort.trial_id)):
        raise AllocationRefused("stage", _("The draw is opened to everybody once the trial is unmasked."))
    must_be_as_drawn(of)
    return cohort_opening(opened(of), chain.chain(of.commitment))
