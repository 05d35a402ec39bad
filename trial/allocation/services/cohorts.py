"""A cohort is closed and committed to, drawn, and told: three acts, each once, however often the button is pressed.

Locks, in this order: the trial's row, the cohort's, the sittings of its people. After the commit a receipt goes to
the second place; the next act first makes sure that it is there.
"""

from django.conf import settings
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation.guards import (
    AllocationRefused,
    facts_in_force,
    must_be_recruiting,
    refusals_recorded,
    refused_as,
)
from trial.allocation.models import Allocation, Draw, Environment
from trial.allocation.proofs import new_cohort
from trial.allocation.sealing import AllocationKey, open_cohort, seal_cohort
from trial.allocation.services import chain
from trial.audit.services import record
from trial.enrolment.guards import version_in_force
from trial.enrolment.models import Cohort, CohortPlace, Level
from trial.messages.services import ask_for_allocation_letter
from trial.people.models import User
from trial.protocol.models import Trial
from trial.waves.services import settled_places


def _locked(cohort: Cohort) -> Cohort:
    trial = Trial.objects.select_for_update().get(pk=cohort.trial_id)
    held = Cohort.objects.select_for_update().get(pk=cohort.pk)
    held.trial = trial
    return held


@refusals_recorded
def close_cohort(*, cohort: Cohort, actor: User | None) -> Draw:
    """Settle who is randomised, and commit to the draw before it is made. Again: returns the same.

    Nobody comes into a closed cohort, and whoever withdraws from now on stays in its list.
    """
    cohort = _locked(cohort)
    earlier = Draw.objects.filter(cohort=cohort).first()
    if earlier:
        return earlier
    version = version_in_force(cohort.trial)
    must_be_recruiting(cohort.trial)
    if version.protocol.randomisation.method != "cohort_draw":
        raise AllocationRefused("method", _("This trial allocates people one by one, from a sealed list."))
    chain.must_not_be_behind(cohort.trial)
    codes = [place.participant.code for place in settled_places(cohort, version)]
    with refused_as("cohort"):
        committed = new_cohort(facts_in_force(version), codes)
    cohort.closed_at = clock.now()
    cohort.save(update_fields=["closed_at"])
    draw = Draw.objects.create(
        cohort=cohort,
        protocol_version=version,
        environment=Environment(committed.facts.environment),
        codes=list(committed.codes),
        commitment=committed.commitment,
        sealed=seal_cohort(AllocationKey(settings.ALLOCATION_KEY), committed),
        committed_at=clock.now(),
        committed_by=actor,
    )
    chain.add(cohort.trial, draw.commitment, "committed")
    record(
        "cohort.closed",
        trial=cohort.trial,
        actor=actor,
        cohort=cohort.number,
        people=len(codes),
        commitment=draw.commitment,
    )
    return draw


@refusals_recorded
def draw_cohort(*, cohort: Cohort, actor: User | None) -> Draw:
    """Draw everybody of a closed cohort at once, as the commitment fixed it. Again: returns the same draw."""
    cohort = _locked(cohort)
    draw = _committed(cohort)
    if draw.drawn_at is not None:
        return draw
    must_be_recruiting(cohort.trial)
    chain.must_not_be_behind(cohort.trial)
    version = version_in_force(cohort.trial)
    with refused_as("commitment"):
        facts_in_force(draw.protocol_version).check(facts_in_force(version))
        opened = open_cohort(
            AllocationKey(settings.ALLOCATION_KEY),
            draw.commitment,
            facts_in_force(version),
            tuple(draw.codes),
            bytes(draw.sealed),
        )
    places = {place.participant.code: place for place in cohort.places.select_related("participant")}
    now = clock.now()
    Allocation.objects.bulk_create(
        Allocation(trial=cohort.trial, participant=places[code].participant, draw=draw, arm=arm, allocated_at=now)
        for code, arm in opened.allocations
    )
    CohortPlace.objects.filter(pk__in=[places[code].pk for code in draw.codes]).update(randomised_at=now)
    draw.drawn_at, draw.drawn_by = now, actor
    draw.save(update_fields=["drawn_at", "drawn_by"])
    receipt = chain.add(cohort.trial, draw.commitment, "drawn")
    record(
        "cohort.drawn",
        trial=cohort.trial,
        actor=actor,
        cohort=cohort.number,
        people=len(draw.codes),
        receipt=receipt.hash,
    )
    return draw


@refusals_recorded
def tell_cohort(*, cohort: Cohort, actor: User | None) -> Draw:
    """Let everybody of a drawn cohort read their group, all at once, and write to those who still take part.

    Again: returns the same, and writes to nobody.
    """
    cohort = _locked(cohort)
    draw = _committed(cohort)
    if draw.told_at is not None:
        return draw
    if draw.drawn_at is None:
        raise AllocationRefused("drawn", _("The cohort has not been drawn yet, so there is nothing to tell."))
    chain.must_not_be_behind(cohort.trial)  # which also puts the receipt of the draw into the second place
    now = clock.now()
    Allocation.objects.filter(draw=draw).update(told_at=now)
    draw.told_at, draw.told_by = now, actor
    draw.save(update_fields=["told_at", "told_by"])
    chain.add(cohort.trial, draw.commitment, "told")
    for place in cohort.places.filter(randomised_at__isnull=False).select_related("participant__trial"):
        left = set(place.participant.withdrawals.values_list("level", flat=True))
        if not {Level.SESSIONS, Level.QUESTIONNAIRES} <= left:
            ask_for_allocation_letter(place.participant)
    record("cohort.told", trial=cohort.trial, actor=actor, cohort=cohort.number, people=len(draw.codes))
    return draw


def _committed(cohort: Cohort) -> Draw:
    held = Draw.objects.select_for_update(of=("self",)).filter(cohort=cohort).select_related("protocol_version__trial")
    draw = held.first()
    if draw is None:
        raise AllocationRefused("closed", _("The cohort is still open. Close it first: that settles who is in."))
    return draw
