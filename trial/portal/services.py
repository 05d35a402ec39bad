"""Where a participant stands, read for the own page. Nothing here writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from questionnaires.models import Sitting
from questionnaires.windows import Window
from trial.allocation.models import Draw
from trial.allocation.visibility import own_arm
from trial.enrolment.guards import facts_of
from trial.enrolment.models import CohortPlace
from trial.people.models import Participant
from trial.portal.path import Standing, WaveStanding
from trial.programme.services import OwnSession, own_sessions
from trial.protocol.models import ProtocolVersion
from trial.protocol.schema_conduct import Wave
from trial.protocol.schema_enrolment import Arm
from trial.waves.guards import TAKES_ANSWERS
from trial.waves.services import sittings_of, window_for


@dataclass(frozen=True, slots=True)
class OwnPage:
    """`sittings` by wave; `arm` and `sessions` only once the person was told."""

    standing: Standing
    sittings: dict[str, Sitting]
    arm: Arm | None
    sessions: list[OwnSession]
    next_session: OwnSession | None


def own_page(participant: Participant, version: ProtocolVersion, now: datetime) -> OwnPage:
    facts = facts_of(participant, version)
    place = CohortPlace.objects.filter(participant=participant).select_related("cohort").first()
    arm = own_arm(participant)
    draw = Draw.objects.filter(cohort=place.cohort).first() if place else None
    found = sittings_of([participant.respondent_key])
    sittings = {wave: sitting for (_key, wave), sitting in found.items()}
    windows = {row.wave: row.window for row in place.cohort.waves.all()} if place else {}
    waves = tuple(_wave(wave, place, version, sittings.get(wave.id), windows) for wave in version.protocol.waves)
    sessions = own_sessions(participant, arm, version.protocol)
    next_session = next((each for each in sessions if each.session.ends_at > now), None)
    standing = Standing(
        facts=facts,
        waves=waves,
        drawn=_is_drawn(place, draw, participant.code),
        told_at=draw.told_at if draw and arm else None,
        session_at=next_session.session.starts_at if next_session else None,
    )
    return OwnPage(standing, sittings, arm, sessions, next_session)


def _is_drawn(place: CohortPlace | None, draw: Draw | None, code: str) -> bool | None:
    """None while the cohort is open; then whether the person is among those to whom the draw is committed."""
    return code in draw.codes if place and draw else None


def _wave(
    wave: Wave,
    place: CohortPlace | None,
    version: ProtocolVersion,
    sitting: Sitting | None,
    windows: Mapping[str, Window],
) -> WaveStanding:
    before_draw = wave in version.protocol.waves_before_randomisation
    if place is None:
        return WaveStanding(wave=wave, is_before_draw=before_draw)
    may_begin = version.trial.stage in TAKES_ANSWERS and (
        place.cohort.closed_at is None if before_draw else place.randomised_at is not None
    )  # as the guards of `waves.begin` decide
    if sitting is None:
        window = windows.get(wave.id) or window_for(place, wave, version)
        return WaveStanding(wave=wave, is_before_draw=before_draw, window=window, may_begin=may_begin)
    return WaveStanding(
        wave=wave,
        is_before_draw=before_draw,
        window=sitting.window,
        may_begin=may_begin,
        key=str(sitting.key),
        opened_at=sitting.opened_at,
        submitted_at=sitting.submitted_at,
    )
