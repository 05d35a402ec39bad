"""Beginning a wave, and who has handed in the waves before the draw."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Respondent, Sitting
from questionnaires.refusals import AnswerRefused
from questionnaires.windows import Window, may_open
from trial.enrolment import guards as enrolment
from trial.enrolment.models import Cohort, CohortPlace
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion
from trial.protocol.schema_conduct import SafetyRule, Wave
from trial.protocol.wordings.services import packs_of
from trial.waves import guards
from trial.waves.guards import WaveRefused, refusals_recorded
from trial.waves.questions import questions_of
from trial.waves.timing import window_from


def window_for(place: CohortPlace, wave: Wave, version: ProtocolVersion) -> Window | None:
    """When a wave is open for somebody who has not begun it; None while the date it hangs on is not known.

    A sitting that exists has its own window, which an extension may have changed.
    """
    stored = place.cohort.waves.filter(wave=wave.id).first()
    if stored:
        return stored.window
    anchor = _own_anchor(place, wave, version.zone)
    return window_from(wave, anchor, version.protocol.time_zone) if anchor else None


def present_window(participant: Participant, wave: Wave, version: ProtocolVersion | None) -> Window | None:
    """When a wave is open for somebody, begun or not; None where it is not known."""
    sitting = Sitting.objects.filter(respondent=participant.respondent_key, wave=wave.id).first()
    if sitting:
        return sitting.window
    place = CohortPlace.objects.filter(participant=participant).select_related("cohort", "participant").first()
    return window_for(place, wave, version) if place and version else None


def _own_anchor(place: CohortPlace, wave: Wave, zone: ZoneInfo) -> date | None:
    """The local day of somebody's consent or allocation, for waves that hang on these."""
    moment = place.randomised_at
    if wave.anchor == "consent":
        moment = place.participant.consents.earliest("given_at").given_at
    return moment.astimezone(zone).date() if moment else None


@refusals_recorded
def begin(*, participant: Participant, wave: str) -> Sitting:
    """Open somebody's sitting of a wave, which is made now if it is not there. Doing it again changes nothing."""
    participant = enrolment.locked(participant)
    version = enrolment.version_in_force(participant.trial)
    asked = guards.wave_of(version, wave)
    found = Sitting.objects.filter(respondent=participant.respondent_key, wave=wave).first()
    if found and found.opened_at is not None:
        return found
    place = admitted(participant, asked, version)
    sitting = found or _make(place, asked, version)
    try:
        return answering.open_sitting(sitting, by=participant.respondent_key)
    except AnswerRefused as refusal:
        raise WaveRefused("window", str(refusal)) from refusal


def admitted(participant: Participant, asked: Wave, version: ProtocolVersion) -> CohortPlace:
    """The place of somebody of whom this wave is asked; refused to everybody else."""
    facts = enrolment.facts_of(participant, version)
    enrolment.must_answer_questionnaires(facts)
    enrolment.must_have_consented(facts)
    enrolment.must_be_eligible(facts)
    guards.must_take_answers(participant.trial)
    place = guards.must_have_place(participant)
    guards.must_be_of_this_time(place, before_draw=asked in version.protocol.waves_before_randomisation)
    return place


def _make(place: CohortPlace, wave: Wave, version: ProtocolVersion) -> Sitting:
    window = window_for(place, wave, version)
    if window is None or not may_open(window, clock.now()):
        raise WaveRefused("window", _("These questionnaires are not open now. Your page says when they are."))
    return make_sitting(place, wave, version, window)


def make_sitting(place: CohortPlace, wave: Wave, version: ProtocolVersion, window: Window) -> Sitting:
    """Somebody's sitting of a wave, not opened yet, with the sheets, thresholds and words of the protocol."""
    protocol, participant = version.protocol, place.participant
    respondent, _created = Respondent.objects.get_or_create(
        key=participant.respondent_key, defaults={"language": participant.language}
    )
    return answering.new_sitting(
        respondent=respondent,
        wave=wave.id,
        name=dict(wave.name.versions),
        zone=protocol.time_zone,
        window=window,
        instruments=wave.instruments,
        questions=questions_of(protocol, wave),
        thresholds=[threshold_of(rule) for rule in protocol.safety.rules if rule.instrument in wave.instruments],
        packs=packs_of(version.trial),
    )


def threshold_of(rule: SafetyRule) -> dict[str, object]:
    """A rule of the protocol as a sitting carries it."""
    bounds = {"at_least": rule.at_least, "at_most": rule.at_most}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"id": rule.id, "instrument": rule.instrument, "score": rule.score, **given}


def sittings_of(keys: Iterable[UUID]) -> dict[tuple[UUID, str], Sitting]:
    """Every sitting of these respondents, by respondent and wave (one query)."""
    found = Sitting.objects.filter(respondent__in=list(keys))
    return {(sitting.respondent_id, sitting.wave): sitting for sitting in found}


def settled_places(cohort: Cohort, version: ProtocolVersion) -> list[CohortPlace]:
    """Who of a cohort can be randomised now: everything handed in, nothing withdrawn, consent in force.

    Holds the rows of their sittings until the transaction ends: whatever is handed in at this moment falls wholly
    before, or wholly after. Call it with the trial's row locked, which withdrawals take first.
    """
    before = {wave.id for wave in version.protocol.waves_before_randomisation}
    places = list(cohort.places.select_related("participant__trial", "cohort"))
    keys = [place.participant.respondent_key for place in places]
    held = Sitting.objects.select_for_update().filter(respondent__in=keys, wave__in=before).order_by("pk")
    done: dict[UUID, set[str]] = {}
    for sitting in held:
        if sitting.submitted_at is not None:
            done.setdefault(sitting.respondent_id, set()).add(sitting.wave)
    return [
        place
        for place in places
        if done.get(place.participant.respondent_key) == before
        and not place.participant.withdrawals.exists()
        and _is_enrolled(place.participant, version)
    ]


def _is_enrolled(participant: Participant, version: ProtocolVersion) -> bool:
    facts = enrolment.facts_of(participant, version)
    return facts.missing is None and facts.screening == "passed" and facts.sheet_on is not None
