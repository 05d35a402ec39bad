"""What must be true before a trial goes one stage on: each item with what is still to do."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from questionnaires import clock
from questionnaires.models import Sitting
from trial.allocation.designs import design_of
from trial.allocation.guards import AllocationRefused, facts_in_force, refused_as
from trial.allocation.models import Draw, EnteredInError
from trial.allocation.services import chain
from trial.allocation.services.lists import places_not_told
from trial.allocation.services.overview import has_list_for
from trial.allocation.shares import DesignImpossible
from trial.enrolment.models import Outcome, Screening
from trial.messages.models import Kind
from trial.people.models import SECOND_PERSON, Role
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.protocol.schema import Protocol
from trial.protocol.wordings.services import why_wordings_are_not_settled
from trial.waves.models import CohortWave
from trial.waves.services import own_ends

STAFF = {
    "recruiter": Role.RECRUITER,
    "programme_coordinator": Role.PROGRAMME,
    "instructor": Role.INSTRUCTOR,
    "safety_clinician": Role.CLINICIAN,
    "principal_investigator": Role.PI,
}


@dataclass(frozen=True, slots=True)
class Item:
    """`to_do` says what is missing, and is empty once it is done."""

    name: str
    words: str
    to_do: str = ""

    @property
    def is_done(self) -> bool:
        return not self.to_do


def checklist(trial: Trial) -> list[Item]:
    """What the door out of the trial's stage asks; nothing where two people are the door."""
    lists = {
        Stage.DRAFT: _before_recruiting,
        Stage.RECRUITING: _before_closing,
        Stage.CLOSED: _before_locking,
    }
    items = lists.get(Stage(trial.stage))
    return items(trial) if items else []


def _before_recruiting(trial: Trial) -> list[Item]:
    version = trial.version_in_force()
    if version is None:
        return [Item("protocol", _("A protocol is in force"), _("Put the draft in force first."))]
    protocol = version.protocol
    return [
        Item("protocol", _("A protocol is in force")),
        _ethics(protocol),
        Item(
            "consent",
            _("There is a text to consent to"),
            "" if protocol.consent_documents else _("Write one into the protocol."),
        ),
        Item("wordings", _("Every wording is validated or signed for"), why_wordings_are_not_settled(trial)),
        _design(version),
        *_sealed(version),
        _team(trial, protocol),
        _mail(trial),
    ]


def _ethics(protocol: Protocol) -> Item:
    to_do = "" if protocol.ethics.reference.strip() else _("Write it into the protocol.")
    return Item("ethics", _("The ethics committee's reference is known"), to_do)


def _design(version: ProtocolVersion) -> Item:
    words = _("The randomisation is possible with these arms")
    try:
        design_of(version.protocol.randomisation, version.protocol.arms)
        facts_in_force(version)
    except DesignImpossible as problem:
        return Item("design", words, str(problem))
    return Item("design", words)


def _sealed(version: ProtocolVersion) -> list[Item]:
    """Of a trial that allocates people one by one."""
    if version.protocol.randomisation.method == "cohort_draw":
        return []
    to_do = "" if has_list_for(version) else _("Seal it on the page “Allocation”, before the first person consents.")
    return [Item("list", _("The list of places is sealed"), to_do)]


def _team(trial: Trial, protocol: Protocol) -> Item:
    """Everybody whom the protocol gives something to do, and a second person for the unmasking."""
    held = list(trial.memberships.current().values_list("role", "user_id"))
    judges = {STAFF[each.judged_by] for each in protocol.criteria if each.judged_by in STAFF}
    needed = {Role.PI, Role.RECRUITER, Role.INSTRUCTOR, *judges}
    needed |= {STAFF[protocol.safety.answered_by], STAFF[protocol.safety.escalates_to]}
    missing = [str(role.label) for role in Role if role in needed - {Role(role) for role, _user in held}]
    leaders = {user for role, user in held if role == Role.PI}
    if not [user for role, user in held if Role(role) in SECOND_PERSON and {user} != leaders]:
        missing.append(_("a statistician, monitor or committee, for the unmasking"))
    to_do = _("Missing: %(roles)s.") % {"roles": ", ".join(missing)} if missing else ""
    return Item("team", _("The team has everybody whom the protocol needs"), to_do)


def _mail(trial: Trial) -> Item:
    is_tested = trial.mails.filter(kind=Kind.TEST, sent_at__isnull=False).exists()
    to_do = "" if is_tested else _("Send a test mail to yourself below, and look whether it comes.")
    return Item("mail", _("A mail was sent, to see that mails leave"), to_do)


def _before_closing(trial: Trial) -> list[Item]:
    return [_drawn(trial), _receipts(trial)]


def _before_locking(trial: Trial) -> list[Item]:
    return [_drawn(trial), _receipts(trial), _waves(trial), _screenings(trial), _flags(trial)]


def _drawn(trial: Trial) -> Item:
    untold = Draw.objects.filter(cohort__trial=trial, told_at__isnull=True).values_list("cohort__number", flat=True)
    numbers = ", ".join(str(number) for number in untold)
    to_do = _("Not drawn and told yet: cohort %(numbers)s.") % {"numbers": numbers} if numbers else ""
    if not to_do and places_not_told(trial).exists():
        to_do = _("Somebody has a place of the list and is not told yet. The program tries once a minute.")
    return Item("drawn", _("Every cohort that was closed is drawn and told"), to_do)


def _receipts(trial: Trial) -> Item:
    try:
        with refused_as("receipts"):
            lost = chain.missing(trial)
    except AllocationRefused as problem:
        return Item("receipts", _("The receipts stand in both places"), str(problem))
    to_do = _("Receipts are missing here: the operator replays them (manage.py replay_receipts).") if lost else ""
    return Item("receipts", _("The receipts stand in both places"), to_do)


def _waves(trial: Trial) -> Item:
    """Windows of cohorts, and of sittings that have their own, grace included."""
    now = clock.now()
    keys = trial.participants.values("respondent_key")
    of_cohorts = CohortWave.objects.filter(cohort__trial=trial, accepts_until__gt=now)
    own = Sitting.objects.filter(respondent__in=keys, submitted_at__isnull=True, accepts_until__gt=now)
    ends = [*of_cohorts.values_list("accepts_until", flat=True), *own.values_list("accepts_until", flat=True)]
    last = max([*ends, *own_ends(trial), now])
    to_do = ""
    if last > now:
        version = trial.version_in_force()
        day = last.astimezone(version.zone).date() if version else last.date()
        to_do = _("The last one takes answers until %(day)s.") % {"day": day.isoformat()}
    return Item("waves", _("Every wave is over, its grace included"), to_do)


def _screenings(trial: Trial) -> Item:
    """Whoever was screened was taken up or not, and why: the flow of participants counts it."""
    waiting = Screening.objects.filter(participant__trial=trial, outcome=Outcome.WAITING, reopened_at__isnull=True)
    codes = _codes(waiting.exclude(participant__withdrawals__isnull=False), "participant__code")
    to_do = _("Still to be judged: %(codes)s.") % {"codes": codes} if codes else ""
    return Item("screenings", _("Every screening is judged"), to_do)


def _flags(trial: Trial) -> Item:
    waiting = EnteredInError.objects.filter(allocation__trial=trial, seconded_at__isnull=True)
    codes = _codes(waiting, "allocation__participant__code")
    to_do = _("A second person confirms it of: %(codes)s.") % {"codes": codes} if codes else ""
    return Item("flags", _("Every flag “entered in error” is confirmed"), to_do)


def _codes(rows: QuerySet, field: str) -> str:
    return ", ".join(rows.order_by(field).values_list(field, flat=True).distinct())
