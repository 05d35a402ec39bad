"""What happened with the randomisation of a trial and who could have seen what: facts for the report, no arms."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from trial.allocation.models import AllocationList, Draw, EnteredInError, Unmasking
from trial.audit.models import AuditEntry
from trial.enrolment.models import CohortPlace, Consent
from trial.people.models import Membership, Role
from trial.protocol.models import ProtocolVersion, Stage, Trial

# Who learns arms once they are told, by the rules of `visibility`: those who run the programme. The committee knows
# arms by letters alone.
LEARN_ARMS = (Role.PROGRAMME, Role.INSTRUCTOR)
MASKED = (Role.PI, Role.RECRUITER, Role.STATISTICIAN, Role.DATA_MANAGER, Role.CLINICIAN, Role.MONITOR)


@dataclass(frozen=True)
class Made:
    """One sequence: when it was drawn (a list) or committed to (a cohort), and what was published then."""

    on: date
    published: str


@dataclass(frozen=True)
class AllocationFacts:
    """`both`: how many of those who enrolled also held, at any time, a role that learns arms."""

    version: ProtocolVersion
    made: tuple[Made, ...]
    asked_by: tuple[Role, ...]
    places: int
    before_first_consent: bool
    randomised: int
    enrollers: int
    both: int
    roles_held: frozenset[Role]
    emergencies: int
    flagged: int
    is_unmasked: bool


def allocation_facts(trial: Trial, version: ProtocolVersion) -> AllocationFacts:
    """A fixed number of queries, however many took part."""
    zone = version.zone
    lists = list(AllocationList.objects.filter(trial=trial))
    draws = list(Draw.objects.filter(cohort__trial=trial))
    made = [Made(each.sealed_at.astimezone(zone).date(), each.root) for each in lists]
    made += [Made(each.committed_at.astimezone(zone).date(), each.commitment) for each in draws]
    first = Consent.objects.filter(participant__trial=trial).order_by("given_at").first()
    return AllocationFacts(
        version=version,
        made=tuple(made),
        asked_by=_roles_that_asked(trial),
        places=sum(each.length for each in lists),
        before_first_consent=bool(lists) and (first is None or lists[0].sealed_at < first.given_at),
        randomised=CohortPlace.objects.filter(participant__trial=trial, randomised_at__isnull=False).count(),
        enrollers=_enrollers(trial).count(),
        both=_enrollers(trial).filter(_also_learns_arms(trial)).count(),
        roles_held=frozenset(Role(role) for role in trial.memberships.values_list("role", flat=True)),
        emergencies=Unmasking.objects.filter(trial=trial, participant__isnull=False).count(),
        flagged=EnteredInError.objects.filter(allocation__trial=trial, seconded_at__isnull=False).count(),
        is_unmasked=trial.stage == Stage.UNMASKED,
    )


def _enrollers(trial: Trial) -> QuerySet[Membership]:
    return Membership.objects.filter(trial=trial, role=Role.RECRUITER).order_by("user").distinct("user")


def _also_learns_arms(trial: Trial) -> Exists:
    return Exists(Membership.objects.filter(trial=trial, user=OuterRef("user"), role__in=LEARN_ARMS))


def _roles_that_asked(trial: Trial) -> tuple[Role, ...]:
    acts = AuditEntry.objects.filter(trial=trial, action__in=("list.sealed", "cohort.closed"))
    held = {Role(role) for roles in acts.values_list("actor_roles", flat=True) for role in roles}
    return tuple(role for role in Role if role in held)
