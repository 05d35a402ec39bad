"""Who is in a group, and which sessions are somebody's own. Nothing here writes."""

from dataclasses import dataclass

from django.db.models import QuerySet

from trial.allocation.visibility import takes_programme
from trial.enrolment.models import Level, Withdrawal
from trial.people.models import Participant, Role, User
from trial.programme.models import Attendance, Came, Crossover, Group, Session
from trial.protocol.models import Trial
from trial.protocol.schema import Protocol
from trial.protocol.schema_conduct import Session as Step
from trial.protocol.schema_enrolment import Arm


def groups_of(trial: Trial, user: User, roles: set[Role]) -> QuerySet[Group]:
    """The groups that somebody may see: all of the trial for its programme coordinator, else those one leads."""
    groups = Group.objects.filter(cohort__trial=trial).select_related("cohort", "instructor")
    return groups if Role.PROGRAMME in roles else groups.filter(instructor=user)


def roll(session: Session) -> list[Participant]:
    """Everybody who was to come: those of the group but for whoever had left the sessions before it began."""
    group = session.group
    left = set(
        Withdrawal.objects.filter(
            level=Level.SESSIONS,
            participant__place__cohort=group.cohort_id,
            withdrawn_at__lt=session.starts_at,
        ).values_list("participant_id", flat=True)
    )
    return [each for each in _members(group) if each.pk not in left]


def _members(group: Group) -> list[Participant]:
    if group.is_crossover:
        crossed = Crossover.objects.filter(group=group).select_related("participant").order_by("participant__pk")
        return [each.participant for each in crossed]
    return takes_programme(group.cohort, group.programme)


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session of one's own: what the protocol says of it, and whether one was there (None: not noted)."""

    session: Session
    step: Step
    was_there: bool | None


def own_sessions(participant: Participant, arm: Arm | None, protocol: Protocol) -> list[OwnSession]:
    """The sessions that somebody may join, in order; none before telling and none after leaving them.

    `arm` is their own as `visibility.own_arm` tells it.
    """
    group = _own_group(participant, arm) if arm else None
    if group is None or participant.withdrawals.filter(level=Level.SESSIONS).exists():
        return []
    programme = protocol.programme(group.programme)
    noted = Attendance.objects.filter(participant=participant, session__group=group).exclude(came="")
    came = dict(noted.values_list("session_id", "came"))
    sessions = group.sessions.select_related("group").order_by("number")
    return [
        OwnSession(
            session,
            programme.sessions[session.number - 1],
            came[session.pk] in (Came.PRESENT, Came.LATE) if session.pk in came else None,
        )
        for session in sessions
    ]


def _own_group(participant: Participant, arm: Arm) -> Group | None:
    if arm.programme:
        groups = Group.objects.filter(cohort__places__participant=participant, is_crossover=False)
        return groups.filter(programme=arm.programme).first()
    return Group.objects.filter(crossovers__participant=participant).first()
