"""What needs somebody today, and the one act that belongs to it: saying that a withdrawal was seen."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet

from trial.audit.models import AuditEntry
from trial.audit.services import record
from trial.flow import needs
from trial.flow.services.facts import TrialFacts
from trial.messages.models import LEDGER_KINDS, OutgoingMail
from trial.people.models import Participant, User
from trial.protocol.models import Trial

SEEN = "withdrawal.seen"

# What the trail says of a person whatever the arm: the first words of its actions. Programme records follow the arm.
THINGS_OF_EVERY_ARM = (
    "participant", "contact", "link", "consent", "screening", "criterion", "sheet", "enrolment",
    "wave", "withdrawal",
)  # fmt: skip


def of_every_arm(entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    """Those entries that nobody can read an arm from."""
    known = Q()
    for thing in THINGS_OF_EVERY_ARM:
        known |= Q(action=thing) | Q(action__startswith=f"{thing}.")
    return entries.filter(known)


def mails_to(participant: Participant) -> QuerySet[OutgoingMail]:
    """The mails to somebody that tell no arm, newest first, as the ledger shows them."""
    return OutgoingMail.objects.ledger(participant.trial).filter(participant=participant)


def needs_today(trial: Trial, facts: TrialFacts) -> tuple[needs.Need, ...]:
    """Everything that is open, for whatever role (four queries)."""
    cases = trial.safety_cases.open()
    told = Q(kind__in=LEDGER_KINDS, participant__withdrawals__isnull=True) | Q(participant__isnull=True)
    unsent = OutgoingMail.objects.failed().filter(told, trial=trial)
    draft = trial.draft()
    return needs.needs(
        needs.Situation(
            protocol=facts.protocol,
            now=facts.now,
            stage=facts.stage,
            people=facts.people,
            cohorts=facts.cohorts,
            cases=list(cases.values_list("participant__code", "answer_by")),
            unsent=[(code or "", asked) for code, asked in unsent.values_list("participant__code", "created_at")],
            seen=_seen(trial),
            draft=str(draft.number) if draft else "",
        )
    )


def _seen(trial: Trial) -> frozenset[str]:
    return frozenset(trial.audit_entries.filter(action=SEEN).values_list("participant__code", flat=True))


@transaction.atomic
def see_withdrawals(*, trial: Trial, codes: Collection[str], actor: User) -> None:
    """Take these withdrawals off the list of what needs somebody. Twice is the same as once."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    seen = _seen(trial)
    withdrawn = trial.participants.filter(code__in=codes, withdrawals__isnull=False).distinct()
    for participant in withdrawn:
        if participant.code not in seen:
            record(SEEN, trial=trial, actor=actor, participant=participant)
