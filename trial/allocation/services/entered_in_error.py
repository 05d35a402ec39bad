"""Somebody was randomised who should not have been. That stays, is analysed as randomised, and is flagged by two."""

from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation.guards import AllocationRefused, refusals_recorded
from trial.allocation.models import Allocation, EnteredInError
from trial.audit.services import record
from trial.enrolment import guards as enrolment
from trial.people.models import Participant, User
from trial.protocol.models import Trial


@refusals_recorded
def flag_entered_in_error(*, trial: Trial, participant: Participant, actor: User, reason: str) -> EnteredInError:
    """The first of two people says so, with a reason. The place stays taken. Again: returns the first flag."""
    enrolment.must_be_of(trial, participant)
    participant = enrolment.locked(participant)
    allocation = _allocation_of(participant)
    if not reason.strip():
        raise AllocationRefused("reason", _("Nothing was flagged. Write a reason: it stands in the report."))
    flag, is_new = EnteredInError.objects.get_or_create(
        allocation=allocation, defaults={"reason": reason.strip(), "flagged_by": actor, "flagged_at": clock.now()}
    )
    if is_new:
        record("allocation.flagged", trial=trial, participant=participant, actor=actor, reason=flag.reason)
    return flag


@refusals_recorded
def second_flag(*, trial: Trial, participant: Participant, actor: User) -> EnteredInError:
    """A second person confirms it. Again: changes nothing."""
    enrolment.must_be_of(trial, participant)
    participant = enrolment.locked(participant)
    flag = EnteredInError.objects.select_for_update().filter(allocation=_allocation_of(participant)).first()
    if flag is None:
        raise AllocationRefused(
            "flag", _("Nobody has flagged this person yet. The first of two people gives the reason.")
        )
    if flag.seconded_at is not None:
        return flag
    if flag.flagged_by_id == actor.pk:
        raise AllocationRefused("second", _("You flagged this person yourself. Somebody else has to confirm it."))
    flag.seconded_by, flag.seconded_at = actor, clock.now()
    flag.save(update_fields=["seconded_by", "seconded_at"])
    record("allocation.flag_confirmed", trial=trial, participant=participant, actor=actor)
    return flag


def _allocation_of(participant: Participant) -> Allocation:
    allocation = Allocation.objects.filter(participant=participant).first()
    if allocation is None:
        raise AllocationRefused(
            "allocation", _("%(code)s is not randomised, so there is nothing to flag.") % {"code": participant.code}
        )
    return allocation
