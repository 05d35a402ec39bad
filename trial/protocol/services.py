"""A protocol comes in as a draft, is put in force, and from then on changes by amendment only."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from questionnaires import clock
from questionnaires.catalogue import score_ranges
from trial.audit.services import record
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.protocol.reading import read
from trial.protocol.schema import Protocol

STAGES = list(Stage)


class ProtocolRefused(Exception):
    """The protocol is well formed but may not be stored here; the message says why and what to do."""


def check(source: bytes) -> Protocol:
    """Read a protocol without storing it. Raises ProtocolInvalid with every mistake at once."""
    return read(source, instruments=score_ranges())


@transaction.atomic
def create_trial(*, source: bytes, is_simulated: bool = False, actor: Any = None) -> Trial:
    """A new trial in stage draft, with `source` as the first draft of its protocol."""
    protocol = check(source)
    if Trial.objects.filter(slug=protocol.slug).exists():
        raise ProtocolRefused(
            _("There is already a trial called “%(slug)s”. Change the slug in the file, or edit that trial's draft.")
            % {"slug": protocol.slug}
        )
    now = clock.now()
    trial = Trial.objects.create(
        slug=protocol.slug, names=protocol.short_name.versions, is_simulated=is_simulated, created_at=now
    )
    record("trial.created", trial=trial, actor=actor, simulated=is_simulated)
    save_draft(trial=trial, source=source, actor=actor)
    return trial


@transaction.atomic
def save_draft(*, trial: Trial, source: bytes, actor: Any, reason: str = "") -> ProtocolVersion:
    """Store `source` as the trial's one draft, in the place of an earlier draft. What is in force stays in force."""
    protocol = check(source)
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    if protocol.slug != trial.slug:
        raise ProtocolRefused(
            _("The file says slug = “%(found)s”, but this is the trial “%(slug)s”. Change the slug in the file.")
            % {"found": protocol.slug, "slug": trial.slug}
        )
    in_force = trial.version_in_force()
    if in_force and not reason.strip():
        raise ProtocolRefused(_("The protocol is in force. Give the reason for this amendment."))
    if in_force and in_force.sha256 == protocol.sha256:
        raise ProtocolRefused(_("This is word for word the protocol that is in force. There is nothing to amend."))
    trial.protocol_versions.filter(in_force_from__isnull=True).delete()
    version = ProtocolVersion.objects.create(
        trial=trial,
        number=in_force.number + 1 if in_force else 1,
        source=source.decode(),
        sha256=protocol.sha256,
        reason=reason.strip(),
        created_at=clock.now(),
        created_by=actor,
    )
    record(
        "protocol.draft_saved",
        trial=trial,
        actor=actor,
        reason=reason.strip(),
        number=version.number,
        sha256=version.sha256,
    )
    return version


@transaction.atomic
def put_in_force(*, version: ProtocolVersion, actor: Any) -> ProtocolVersion:
    """From this moment the draft holds, and its text can no longer change."""
    Trial.objects.select_for_update(no_key=True).get(pk=version.trial_id)
    done = ProtocolVersion.objects.filter(pk=version.pk, in_force_from__isnull=True).update(in_force_from=clock.now())
    if not done:
        raise ProtocolRefused(_("Version %(number)s is in force already.") % {"number": version.number})
    version.refresh_from_db()
    Trial.objects.filter(pk=version.trial_id).update(names=version.protocol.short_name.versions)
    record(
        "protocol.put_in_force",
        trial=version.trial,
        actor=actor,
        reason=version.reason,
        number=version.number,
        sha256=version.sha256,
    )
    return version


@transaction.atomic
def discard_draft(*, trial: Trial, actor: Any) -> None:
    """Throw the draft away. What is in force is untouched, and the trail keeps the draft's hash."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    draft = trial.draft()
    if draft is None:
        raise ProtocolRefused(_("There is no draft to discard."))
    if trial.version_in_force() is None:
        raise ProtocolRefused(_("The trial has no other protocol. Replace the draft instead of discarding it."))
    record("protocol.draft_discarded", trial=trial, actor=actor, number=draft.number, sha256=draft.sha256)
    draft.delete()


@transaction.atomic
def move_to(*, trial: Trial, stage: Stage, actor: Any, reason: str = "") -> Trial:
    """One step forward, as far as closed. There is no way back.

    People come by the doors in trial.allocation.services, which ask first what must be true.
    """
    if stage in (Stage.LOCKED, Stage.UNMASKED):
        raise ProtocolRefused(
            _("The data are locked and the groups are opened by acts of their own, on the page of the trial's stage.")
        )
    return step_to(trial=trial, stage=stage, actor=actor, reason=reason)


@transaction.atomic
def step_to(*, trial: Trial, stage: Stage, actor: Any, reason: str = "") -> Trial:
    """The step itself, for the door of a stage, and for nobody else: draft, recruiting, closed, locked, unmasked."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    if STAGES.index(stage) != STAGES.index(Stage(trial.stage)) + 1:
        raise ProtocolRefused(
            _("The trial is in stage “%(now)s”; from there it cannot move to “%(wanted)s”.")
            % {"now": trial.get_stage_display(), "wanted": stage.label}
        )
    if stage == Stage.RECRUITING and not trial.version_in_force():
        raise ProtocolRefused(_("No protocol is in force yet. Put the draft in force first."))
    trial.stage = stage
    trial.save(update_fields=["stage"])
    record("trial.stage_moved", trial=trial, actor=actor, reason=reason, stage=stage.value)
    return trial
