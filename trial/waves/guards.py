"""What must be true before a wave is opened, extended or moved."""

from django.utils.translation import gettext as _

from trial.audit.services import Refused, recording_refusals
from trial.enrolment.models import CohortPlace
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.protocol.schema_conduct import Wave


class WaveRefused(Refused):
    """A guard of the waves held."""


refusals_recorded = recording_refusals("wave")

TAKES_ANSWERS = (Stage.RECRUITING, Stage.CLOSED)


def wave_of(version: ProtocolVersion, wave: str) -> Wave:
    found = next((each for each in version.protocol.waves if each.id == wave), None)
    if found is None:
        raise WaveRefused("wave", _("This study has no such questionnaires. Go back to your page."))
    return found


def must_take_answers(trial: Trial) -> None:
    if trial.stage not in TAKES_ANSWERS:
        raise WaveRefused("stage", _("The answers of this study are closed. Nothing was stored."))


def must_have_place(participant: Participant) -> CohortPlace:
    place = CohortPlace.objects.filter(participant=participant).select_related("cohort").first()
    if place is None:
        raise WaveRefused("place", _("Your group has not been set up yet. We write to you when it is."))
    return place


def must_be_of_this_time(place: CohortPlace, *, before_draw: bool) -> None:
    """The waves before the draw are for those who wait for it, the later ones for those who were in it."""
    if before_draw and place.cohort.closed_at is not None:
        raise WaveRefused("closed", _("The groups are being drawn, so these questionnaires can no longer be begun."))
    if not before_draw and place.randomised_at is None:
        raise WaveRefused("randomised", _("These questionnaires are for those who were drawn into a group."))
