"""More time for a wave: for one person, or for everybody of a cohort. No end ever comes earlier by it."""

import dataclasses
from datetime import date, datetime, timedelta
from typing import cast

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from questionnaires import clock
from questionnaires.models import Sitting
from questionnaires.windows import Window
from trial.audit.services import record
from trial.enrolment import guards as enrolment
from trial.enrolment.models import Cohort, CohortPlace
from trial.people.models import Participant, User
from trial.protocol.models import ProtocolVersion, Trial
from trial.protocol.schema_conduct import Wave
from trial.waves import guards
from trial.waves.guards import WaveRefused, refusals_recorded
from trial.waves.models import CohortWave
from trial.waves.services.sittings import make_sitting, window_for
from trial.waves.timing import ending_on, last_moment

Ends = tuple[datetime, datetime]  # of the window, and of the grace after it

ONE_DAY, LONGEST = timedelta(days=1), timedelta(days=365)


@refusals_recorded
def extend_wave(*, cohort: Cohort, wave: str, last_day: date, actor: User | None, reason: str) -> CohortWave:
    """Give everybody of a cohort more time, in every arm alike. Who had more time already keeps it."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=cohort.trial_id)
    version, asked = _checked(trial, wave, last_day, reason)
    held = CohortWave.objects.select_for_update().filter(cohort=cohort, wave=wave).select_related("cohort").first()
    if held is None:
        raise WaveRefused(
            "own_window", _("Everybody has days of their own for these questionnaires. Give more time to one person.")
        )
    _must_not_be_drawn(held.cohort, asked, version)
    ends_at, accepts_until = _later_end(held.window, asked, version, last_day)
    held.ends_at, held.accepts_until = ends_at, max(held.accepts_until, accepts_until)
    held.save(update_fields=["ends_at", "accepts_until"])
    keys = held.cohort.places.values_list("participant__respondent_key", flat=True)
    Sitting.objects.filter(respondent__in=list(keys), wave=wave).extend(ends_at=ends_at, accepts_until=accepts_until)
    record(
        "wave.extended",
        trial=trial,
        actor=actor,
        reason=reason.strip(),
        wave=wave,
        cohort=held.cohort.number,
        last_day=str(last_day),
    )
    return held


@refusals_recorded
def extend_for(*, participant: Participant, wave: str, last_day: date, actor: User | None, reason: str) -> Sitting:
    """Give one person more time. Their sitting is made, if they have not begun, so that it holds its own end."""
    participant = enrolment.locked(participant)
    version, asked = _checked(participant.trial, wave, last_day, reason)
    enrolment.must_not_have_withdrawn(participant)
    place = guards.must_have_place(participant)
    is_early = asked in version.protocol.waves_before_randomisation
    guards.must_be_of_this_time(place, before_draw=is_early)
    held = Sitting.objects.select_for_update().filter(respondent=participant.respondent_key, wave=wave).first()
    if held is not None and held.submitted_at is not None:
        raise WaveRefused("handed_in", _("These questionnaires are handed in, so there is nothing to extend."))
    sitting = _with_end(held, place, asked, version, last_day)
    record(
        "wave.extended_for",
        trial=participant.trial,
        actor=actor,
        participant=participant,
        reason=reason.strip(),
        wave=wave,
        last_day=str(last_day),
    )
    return sitting


def _checked(trial: Trial, wave: str, last_day: date, reason: str) -> tuple[ProtocolVersion, Wave]:
    version = enrolment.version_in_force(trial)
    asked = guards.wave_of(version, wave)
    guards.must_take_answers(trial)
    if not reason.strip():
        raise WaveRefused("reason", _("Nothing was changed. Write a reason, so that the audit trail can tell it."))
    if last_day > clock.today(version.zone) + LONGEST:
        raise WaveRefused("too_far", _("That is more than a year away. Give an earlier day."))
    return version, asked


def _must_not_be_drawn(cohort: Cohort, asked: Wave, version: ProtocolVersion) -> None:
    if cohort.closed_at is not None and asked in version.protocol.waves_before_randomisation:
        raise WaveRefused(
            "closed", _("The cohort is closed, and its groups are drawn from what was handed in by then.")
        )


def _later_end(
    window: Window | None, asked: Wave, version: ProtocolVersion, last_day: date
) -> tuple[datetime, datetime]:
    """The end on that day and the end of its grace; refused unless it is later than the present end, and than now."""
    if window is None or window.opens_at > clock.now():
        raise WaveRefused("not_open", _("These questionnaires have not opened yet. Move the dates of the programme."))
    least = max(last_moment(window.ends_at).astimezone(version.zone).date() + ONE_DAY, clock.today(version.zone))
    if last_day < least:
        words = {"day": date_format(least, _("j F Y"))}
        raise WaveRefused("not_later", _("Give %(day)s or a later day. Nobody's time is ever shortened.") % words)
    return ending_on(asked, last_day, version.protocol.time_zone)


def _with_end(
    held: Sitting | None, place: CohortPlace, asked: Wave, version: ProtocolVersion, last_day: date
) -> Sitting:
    if held is not None:
        ends_at, accepts_until = _later_end(held.window, asked, version, last_day)
        Sitting.objects.filter(pk=held.pk).extend(ends_at=ends_at, accepts_until=accepts_until)
        return Sitting.objects.get(pk=held.pk)
    window = window_for(place, asked, version)
    ends_at, accepts_until = _later_end(window, asked, version, last_day)
    longer = dataclasses.replace(cast(Window, window), ends_at=ends_at, accepts_until=accepts_until)
    return make_sitting(place, asked, version, longer)
