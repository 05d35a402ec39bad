"""The doors between a trial's stages, as far as the data are locked. The last one is in `unmasking`."""

from django.utils.translation import gettext as _

from trial.allocation.guards import AllocationRefused, stage_refusals_recorded
from trial.allocation.services.checklists import checklist
from trial.allocation.services.lists import mail_receipts_of_lists
from trial.audit.services import record
from trial.enrolment.guards import version_in_force
from trial.enrolment.wording import everything_signed
from trial.people.models import User
from trial.protocol.models import Stage, Trial
from trial.protocol.services import move_to, step_to


@stage_refusals_recorded
def go_live(*, trial: Trial, actor: User, reason: str, approved: str) -> Trial:
    """From draft to recruiting: the study page opens, and people can take part.

    `approved` is `everything_signed` of the texts that the ethics committee has approved; those in force must be they.
    """
    trial = _checked(trial, Stage.DRAFT)
    if approved != everything_signed(version_in_force(trial).protocol):
        raise AllocationRefused(
            "consent",
            _("What people read and sign is not what you said is approved: it was changed since. Load the page again."),
        )
    record("consent.approved", trial=trial, actor=actor, texts=approved)
    return move_to(trial=trial, stage=Stage.RECRUITING, actor=actor, reason=reason)


@stage_refusals_recorded
def close_recruitment(*, trial: Trial, actor: User, reason: str) -> Trial:
    """From recruiting to closed: nobody is taken up or allocated any more; those who take part go on."""
    trial = _checked(trial, Stage.RECRUITING)
    mail_receipts_of_lists(trial)
    return move_to(trial=trial, stage=Stage.CLOSED, actor=actor, reason=reason)


@stage_refusals_recorded
def lock_data(*, trial: Trial, actor: User, reason: str) -> Trial:
    """From closed to locked: no answer is taken any more."""
    return step_to(trial=_checked(trial, Stage.CLOSED), stage=Stage.LOCKED, actor=actor, reason=reason)


def _checked(trial: Trial, stage: Stage) -> Trial:
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    if trial.stage != stage:
        raise AllocationRefused(
            "stage",
            _("The trial is in stage “%(now)s”, and this step leads out of “%(wanted)s”.")
            % {"now": trial.get_stage_display(), "wanted": stage.label},
        )
    open_items = [item for item in checklist(trial) if not item.is_done]
    if open_items:
        to_do = " ".join(f"{item.words}: {item.to_do}" for item in open_items)
        raise AllocationRefused("checklist", _("Something is still to do. %(to_do)s") % {"to_do": to_do})
    return trial
