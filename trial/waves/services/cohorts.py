"""A cohort is opened with the two dates on which its waves hang, and its dates may be moved."""

from dataclasses import asdict
from datetime import date

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import record
from trial.enrolment.guards import must_recruit, version_in_force
from trial.enrolment.models import Cohort, CohortPlace, Level, SociodemographicAnswers, Withdrawal
from trial.people.models import Participant, User
from trial.protocol.models import ProtocolVersion, Trial
from trial.waves.guards import WaveRefused, refusals_recorded
from trial.waves.models import MOMENTS, CohortWave
from trial.waves.timing import cohort_windows, end_of_programme


@refusals_recorded
def open_cohort(
    *, trial: Trial, programme_starts_on: date, programme_ends_on: date | None = None, actor: User | None
) -> Cohort:
    """Take people up into a new cohort, first of all those who are ready and have no place yet.

    Without an end, the programme ends with the last session of the longest programme of the protocol.
    """
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    must_recruit(trial)
    version = version_in_force(trial)
    ends_on = programme_ends_on or end_of_programme(version.protocol, programme_starts_on)
    _check_dates(version, programme_starts_on, ends_on)
    if Cohort.objects.open().filter(trial=trial).exists():
        raise WaveRefused("cohort", _("A cohort is open already. Close it before you open the next one."))
    now = clock.now()
    cohort = Cohort.objects.create(
        trial=trial,
        number=trial.cohorts.count() + 1,
        programme_starts_on=programme_starts_on,
        programme_ends_on=ends_on,
        created_at=now,
    )
    windows = cohort_windows(version.protocol, starts_on=programme_starts_on, ends_on=ends_on)
    CohortWave.objects.bulk_create(
        CohortWave(cohort=cohort, wave=wave, **asdict(window)) for wave, window in windows.items()
    )
    waiting = _waiting_for_a_place(trial)
    CohortPlace.objects.bulk_create(CohortPlace(cohort=cohort, participant=each, joined_at=now) for each in waiting)
    record(
        "cohort.opened",
        trial=trial,
        actor=actor,
        cohort=cohort.number,
        starts_on=str(programme_starts_on),
        ends_on=str(ends_on),
        people=len(waiting),
    )
    return cohort


def _check_dates(version: ProtocolVersion, starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise WaveRefused("dates", _("The programme would end before it starts. Give a later end."))
    if starts_on <= clock.today(version.zone):
        raise WaveRefused(
            "dates", _("The programme would start on %(day)s, which is not in the future.") % {"day": starts_on}
        )


def _waiting_for_a_place(trial: Trial) -> list[Participant]:
    own = {"participant": OuterRef("pk")}
    people = trial.participants.filter(place__isnull=True)
    return list(
        people.filter(
            Exists(SociodemographicAnswers.objects.filter(**own)),
            ~Exists(Withdrawal.objects.filter(**own, level=Level.QUESTIONNAIRES)),
        )
    )


@refusals_recorded
def move_programme(
    *, cohort: Cohort, programme_starts_on: date, programme_ends_on: date, actor: User, reason: str
) -> Cohort:
    """Give the programme other dates. It moves the waves that have not opened yet, in every arm alike."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=cohort.trial_id)
    version = version_in_force(trial)
    if not reason.strip():
        raise WaveRefused("reason", _("Nothing was changed. Write a reason, so that the audit trail can tell it."))
    held = Cohort.objects.select_for_update().get(pk=cohort.pk)
    if programme_ends_on < programme_starts_on:
        raise WaveRefused("dates", _("The programme would end before it starts. Give a later end."))
    if programme_starts_on != held.programme_starts_on and held.closed_at is not None:
        raise WaveRefused("closed", _("The cohort is closed, so its start stays. You can move its end."))
    held.programme_starts_on, held.programme_ends_on = programme_starts_on, programme_ends_on
    held.save(update_fields=["programme_starts_on", "programme_ends_on"])
    now = clock.now()
    windows = cohort_windows(version.protocol, starts_on=programme_starts_on, ends_on=programme_ends_on)
    for row in CohortWave.objects.select_for_update().filter(cohort=held, opens_at__gt=now):
        if windows[row.wave].opens_at <= now:
            raise WaveRefused("dates", _("With these dates a wave would have opened in the past. Give later ones."))
        for name, moment in asdict(windows[row.wave]).items():
            setattr(row, name, moment)
        row.save(update_fields=MOMENTS)
    record(
        "cohort.moved",
        trial=trial,
        actor=actor,
        reason=reason.strip(),
        cohort=held.number,
        starts_on=str(programme_starts_on),
        ends_on=str(programme_ends_on),
    )
    return held
