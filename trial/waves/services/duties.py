"""Which waves are asked of whom in some span of time: a fixed number of queries, however many people there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery

from questionnaires.models import Sitting
from questionnaires.windows import Window
from trial.enrolment.models import CohortPlace, Consent, Level, Withdrawal
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.schema_conduct import Wave
from trial.waves.guards import TAKES_ANSWERS
from trial.waves.models import CohortWave
from trial.waves.services.sittings import sittings_of
from trial.waves.timing import window_from

OWN_ANCHORS = ("consent", "allocation")


@dataclass(frozen=True, slots=True)
class Duty:
    """A wave that is asked of somebody and not handed in. `sitting` is None while it is not begun."""

    place: CohortPlace
    wave: Wave
    version: ProtocolVersion
    window: Window
    sitting: Sitting | None

    @property
    def has_left_something(self) -> bool:
        return self.place.left_at is not None  # type: ignore[attr-defined]

    @property
    def since(self) -> datetime:
        """From when on it can be asked of the person."""
        asked_before_draw = self.wave in self.version.protocol.waves_before_randomisation
        return self.place.joined_at if asked_before_draw else self.place.randomised_at or self.place.joined_at


def versions_at_work() -> dict[int, ProtocolVersion]:
    """The version in force of every trial that takes answers, by the trial."""
    working = ProtocolVersion.objects.in_force_of(Trial.objects.filter(stage__in=TAKES_ANSWERS))
    return {version.trial_id: version for version in working}


def duties(versions: dict[int, ProtocolVersion], *, opened_by: datetime, open_after: datetime) -> list[Duty]:
    """Every duty of these trials whose window has opened by one moment and ends after another (five queries).

    Of those who have left the questionnaires, or have yet to sign the consent in force, nothing is asked.
    """
    span = {"opens_at__lte": opened_by, "ends_at__gt": open_after}
    stored = {(row.cohort_id, row.wave): row.window for row in CohortWave.objects.filter(**span)}
    begun = Sitting.objects.filter(**span, submitted_at__isnull=True).values("respondent")
    own = [pk for pk, version in versions.items() if any(w.anchor in OWN_ANCHORS for w in version.protocol.waves)]
    asked = asked_of(versions).filter(
        Q(cohort__in={cohort for cohort, _wave in stored})
        | Q(participant__respondent_key__in=begun)
        | Q(cohort__trial__in=own)
    )
    places = _who_have_signed(list(asked), versions)
    sittings = sittings_of(place.participant.respondent_key for place in places)
    found = (
        duty
        for place in places
        for duty in _duties_of(place, versions[place.cohort.trial_id], sittings, stored)
        if duty.window.opens_at <= opened_by and duty.window.ends_at > open_after
    )
    return list(found)


def places_of(trials: Iterable[int]) -> QuerySet[CohortPlace]:
    """The places of these trials, each with the first consent and when its person left something first."""
    own = {"participant": OuterRef("participant")}
    consented = Consent.objects.filter(**own).values("participant").annotate(first=Min("given_at")).values("first")
    left = Withdrawal.objects.filter(**own).order_by("withdrawn_at").values("withdrawn_at")[:1]
    return (
        CohortPlace.objects.filter(cohort__trial__in=list(trials))
        .annotate(consented_at=Subquery(consented), left_at=Subquery(left))
        .select_related("cohort__trial", "participant__mail_hour")
    )


def asked_of(trials: Iterable[int]) -> QuerySet[CohortPlace]:
    """The places of those who have not left the questionnaires."""
    left = Withdrawal.objects.filter(participant=OuterRef("participant"), level=Level.QUESTIONNAIRES)
    return places_of(trials).filter(~Exists(left))


def _who_have_signed(places: Sequence[CohortPlace], versions: dict[int, ProtocolVersion]) -> list[CohortPlace]:
    given: dict[int, set[tuple[str, str]]] = {}
    people = [place.participant_id for place in places]
    signed = Consent.objects.filter(participant__in=people).values_list("participant_id", "document", "version")
    for participant, document, version in signed:
        given.setdefault(participant, set()).add((document, version))
    needed = {
        trial: {(each.id, each.version) for each in version.protocol.consent_documents}
        for trial, version in versions.items()
    }
    return [place for place in places if needed[place.cohort.trial_id] <= given.get(place.participant_id, set())]


def _duties_of(
    place: CohortPlace,
    version: ProtocolVersion,
    sittings: dict[tuple[UUID, str], Sitting],
    stored: dict[tuple[int, str], Window],
) -> Iterable[Duty]:
    before = version.protocol.waves_before_randomisation
    for wave in version.protocol.waves:
        is_of_this_time = place.cohort.closed_at is None if wave in before else place.randomised_at is not None
        sitting = sittings.get((place.participant.respondent_key, wave.id))
        if not is_of_this_time or (sitting and sitting.submitted_at):
            continue
        window = (
            sitting.window if sitting else stored.get((place.cohort_id, wave.id)) or own_window(place, wave, version)
        )
        if window is not None:
            yield Duty(place, wave, version, window, sitting)


def own_ends(trial: Trial) -> list[datetime]:
    """Until when the waves that hang on somebody's own date take answers, begun or not (two queries)."""
    version = trial.version_in_force()
    if version is None:
        return []
    places = list(places_of([trial.pk]))
    windows = [own_window(place, wave, version) for place in places for wave in version.protocol.waves]
    return [window.accepts_until for window in windows if window]


def own_window(place: CohortPlace, wave: Wave, version: ProtocolVersion) -> Window | None:
    """The window of a wave that hangs on somebody's own consent or allocation; None when it is not known yet."""
    if wave.anchor not in OWN_ANCHORS:
        return None
    moment = place.consented_at if wave.anchor == "consent" else place.randomised_at  # type: ignore[attr-defined]
    if moment is None:
        return None
    return window_from(wave, moment.astimezone(version.zone).date(), version.protocol.time_zone)
