"""Writing the audit trail. Every service that changes something calls `record` inside its own transaction."""

from typing import Any

from questionnaires import clock
from trial.audit.models import ActorKind, AuditEntry


def record(
    action: str,
    *,
    trial: Any,
    actor: Any = None,
    participant: Any = None,
    by_participant: bool = False,
    reason: str = "",
    **data: Any,
) -> AuditEntry:
    """Add one entry.

    `action` is "<thing>.<what happened>", for example "protocol.draft_saved"; `actor` the member of staff, or None
    when the participant (`by_participant`) or the program itself acted. `data` is small, arm-free and free of
    anything that names a person. The roles that the actor held in the trial at this moment are kept with it.
    """
    without_staff = ActorKind.PARTICIPANT if by_participant else ActorKind.SYSTEM
    return AuditEntry.objects.create(
        action=action,
        trial=trial,
        actor=actor,
        actor_kind=without_staff if actor is None else ActorKind.STAFF,
        actor_roles=sorted(actor.roles_in(trial)) if actor and trial else [],
        participant=participant,
        reason=reason,
        data=data,
        happened_at=clock.now(),
    )
