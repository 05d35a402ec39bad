"""What must be true before a cohort is closed, drawn or told."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from trial.allocation.proofs import Facts, ProofMismatch
from trial.allocation.sealing import SealBroken
from trial.allocation.shares import ArmShare, DesignImpossible
from trial.audit.services import Refused, recording_refusals
from trial.protocol.models import ProtocolVersion, Stage, Trial


class AllocationRefused(Refused):
    """A guard of the allocation held."""


refusals_recorded = recording_refusals("allocation")


def must_be_recruiting(trial: Trial) -> None:
    if trial.stage != Stage.RECRUITING:
        raise AllocationRefused(
            "stage",
            _("The trial is in stage “%(stage)s”; people are allocated while it recruits. Nothing was drawn.")
            % {"stage": trial.get_stage_display()},
        )


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
    except (ProofMismatch, SealBroken, DesignImpossible) as problem:
        raise AllocationRefused(guard, str(problem)) from problem
