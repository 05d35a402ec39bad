"""What the staff's pages show of an allocation: codes, moments, counts. Nothing here reads an arm."""

from django.db.models import Count, F, QuerySet

from trial.allocation.models import AllocationList
from trial.enrolment.models import CohortPlace
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Trial
from trial.waves.services import ready_one_by_one


def randomised(trial: Trial) -> QuerySet[CohortPlace]:
    """Who has an allocation, the latest first, with `told_at`, `flagged_at` and `seconded_at` (one query)."""
    places = CohortPlace.objects.filter(participant__trial=trial, participant__allocation__isnull=False)
    return (
        places.annotate(
            told_at=F("participant__allocation__told_at"),
            flagged_at=F("participant__allocation__entered_in_error__flagged_at"),
            seconded_at=F("participant__allocation__entered_in_error__seconded_at"),
        )
        .select_related("participant")
        .order_by("-randomised_at", "-participant")
    )


def is_randomised(participant: Participant) -> bool:
    return CohortPlace.objects.filter(participant=participant, randomised_at__isnull=False).exists()


def lists_of(trial: Trial) -> QuerySet[AllocationList]:
    """The sealed lists with `taken`, the number of places used (one query)."""
    return trial.allocation_lists.annotate(taken=Count("allocations")).select_related("protocol_version", "sealed_by")


def has_list_for(version: ProtocolVersion) -> bool:
    """Whether this version of the protocol needs no list, or has one: for the door from draft to recruiting."""
    if version.protocol.randomisation.method == "cohort_draw":
        return True
    return AllocationList.objects.filter(protocol_version=version).exists()


def next_in_turn(trial: Trial, version: ProtocolVersion) -> CohortPlace | None:
    """Whose turn it is: whoever was ready first."""
    return ready_one_by_one(trial, version).first()
