"""Writing the audit trail. Every service that changes something calls `record` inside its own transaction."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.db import transaction

from questionnaires import clock
from trial.audit.models import ActorKind, AuditEntry

P = ParamSpec("P")
R = TypeVar("R")


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


class Refused(Exception):
    """A guard held: `guard` is its name in the audit trail, the message is for the person who tried."""

    def __init__(self, guard: str, sentence: str) -> None:
        super().__init__(sentence)
        self.guard = guard


def recording_refusals(thing: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run a service in one transaction. Refused, it writes nothing, and "<thing>.refused" says which guard held.

    The entry is written after the service's own transaction was rolled back, so that it stays. The service names
    whom it is about by its keyword arguments: trial, cohort, participant, actor. One that knows no actor is a
    participant's own; without anybody as actor the program itself was refused.
    """

    def decorate(service: Callable[P, R]) -> Callable[P, R]:
        @wraps(service)
        def guarded(*args: P.args, **named: P.kwargs) -> R:
            try:
                with transaction.atomic():
                    return service(*args, **named)
            except Refused as refusal:
                _record_refusal(thing, service.__name__, refusal, cast(dict[str, Any], named))
                raise

        return guarded

    return decorate


def _record_refusal(thing: str, step: str, refusal: Refused, about: dict[str, Any]) -> None:
    participant, cohort, actor = about.get("participant"), about.get("cohort"), about.get("actor")
    trial = about.get("trial") or (cohort.trial if cohort else None) or (participant.trial if participant else None)
    record(
        f"{thing}.refused",
        trial=trial,
        # Somebody of another trial must not appear in this one's trail.
        participant=participant if participant and participant.trial == trial else None,
        actor=actor,
        by_participant="actor" not in about,
        guard=refusal.guard,
        step=step,
    )
