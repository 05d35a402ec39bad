"""Who of a cohort is ready to be drawn, for those who wait for it: completion, and never why somebody is missing."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from trial.enrolment.models import Cohort, CohortPlace, Outcome
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion
from trial.waves.services import sittings_of

Lack = Literal["", "withdrawn", "consent", "screening", "waves"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of a cohort; `lacks` is the first thing that is still to do, or empty."""

    code: str
    respondent_key: UUID
    lacks: Lack


def candidates(cohort: Cohort, version: ProtocolVersion) -> list[Candidate]:
    """Everybody of a cohort, as closing it at this moment would find them (five queries)."""
    related = ("participant__consents", "participant__screenings", "participant__withdrawals")
    places = list(cohort.places.select_related("participant").prefetch_related(*related))
    sittings = sittings_of(place.participant.respondent_key for place in places)
    handed_in = {key for key, sitting in sittings.items() if sitting.submitted_at is not None}
    return [
        Candidate(place.participant.code, place.participant.respondent_key, _lack(place, version, handed_in))
        for place in places
    ]


def _lack(place: CohortPlace, version: ProtocolVersion, handed_in: set[tuple[UUID, str]]) -> Lack:
    """From what was fetched already. A place is taken with the sheet about the person, so that one is there."""
    person = place.participant
    if person.withdrawals.all():
        return "withdrawn"
    given = {(consent.document, consent.version) for consent in person.consents.all()}
    if not {(document.id, document.version) for document in version.protocol.consent_documents} <= given:
        return "consent"
    if not [each for each in person.screenings.all() if each.reopened_at is None and each.outcome == Outcome.PASSED]:
        return "screening"
    waves = {(person.respondent_key, wave.id) for wave in version.protocol.waves_before_randomisation}
    return "" if waves <= handed_in else "waves"


def is_randomised(participant: Participant) -> bool:
    """Whether somebody is in a group, whichever it is."""
    return CohortPlace.objects.filter(participant=participant, randomised_at__isnull=False).exists()
