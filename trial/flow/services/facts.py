"""What is stored about the people of a trial, read in a fixed number of queries whatever their number."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Sitting
from questionnaires.windows import Window
from trial.enrolment.models import Cohort, Consent, CriterionJudgement, Screening, Withdrawal
from trial.flow.counting import Moment
from trial.flow.standing import Cell, CohortFacts, Person, Sat, cell
from trial.people.models import Participant
from trial.programme.models import Attendance, Came
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.protocol.schema import Protocol
from trial.waves.models import MOMENTS, CohortWave
from trial.waves.timing import window_from


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """A trial at one moment: its people in order of registration, and its cohorts."""

    version: ProtocolVersion
    at: Moment
    stage: Stage
    people: tuple[Person, ...]
    cohorts: tuple[CohortFacts, ...]

    @property
    def protocol(self) -> Protocol:
        return self.at.protocol

    @property
    def now(self) -> datetime:
        return self.at.now

    def cells(self, person: Person) -> tuple[Cell, ...]:
        """The person's waves, in the protocol's order."""
        before = self.at.before
        return tuple(cell(person, wave.id, self.now, before_draw=wave.id in before) for wave in self.protocol.waves)


def facts_of(trial: Trial, *, code: str = "") -> TrialFacts | None:
    """Read everybody, or the one person with `code`. None while the trial has no protocol in force."""
    version = trial.version_in_force()
    if version is None:
        return None
    people = trial.participants.filter(code=code) if code else trial.participants.all()
    stage = Stage(Trial.objects.values_list("stage", flat=True).get(pk=trial.pk))
    at = Moment(version.protocol, clock.now(), stage == Stage.RECRUITING, stage != Stage.UNMASKED)
    cohorts = _cohorts(trial)
    return TrialFacts(version, at, stage, _people(people, cohorts, at), tuple(cohorts.values()))


def _cohorts(trial: Trial) -> dict[int, CohortFacts]:
    windows: dict[int, dict[str, Window]] = defaultdict(dict)
    for cohort, wave, *moments in CohortWave.objects.filter(cohort__trial=trial).values_list(
        "cohort", "wave", *MOMENTS
    ):
        windows[cohort][wave] = Window(*moments)
    return {
        cohort.pk: CohortFacts(
            cohort.number,
            cohort.programme_starts_on,
            cohort.programme_ends_on,
            cohort.closed_at,
            cohort.drawn_at,
            cohort.told_at,
            frozenset(cohort.codes or ()),
            windows[cohort.pk],
        )
        for cohort in Cohort.objects.filter(trial=trial).annotate(
            drawn_at=F("draw__drawn_at"), told_at=F("draw__told_at"), codes=F("draw__codes")
        )
    }


def _people(people: QuerySet[Participant], cohorts: dict[int, CohortFacts], at: Moment) -> tuple[Person, ...]:
    signed, left, sat = _signed(people), _left(people), _sat(people)
    screened, unmet = _screened(people), _unmet(people)
    came = {} if at.is_masked else _came(people)
    fields = ("sociodemographic__submitted_at", "place__cohort", "place__randomised_at")
    found = []
    for pk, code, key, registered_at, sheet_at, cohort, randomised_at in people.values_list(
        "pk", "code", "respondent_key", "created_at", *fields
    ):
        own = cohorts.get(cohort)
        outcome, screened_at = screened.get(pk, (None, None))
        found.append(
            Person(
                code=code,
                registered_at=registered_at,
                signed=signed[pk],
                screened_at=screened_at,
                outcome=outcome,
                unmet=tuple(unmet[pk]),
                sheet_at=sheet_at,
                cohort=own,
                randomised_at=randomised_at,
                left=left[pk],
                sat=sat[key],
                windows=_windows(own, signed[pk].values(), randomised_at, at),
                came=came.get(pk),
            )
        )
    return tuple(found)


def _signed(people: QuerySet[Participant]) -> dict[int, dict[tuple[str, str], datetime]]:
    found: dict[int, dict[tuple[str, str], datetime]] = defaultdict(dict)
    consents = Consent.objects.filter(participant__in=people)
    for pk, document, version, given_at in consents.values_list("participant", "document", "version", "given_at"):
        found[pk][document, version] = given_at
    return found


def _screened(people: QuerySet[Participant]) -> dict[int, tuple[str, datetime]]:
    current = Screening.objects.filter(participant__in=people, reopened_at__isnull=True)
    return {pk: (outcome, at) for pk, outcome, at in current.values_list("participant", "outcome", "submitted_at")}


def _unmet(people: QuerySet[Participant]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    current = CriterionJudgement.objects.filter(
        screening__participant__in=people, screening__reopened_at__isnull=True, is_met=False
    )
    for pk, criterion in current.values_list("screening__participant", "criterion"):
        found[pk].append(criterion)
    return found


def _left(people: QuerySet[Participant]) -> dict[int, dict[str, datetime]]:
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    left = Withdrawal.objects.filter(participant__in=people)
    for pk, level, withdrawn_at in left.values_list("participant", "level", "withdrawn_at"):
        found[pk][level] = withdrawn_at
    return found


def _sat(people: QuerySet[Participant]) -> dict[UUID, dict[str, Sat]]:
    found: dict[UUID, dict[str, Sat]] = defaultdict(dict)
    sittings = Sitting.objects.filter(respondent__in=people.values("respondent_key"))
    fields = ("respondent", "wave", "key", "opened_at", "submitted_at", *MOMENTS)
    for respondent, wave, key, opened_at, submitted_at, *moments in sittings.values_list(*fields):
        found[respondent][wave] = Sat(key, Window(*moments), opened_at, submitted_at)
    return found


def _came(people: QuerySet[Participant]) -> dict[int, bool]:
    """Who came to a session of the programme of their own arm: asked once the trial is unmasked, and not before."""
    notes = Attendance.objects.filter(participant__in=people, session__group__is_crossover=False)
    found: dict[int, bool] = defaultdict(bool)
    for pk, came in notes.values_list("participant", "came"):
        found[pk] |= came in (Came.PRESENT, Came.LATE)
    return found


def _windows(cohort: CohortFacts | None, signed: Any, randomised_at: datetime | None, at: Moment) -> dict[str, Window]:
    """The windows of somebody's waves, by the wave's id; without those whose date is not known yet."""
    found = dict(cohort.windows) if cohort else {}
    own = {"consent": min(signed, default=None), "allocation": randomised_at}
    for wave in at.protocol.waves:
        moment = own.get(wave.anchor)
        if moment and wave.id not in found:
            found[wave.id] = window_from(wave, moment.astimezone(at.zone).date(), at.protocol.time_zone)
    return found


def percent_answered(sittings: list[UUID]) -> dict[UUID, int]:
    """How much of each sitting is answered, in whole per cent, rounded down (two queries)."""
    return {key: 100 * far.answered // far.total for key, far in answering.progress_of(sittings).items()}
