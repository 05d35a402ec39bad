"""Those whose arm waited take the programme, each once the last wave is closed for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation.visibility import crosses_over_to
from trial.audit.services import record
from trial.enrolment.guards import version_in_force
from trial.enrolment.models import Cohort, Level, Withdrawal
from trial.people.models import Participant, User
from trial.programme import guards
from trial.programme.guards import ProgrammeRefused, refusals_recorded
from trial.programme.models import Crossover, Group
from trial.programme.schedule import arms_waiting_for, closed_at, waves_to_wait_for
from trial.programme.services.groups import store
from trial.protocol.models import Trial
from trial.waves.models import CohortWave
from trial.waves.services import sittings_of


@refusals_recorded
def form_crossover_groups(
    *, trial: Trial, cohort: Cohort, starts_on: date, at: time, actor: User | None
) -> list[Group]:
    """A group for each programme that an arm waits for, its sessions from a day after the wait. Again: the same."""
    trial = guards.locked(trial)
    guards.must_be_of(trial, cohort)
    guards.must_coordinate(trial, actor)
    earlier = list(Group.objects.filter(cohort=cohort, is_crossover=True))
    if earlier:
        return earlier
    guards.must_take_place(trial)
    guards.must_be_told(cohort)
    version, groups = version_in_force(trial), []
    for programme in version.protocol.programmes:
        if arms := arms_waiting_for(version.protocol, programme.id):
            waves = waves_to_wait_for(version.protocol, arms)
            group = Group(cohort=cohort, programme=programme.id, is_crossover=True, arms=arms, after_waves=waves)
            store(group, version, programme, starts_on, at)
            _must_start_after(group, cohort)
            groups.append(group)
    if not groups:
        raise ProgrammeRefused("crossover", _("In this trial nobody crosses over."))
    record("programme.crossover_groups_formed", trial=trial, actor=actor, cohort=cohort.number, groups=len(groups))
    return groups


def _must_start_after(group: Group, cohort: Cohort) -> None:
    first = group.sessions.earliest("starts_at").starts_at
    if CohortWave.objects.filter(cohort=cohort, wave__in=group.after_waves, ends_at__gt=first).exists():
        raise ProgrammeRefused(
            "wave", _("The last questionnaires of this cohort are not closed by then. Choose a later day.")
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits, or has waited. `free_at`: from when the last wave takes nothing more of them, if known."""

    participant: Participant
    free_at: datetime | None
    has_left: bool
    crossed_at: datetime | None

    def may_cross(self, now: datetime) -> bool:
        is_free = self.free_at is not None and self.free_at <= now
        return is_free and not self.has_left and self.crossed_at is None


def those_waiting(group: Group) -> list[Waiting]:
    """Everybody whose arm waits for this group's programme, once told (six queries, however many they are)."""
    people = crosses_over_to(group.cohort, group.programme)
    crossed = dict(Crossover.objects.filter(group=group).values_list("participant_id", "crossed_at"))
    left = set(
        Withdrawal.objects.filter(level=Level.SESSIONS, participant__in=people).values_list("participant_id", flat=True)
    )
    free = _free_at(group, people)
    return [Waiting(each, free[each.pk], each.pk in left, crossed.get(each.pk)) for each in people]


def _free_at(group: Group, people: list[Participant]) -> dict[int, datetime | None]:
    """Each person's own window counts where there is a sitting, since it may have been extended; else the cohort's."""
    windows = {row.wave: row.window for row in CohortWave.objects.filter(cohort=group.cohort_id)}
    sittings = sittings_of([each.respondent_key for each in people])
    free: dict[int, datetime | None] = {}
    for each in people:
        ends: list[datetime | None] = []
        for wave in group.after_waves:
            own = sittings.get((each.respondent_key, wave))
            window = own.window if own else windows.get(wave)
            opened, submitted = bool(own and own.opened_at), bool(own and own.submitted_at)
            ends.append(closed_at(window, opened=opened, submitted=submitted) if window else None)
        known = [end for end in ends if end is not None]
        free[each.pk] = max(known) if ends and len(known) == len(ends) else None
    return free


@refusals_recorded
def cross_over(*, trial: Trial, group: Group, people: Sequence[Participant], actor: User | None) -> list[Crossover]:
    """Take these people into the programme they waited for: all of them or none. Again: nothing more happens."""
    trial = guards.locked(trial)
    held = Group.objects.select_for_update(of=("self",)).select_related("cohort__trial").get(pk=group.pk)
    guards.must_be_of(trial, held.cohort)
    guards.must_coordinate(trial, actor)
    guards.must_take_place(trial)
    if not held.is_crossover:
        raise ProgrammeRefused("crossover", _("This group is not for those who waited. Nothing was changed."))
    now, waiting = clock.now(), {each.participant.pk: each for each in those_waiting(held)}
    new = []
    for person in people:
        found = waiting.get(person.pk)
        if found is None:
            raise ProgrammeRefused("waits", _("%(code)s does not wait for this programme.") % {"code": person.code})
        if found.crossed_at is None:
            _must_be_free(found, now)
            new.append(Crossover(participant=person, group=held, crossed_at=now))
    is_first = not held.crossovers.exists()
    made = Crossover.objects.bulk_create(new)
    if made and is_first:  # one entry each time would count the arm
        record("programme.crossed_over", trial=trial, actor=actor, cohort=held.cohort.number)
    return made


def _must_be_free(found: Waiting, now: datetime) -> None:
    code = {"code": found.participant.code}
    if found.has_left:
        raise ProgrammeRefused("withdrawn", _("%(code)s has left the sessions. Nothing was changed.") % code)
    if not found.may_cross(now):
        raise ProgrammeRefused(
            "wave", _("The last questionnaires are not closed for %(code)s yet. Nothing was changed.") % code
        )
