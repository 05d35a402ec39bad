"""What must be true before a group, a session, a note of attendance or a crossover.

No service here names a participant to the trail, in what it does or refuses: who is in a programme tells the arm.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from trial.allocation.models import Draw
from trial.audit.services import Refused, recording_refusals
from trial.enrolment.models import Cohort
from trial.people.models import Role, User
from trial.programme.models import Group
from trial.protocol.models import Stage, Trial


class ProgrammeRefused(Refused):
    """A guard of the programme held."""


refusals_recorded = recording_refusals("programme")

TAKES_PLACE = (Stage.RECRUITING, Stage.CLOSED)


def locked(trial: Trial) -> Trial:
    return Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)


def must_take_place(trial: Trial) -> None:
    if trial.stage not in TAKES_PLACE:
        raise ProgrammeRefused("stage", _("The data of this trial are locked. Nothing was changed."))


def must_be_of(trial: Trial, cohort: Cohort) -> None:
    if cohort.trial_id != trial.pk:
        raise ProgrammeRefused("trial", _("This is not of this trial. Nothing was changed."))


def must_coordinate(trial: Trial, actor: User | None) -> None:
    """`actor` None is the program itself, such as a simulated trial."""
    if actor is not None and Role.PROGRAMME not in actor.roles_in(trial):
        raise ProgrammeRefused("role", _("The programme coordinator does this. Nothing was changed."))


def must_lead(group: Group, actor: User | None) -> None:
    """The group's own instructor, or the programme coordinator in their place."""
    if actor is None:
        return
    roles = actor.roles_in(group.cohort.trial)
    if Role.PROGRAMME not in roles and not (Role.INSTRUCTOR in roles and group.instructor_id == actor.pk):
        raise ProgrammeRefused("role", _("You do not lead this group. Nothing was changed."))


def must_be_told(cohort: Cohort) -> Draw:
    draw = Draw.objects.filter(cohort=cohort, told_at__isnull=False).first()
    if draw is None:
        raise ProgrammeRefused("told", _("This cohort has not been told its groups yet, so no sessions can be set."))
    return draw


def must_be_to_come(starts_at: datetime, now: datetime) -> None:
    if starts_at <= now:
        raise ProgrammeRefused("past", _("A session would begin in the past. Choose a later day or hour."))


def must_have_begun(starts_at: datetime, now: datetime) -> None:
    if now < starts_at:
        raise ProgrammeRefused("begun", _("The session has not begun yet. Attendance can be noted once it has."))


def must_have_reason(reason: str) -> str:
    if not reason.strip():
        raise ProgrammeRefused("reason", _("Nothing was changed. Write a reason, so that the audit trail can tell it."))
    return reason.strip()
