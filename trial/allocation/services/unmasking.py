"""The groups are opened: for a whole trial by two people, for one participant in an emergency; and slips are told."""

from datetime import datetime
from typing import Literal

from django.db.models import Q
from django.utils.translation import gettext as _

from questionnaires import clock
from trial.allocation.guards import AllocationRefused, unmasking_refusals_recorded
from trial.allocation.models import Unmasking
from trial.audit.services import record
from trial.messages.models import Kind
from trial.messages.services import ask_staff
from trial.people.models import SECOND_PERSON, Participant, Role, User
from trial.protocol.models import Stage, Trial
from trial.protocol.services import step_to

Learner = Literal["me", "team", "participant"]
Way = Literal["told", "mail", "seen", "other"]


@unmasking_refusals_recorded
def ask_unmasking(*, trial: Trial, actor: User, reason: str) -> Unmasking:
    """The principal investigator asks that the groups be opened. Again: returns what was asked first."""
    trial = _locked(trial)
    _must_have_role(trial, actor, frozenset({Role.PI}), _("Only a principal investigator asks for the unmasking."))
    _must_be_locked(trial)
    _must_give_reason(reason)
    earlier = asked_for(trial)
    if earlier:
        return earlier
    asked = Unmasking.objects.create(trial=trial, reason=reason.strip(), asked_by=actor, asked_at=clock.now())
    record("unmasking.asked", trial=trial, actor=actor, reason=asked.reason)
    return asked


@unmasking_refusals_recorded
def confirm_unmasking(*, trial: Trial, actor: User) -> Trial:
    """A second person confirms, and the groups are open to everybody in the trial."""
    trial = _locked(trial)
    who = _("A statistician, a monitor or the committee confirms the unmasking.")
    _must_have_role(trial, actor, SECOND_PERSON, who)
    _must_be_locked(trial)
    asked = asked_for(trial)
    if asked is None:
        raise AllocationRefused("asked", _("Nobody has asked for the unmasking yet. The principal investigator does."))
    if asked.asked_by_id == actor.pk:
        raise AllocationRefused("two_people", _("You asked for the unmasking yourself. Somebody else confirms it."))
    if not trial.memberships.current().filter(user=actor, role__in=SECOND_PERSON, created_at__lt=_locked_at(trial)):
        raise AllocationRefused(
            "two_people", _("Whoever confirms the unmasking was in the team before the data were locked.")
        )
    asked.confirmed_by, asked.confirmed_at = actor, clock.now()
    asked.save(update_fields=["confirmed_by", "confirmed_at"])
    record("unmasking.confirmed", trial=trial, actor=actor)
    return step_to(trial=trial, stage=Stage.UNMASKED, actor=actor, reason=asked.reason)


def _locked_at(trial: Trial) -> datetime:
    """When the data were locked, as the trail has it."""
    moves = trial.audit_entries.filter(action="trial.stage_moved", data__stage=Stage.LOCKED.value)
    return moves.latest("happened_at").happened_at


def asked_for(trial: Trial) -> Unmasking | None:
    """The unmasking of the whole trial that was asked for, confirmed or not."""
    return Unmasking.objects.filter(trial=trial, participant=None).select_related("asked_by").first()


@unmasking_refusals_recorded
def unmask_in_emergency(*, participant: Participant, actor: User, reason: str) -> Unmasking:
    """Open one participant's group to a safety clinician, at once. Whoever leads the trial hears that it happened.

    Again by the same person: returns the same, and tells nobody anew.
    """
    trial = _locked(participant.trial)
    only = _("Only a safety clinician opens a group in an emergency.")
    _must_have_role(trial, actor, frozenset({Role.CLINICIAN}), only)
    _must_give_reason(reason)
    if not hasattr(participant, "allocation"):
        raise AllocationRefused("allocated", _("This person is in no group yet, so there is nothing to open."))
    earlier = Unmasking.objects.filter(participant=participant, asked_by=actor).first()
    if earlier:
        return earlier
    opened = Unmasking.objects.create(
        trial=trial, participant=participant, reason=reason.strip(), asked_by=actor, asked_at=clock.now()
    )
    record("unmasking.emergency", trial=trial, actor=actor, participant=participant, reason=opened.reason)
    ask_staff(Kind.UNMASKING, trial, frozenset({Role.PI}), number=emergencies(trial))
    return opened


def emergencies(trial: Trial) -> int:
    """How many groups of single participants were opened."""
    return Unmasking.objects.filter(~Q(participant=None), trial=trial).count()


@unmasking_refusals_recorded
def report_slip(*, trial: Trial, participant: Participant | None, actor: User, learner: Learner, way: Way) -> None:
    """Somebody learned a group who was not to: kept on record, without the group."""
    record("masking.slipped", trial=trial, actor=actor, participant=participant, learner=learner, way=way)


def _locked(trial: Trial) -> Trial:
    return Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)


def _must_have_role(trial: Trial, actor: User, allowed: frozenset[Role], sentence: str) -> None:
    if not actor.roles_in(trial) & allowed:
        raise AllocationRefused("role", sentence)


def _must_be_locked(trial: Trial) -> None:
    if trial.stage == Stage.UNMASKED:
        raise AllocationRefused("stage", _("The groups are open already."))
    if trial.stage != Stage.LOCKED:
        raise AllocationRefused(
            "stage",
            _("The trial is in stage “%(stage)s”. Lock the data first: the groups are opened afterwards.")
            % {"stage": trial.get_stage_display()},
        )


def _must_give_reason(reason: str) -> None:
    if not reason.strip():
        raise AllocationRefused("reason", _("Write a reason, so that the audit trail can tell it."))
