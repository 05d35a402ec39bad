"""Where everybody stands in the waves of their cohort: completion only, and never from what somebody withdrew."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from questionnaires import clock, windows
from questionnaires.models import Sitting
from questionnaires.windows import Window
from trial.enrolment.models import Cohort, CohortPlace
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.schema_conduct import Wave
from trial.waves.services.duties import own_window, places_of
from trial.waves.services.sittings import sittings_of
from trial.waves.standing import DONE, OPEN, TO_BEGIN, WaveState, wave_state


@dataclass(frozen=True, slots=True)
class Standing:
    """One person in one wave. `window` is their own, which an extension may have changed."""

    code: str
    state: WaveState
    window: Window | None
    submitted_at: datetime | None

    @property
    def is_extended(self) -> bool:
        return self.window is not None and self.window.ends_at > self.window.closes_at

    @property
    def can_be_extended(self) -> bool:
        return self.state in OPEN or self.state is WaveState.MISSED


@dataclass(frozen=True, slots=True)
class WaveStanding:
    """One wave of a cohort. `window` is the cohort's; None where everybody has their own."""

    cohort: Cohort
    wave: Wave
    window: Window | None
    state: windows.State | None
    is_before_draw: bool
    people: tuple[Standing, ...]

    @property
    def counts(self) -> Counter[WaveState]:
        return Counter(each.state for each in self.people)

    @property
    def handed_in(self) -> int:
        return sum(self.counts[state] for state in DONE)

    @property
    def not_started(self) -> int:
        return sum(self.counts[state] for state in TO_BEGIN)

    @property
    def can_be_extended(self) -> bool:
        """More time can be given to everybody: it has opened, and nobody waits to be drawn from it any more."""
        is_drawn = self.is_before_draw and self.cohort.closed_at is not None
        return not is_drawn and self.state not in (None, windows.State.UPCOMING)


def standings_of(trial: Trial, version: ProtocolVersion) -> list[tuple[Cohort, list[WaveStanding]]]:
    """Every cohort with its waves and its people, the newest first (five queries)."""
    now = clock.now()
    cohorts = list(trial.cohorts.order_by("-number").prefetch_related("waves"))
    by_cohort: dict[int, list[CohortPlace]] = {cohort.pk: [] for cohort in cohorts}
    for place in places_of([trial.pk]).order_by("participant"):
        by_cohort[place.cohort_id].append(place)
    everybody = [place for places in by_cohort.values() for place in places]
    sittings = sittings_of(place.participant.respondent_key for place in everybody)
    return [
        (cohort, [_wave(cohort, wave, version, by_cohort[cohort.pk], sittings, now) for wave in version.protocol.waves])
        for cohort in cohorts
    ]


def _wave(
    cohort: Cohort,
    wave: Wave,
    version: ProtocolVersion,
    places: Iterable[CohortPlace],
    sittings: dict[tuple[UUID, str], Sitting],
    now: datetime,
) -> WaveStanding:
    window = next((row.window for row in cohort.waves.all() if row.wave == wave.id), None)
    is_before_draw = wave in version.protocol.waves_before_randomisation
    people = []
    for place in places:
        if is_before_draw or place.randomised_at is not None:
            sitting = sittings.get((place.participant.respondent_key, wave.id))
            own = sitting.window if sitting else window or own_window(place, wave, version)
            may_begin = not (is_before_draw and cohort.closed_at)
            people.append(_standing(place, sitting, own, now, may_begin=may_begin))
    state = windows.state(window, now) if window else None
    return WaveStanding(cohort, wave, window, state, is_before_draw, tuple(people))


def _standing(
    place: CohortPlace, sitting: Sitting | None, window: Window | None, now: datetime, *, may_begin: bool
) -> Standing:
    opened_at, submitted_at = (sitting.opened_at, sitting.submitted_at) if sitting else (None, None)
    left_at = place.left_at  # type: ignore[attr-defined]
    state = wave_state(
        window, now, opened_at=opened_at, submitted_at=submitted_at, left_at=left_at, may_begin=may_begin
    )
    return Standing(place.participant.code, state, window, submitted_at if state in DONE else None)
