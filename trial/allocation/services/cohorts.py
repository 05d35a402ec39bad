"""A cohort is closed and committed to, drawn, and told: three acts, each once, however often the button is pressed.

Locks, in this order: the trial's row, the cohort's, the sittings of its people. After the commit a receipt goes to
the second place; the next act first makes sure that it is there.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation import proofs
from trial.allocation.guards import (
    AllocationRefused,
    facts_in_force,
    must_be_recruiting,
    refusals_recorded,
    refused_as,
)
from trial.allocation.models import Allocation, Draw, Environment
from trial.allocation.sealing import AllocationKey, open_cohort, seal_cohort, seal_replay
from trial.allocation.services import chain
from trial.audit.services import record
from trial.enrolment.guards import version_in_force
from trial.enrolment.models import Cohort, CohortPlace, Level
from trial.messages.models import Kind
from trial.messages.services import ask_for_allocation_letter, ask_staff
from trial.people.models import User
from trial.protocol.models import ProtocolVersion, Trial
from trial.waves.services import settled_places

# Who gets the published values by mail, so that they stand somewhere else than here.


def _locked(cohort: Cohort) -> Cohort:
    trial = Trial.objects.select_for_update(no_key=True).get(pk=cohort.trial_id)
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
    people = {place.participant.code: place.participant for place in settled_places(cohort, version)}
    with refused_as("cohort"):
        committed = proofs.new_cohort(facts_in_force(version), list(people))
    now = clock.now()
    draw = commit(cohort, version, committed, at=now, actor=actor)
    record_to_replay = {
        "cohort": cohort.number,
        "protocol_sha256": version.sha256,
        "people": [[code, str(people[code].respondent_key)] for code in committed.codes],
        "secret": committed.secret,
    }
    sealed = seal_replay(AllocationKey(settings.ALLOCATION_KEY), draw.commitment, record_to_replay)
    chain.add(cohort.trial, draw.commitment, "committed", at=now, sealed=sealed)
    _record("cohort.closed", draw, actor, commitment=draw.commitment)
    ask_staff(Kind.RECEIPT, cohort.trial, chain.WITNESSES, number=cohort.number)
    return draw


@refusals_recorded
def draw_cohort(*, cohort: Cohort, actor: User | None) -> Draw:
    """Draw everybody of a closed cohort at once, as the commitment fixed it. Again: returns the same draw."""
    cohort = _locked(cohort)
    draw = committed_draw(cohort)
    if draw.drawn_at is not None:
        return draw
    must_be_recruiting(cohort.trial)
    chain.must_not_be_behind(cohort.trial)
    now = clock.now()
    with refused_as("commitment"):
        facts_in_force(draw.protocol_version).check(facts_in_force(version_in_force(cohort.trial)))
        allocate(draw, at=now, actor=actor)
    receipt = chain.add(cohort.trial, draw.commitment, "drawn", at=now)
    _record("cohort.drawn", draw, actor, receipt=receipt.hash)
    ask_staff(Kind.RECEIPT, cohort.trial, chain.WITNESSES, number=cohort.number)
    return draw


@refusals_recorded
def tell_cohort(*, cohort: Cohort, actor: User | None) -> Draw:
    """Let everybody of a drawn cohort read their group, all at once, and write to those who still take part.

    Again: returns the same, and writes to nobody.
    """
    cohort = _locked(cohort)
    draw = committed_draw(cohort)
    if draw.told_at is not None:
        return draw
    if draw.drawn_at is None:
        raise AllocationRefused("drawn", _("The cohort has not been drawn yet, so there is nothing to tell."))
    must_be_as_drawn(draw)
    chain.must_not_be_behind(cohort.trial)  # which also puts the receipt of the draw into the second place
    now = clock.now()
    tell(draw, at=now, actor=actor)
    chain.add(cohort.trial, draw.commitment, "told", at=now)
    _record("cohort.told", draw, actor)
    return draw


def copy_receipts(*, cohort: Cohort) -> None:
    """After the commit of an act: put its receipt into the second place. Raises AllocationRefused when it cannot."""
    chain.copy_outside(cohort.trial, Draw.objects.get(cohort=cohort).commitment)


# The acts themselves, at a given moment: now, or when they were done before the database was set back.
def commit(
    cohort: Cohort, version: ProtocolVersion, committed: proofs.Cohort, *, at: datetime, actor: User | None
) -> Draw:
    """Close the cohort and keep its commitment."""
    cohort.closed_at = at
    cohort.save(update_fields=["closed_at"])
    return Draw.objects.create(
        cohort=cohort,
        protocol_version=version,
        environment=Environment(committed.facts.environment),
        codes=list(committed.codes),
        commitment=committed.commitment,
        sealed=seal_cohort(AllocationKey(settings.ALLOCATION_KEY), committed),
        committed_at=at,
        committed_by=actor,
    )


def opened(draw: Draw) -> proofs.Cohort:
    """The cohort with its secret, checked against the commitment. Raises SealBroken or ProofMismatch."""
    return open_cohort(
        AllocationKey(settings.ALLOCATION_KEY),
        draw.commitment,
        facts_in_force(draw.protocol_version),
        tuple(draw.codes),
        bytes(draw.sealed),
    )


def must_be_as_drawn(draw: Draw) -> None:
    """Refuse when the arms that are stored are not those that follow from the commitment."""
    with refused_as("commitment"):
        drawn = dict(opened(draw).allocations)
    stored = dict(Allocation.objects.filter(draw=draw).values_list("participant__code", "arm"))
    if stored != drawn:
        raise AllocationRefused(
            "commitment",
            _(
                "The groups that are stored are not those that follow from the commitment: somebody wrote them past "
                "the program. Nobody is told. Keep the database as it is, and tell whoever watches over the trial."
            ),
        )


def allocate(draw: Draw, *, at: datetime, actor: User | None) -> None:
    """Give everybody of a committed cohort the arm that follows. Raises SealBroken or ProofMismatch."""
    found = opened(draw)
    places = {place.participant.code: place for place in draw.cohort.places.select_related("participant")}
    Allocation.objects.bulk_create(
        Allocation(
            trial_id=draw.cohort.trial_id, participant=places[code].participant, draw=draw, arm=arm, allocated_at=at
        )
        for code, arm in found.allocations
    )
    CohortPlace.objects.filter(pk__in=[places[code].pk for code in draw.codes]).update(randomised_at=at)
    draw.drawn_at, draw.drawn_by = at, actor
    draw.save(update_fields=["drawn_at", "drawn_by"])


def tell(draw: Draw, *, at: datetime, actor: User | None) -> None:
    """Open everybody's arm to themselves, and ask for the letters of those who still take part."""
    Allocation.objects.filter(draw=draw).update(told_at=at)
    draw.told_at, draw.told_by = at, actor
    draw.save(update_fields=["told_at", "told_by"])
    for place in draw.cohort.places.filter(randomised_at__isnull=False).select_related("participant__trial"):
        left = set(place.participant.withdrawals.values_list("level", flat=True))
        if not {Level.SESSIONS, Level.QUESTIONNAIRES} <= left:
            ask_for_allocation_letter(place.participant)


def committed_draw(cohort: Cohort) -> Draw:
    """The draw of a closed cohort, its row held."""
    held = Draw.objects.select_for_update(of=("self",)).filter(cohort=cohort).select_related("protocol_version__trial")
    draw = held.first()
    if draw is None:
        raise AllocationRefused("closed", _("The cohort is still open. Close it first: that settles who is in."))
    draw.cohort = cohort
    return draw


def _record(action: str, draw: Draw, actor: User | None, **published: str) -> None:
    about: dict[str, Any] = {"cohort": draw.cohort.number, "people": len(draw.codes), **published}
    record(action, trial=draw.cohort.trial, actor=actor, **about)
