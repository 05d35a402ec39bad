"""Groups are formed once a cohort was told; their sessions are dated, led by somebody, and moved when life happens."""

from datetime import date, datetime, time

from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import record
from trial.enrolment.guards import version_in_force
from trial.enrolment.models import Cohort
from trial.people.models import Role, User
from trial.programme import guards
from trial.programme.guards import ProgrammeRefused, refusals_recorded
from trial.programme.models import Group, Session
from trial.programme.schedule import arms_with, planned
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.schema_conduct import Programme


@refusals_recorded
def form_groups(*, trial: Trial, cohort: Cohort, at: time, actor: User | None) -> list[Group]:
    """A group for each programme that an arm has, its sessions from the cohort's start on. Again: the same groups.

    There is one whoever was drawn into the arm, so that nothing but the protocol decides what stands in the trail.
    """
    trial = guards.locked(trial)
    guards.must_be_of(trial, cohort)
    guards.must_coordinate(trial, actor)
    earlier = list(Group.objects.filter(cohort=cohort, is_crossover=False))
    if earlier:
        return earlier
    guards.must_take_place(trial)
    guards.must_be_told(cohort)
    version = version_in_force(trial)
    groups = []
    for programme in version.protocol.programmes:
        if arms := arms_with(version.protocol, programme.id):
            group = Group(cohort=cohort, programme=programme.id, arms=arms)
            groups.append(store(group, version, programme, cohort.programme_starts_on, at))
    record("programme.groups_formed", trial=trial, actor=actor, cohort=cohort.number, groups=len(groups))
    return groups


def store(group: Group, version: ProtocolVersion, programme: Programme, starts_on: date, at: time) -> Group:
    """The group with all its sessions, none of them in the past."""
    now = clock.now()
    sessions = planned(programme, starts_on=starts_on, at=at, zone=version.zone)
    guards.must_be_to_come(sessions[0].starts_at, now)
    group.created_at = now
    group.save()
    Session.objects.bulk_create(
        Session(group=group, number=each.number, starts_at=each.starts_at, minutes=each.minutes) for each in sessions
    )
    return group


@refusals_recorded
def lead_group(*, trial: Trial, group: Group, instructor: User | None, join_link: str, actor: User | None) -> Group:
    """Say who leads a group and by which address it meets. The trail tells that it was said, not the address."""
    trial = guards.locked(trial)
    guards.must_be_of(trial, group.cohort)
    guards.must_coordinate(trial, actor)
    guards.must_take_place(trial)
    if instructor is not None and Role.INSTRUCTOR not in instructor.roles_in(trial):
        raise ProgrammeRefused("instructor", _("This person is no instructor of this trial. Nothing was changed."))
    if join_link and not join_link.startswith("https://"):
        raise ProgrammeRefused("link", _("The link has to begin with https://. Copy it once more."))
    group.instructor, group.join_link = instructor, join_link
    group.save(update_fields=["instructor", "join_link"])
    record("programme.group_led", trial=trial, actor=actor, cohort=group.cohort.number)
    return group


@refusals_recorded
def move_session(*, trial: Trial, session: Session, starts_at: datetime, reason: str, actor: User | None) -> Session:
    """Give one session another day or hour. No wave moves with it, and it stays between its neighbours."""
    trial = guards.locked(trial)
    held = Session.objects.select_for_update(of=("self",)).select_related("group__cohort").get(pk=session.pk)
    guards.must_be_of(trial, held.group.cohort)
    guards.must_coordinate(trial, actor)
    guards.must_take_place(trial)
    reason, now = guards.must_have_reason(reason), clock.now()
    if held.starts_at <= now:
        raise ProgrammeRefused("past", _("This session has begun already, so it cannot be moved."))
    guards.must_be_to_come(starts_at, now)
    _must_stay_in_order(held, starts_at)
    held.starts_at, held.moved_at = starts_at, now
    held.save(update_fields=["starts_at", "moved_at"])
    record(
        "programme.session_moved",
        trial=trial,
        actor=actor,
        reason=reason,
        cohort=held.group.cohort.number,
        session=held.number,
    )
    return held


def _must_stay_in_order(session: Session, starts_at: datetime) -> None:
    others = Session.objects.filter(group=session.group_id).exclude(pk=session.pk)
    if any((other.number < session.number) != (other.starts_at < starts_at) for other in others):
        raise ProgrammeRefused(
            "order", _("It would change places with another session. Move that one first, or choose another day.")
        )
