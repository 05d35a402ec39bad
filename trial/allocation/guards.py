"""What must be true before a cohort is closed, drawn or told, and before somebody gets a place of a list."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from trial.allocation.proofs import Facts, ProofMismatch
from trial.allocation.sealing import KeyInvalid, SealBroken
from trial.allocation.shares import ArmShare, DesignImpossible
from trial.audit.services import Refused, recording_refusals
from trial.enrolment.guards import facts_of
from trial.enrolment.models import CohortPlace
from trial.people.models import Participant
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.waves.services import waves_still_open


class AllocationRefused(Refused):
    """A guard of the allocation held."""


refusals_recorded = recording_refusals("allocation")
stage_refusals_recorded = recording_refusals("stage")
unmasking_refusals_recorded = recording_refusals("unmasking")


def must_be_recruiting(trial: Trial) -> None:
    if trial.stage != Stage.RECRUITING:
        raise AllocationRefused(
            "stage",
            _("The trial is in stage “%(stage)s”; people are allocated while it recruits. Nothing was drawn.")
            % {"stage": trial.get_stage_display()},
        )


def must_allocate_one_by_one(version: ProtocolVersion) -> None:
    if version.protocol.randomisation.method == "cohort_draw":
        raise AllocationRefused(
            "method",
            _("This trial draws closed cohorts at once, so it has no list. Close and draw the cohort instead."),
        )


def must_not_have_withdrawn(participant: Participant) -> None:
    """Any withdrawal closes this door, so that nobody finds out from what somebody withdrew."""
    if participant.withdrawals.exists():
        raise AllocationRefused(
            "withdrawn", _("%(code)s has withdrawn. No place was used.") % {"code": participant.code}
        )


def must_be_ready(participant: Participant, version: ProtocolVersion) -> CohortPlace:
    """Consent in force, eligible, a place in the intake, and everything before randomisation handed in."""
    facts, code = facts_of(participant, version), {"code": participant.code}
    if facts.missing is not None:
        raise AllocationRefused(
            "consent", _("%(code)s has not signed the consent that is in force. No place was used.") % code
        )
    if facts.screening != "passed":
        raise AllocationRefused("eligibility", _("%(code)s has not passed the screening. No place was used.") % code)
    place = CohortPlace.objects.filter(participant=participant).first()
    if place is None:
        raise AllocationRefused(
            "place",
            _(
                "%(code)s has not filled in the sheet “About you”, or came while no cohort was open. "
                "Open a cohort first. No place was used."
            )
            % code,
        )
    if waves_still_open(participant, version):
        raise AllocationRefused(
            "baseline",
            _("%(code)s has not handed in the questionnaires before the allocation. No place was used.") % code,
        )
    return place


def facts_in_force(version: ProtocolVersion) -> Facts:
    """For which trial, protocol and arms an allocation is made now."""
    trial, arms = version.trial, version.protocol.arms
    return Facts(
        "test" if trial.is_simulated else "live",
        trial.slug,
        version.sha256,
        tuple(ArmShare(arm.id, arm.ratio) for arm in arms),
    )


@contextmanager
def refused_as(guard: str) -> Iterator[None]:
    """What the mathematics finds wrong (its messages quote no arm) is a refusal like any other."""
    try:
        yield
    except (ProofMismatch, SealBroken, KeyInvalid, DesignImpossible) as problem:
        raise AllocationRefused(guard, str(problem)) from problem
    except OSError as problem:
        raise AllocationRefused(
            guard,
            _(
                "The second place of the receipts cannot be used (%(why)s), so nobody is allocated and nobody told. "
                "Tell the operator: RECEIPTS_FOLDER."
            )
            % {"why": problem.strerror},
        ) from problem
