"""The doors between a trial's stages, each with its checklist, and the groups opened: by two people, or for one."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trial.allocation import services as allocation
from trial.allocation.forms import EmergencyForm, GoLiveForm
from trial.allocation.visibility import arm_opened_in_emergency
from trial.audit.services import Refused
from trial.desk.navigation import page
from trial.messages.services import ask_for_test_mail
from trial.messages.tasks import send_soon
from trial.people import permissions as may
from trial.people.forms import ReasonForm
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.models import Stage, Trial
from trial.protocol.services import STAGES, ProtocolRefused

DOORS: dict[Stage, Callable[..., object]] = {
    Stage.RECRUITING: allocation.go_live,
    Stage.CLOSED: allocation.close_recruitment,
    Stage.LOCKED: allocation.lock_data,
    Stage.UNMASKED: allocation.ask_unmasking,
}


def next_stage(trial: Trial) -> Stage | None:
    """The stage to which the principal investigator may lead on, or ask to."""
    at = STAGES.index(Stage(trial.stage)) + 1
    return STAGES[at] if at < len(STAGES) else None


def waits_for_second_person(trial: Trial) -> bool:
    return trial.stage == Stage.LOCKED and allocation.asked_for(trial) is not None


@for_roles(may.LEADS)
def move_stage(request: StaffRequest) -> HttpResponse:
    """One step forward, with a reason; to the last one, the question that a second person answers."""
    stage = next_stage(request.trial)
    if stage is None:
        return redirect("desk:setup", request.trial.slug)
    form = _form(request, stage)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("reason", "approved") if name in form.cleaned_data}
        try:
            DOORS[stage](trial=request.trial, actor=request.user, **said)
        except (Refused, ProtocolRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _said(stage))
            return redirect("desk:setup", request.trial.slug)
    words = {"form": form, "stage": stage, "asked": allocation.asked_for(request.trial)}
    return page(request, "trial/desk_move_stage.html", {**words, "items": allocation.checklist(request.trial)})


def _form(request: StaffRequest, stage: Stage) -> ReasonForm:
    version = request.trial.version_in_force()
    if stage == Stage.RECRUITING and version:
        return GoLiveForm(request.POST or None, protocol=version.protocol)
    return ReasonForm(request.POST or None)


def _said(stage: Stage) -> str:
    if stage == Stage.UNMASKED:
        return _("You have asked for the unmasking. The groups open when a second person confirms it.")
    return _("The trial is now in stage “%(stage)s”.") % {"stage": stage.label}


@require_POST
@for_roles(may.LEADS)
def send_test_mail(request: StaffRequest) -> HttpResponse:
    ask_for_test_mail(trial=request.trial, actor=request.user)
    send_soon()
    messages.success(request, _("A test mail is on its way to %(email)s.") % {"email": request.user.email})
    return redirect("desk:move_stage", request.trial.slug)


@for_roles(may.CONFIRMS_UNMASKING)
def confirm_unmasking(request: StaffRequest) -> HttpResponse:
    """The second person reads who asked and why, and opens the groups."""
    if request.method == "POST":
        try:
            allocation.confirm_unmasking(trial=request.trial, actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The groups are open to everybody in the trial."))
            return redirect("desk:setup", request.trial.slug)
    words = {"asked": allocation.asked_for(request.trial), "is_locked": request.trial.stage == Stage.LOCKED}
    return page(request, "trial/desk_confirm_unmasking.html", words)


@for_roles(may.UNMASKS_ONE)
def emergency(request: StaffRequest, code: str) -> HttpResponse:
    """Open one participant's group, with the second factor once more and a reason."""
    person = get_object_or_404(request.trial.participants.select_related("trial"), code=code)
    form = EmergencyForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        try:
            allocation.unmask_in_emergency(participant=person, actor=request.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            send_soon()
            return redirect("desk:emergency", request.trial.slug, code)
    words = {"person": person, "form": form, "arm": arm_opened_in_emergency(person, request.user)}
    return page(request, "trial/desk_emergency.html", words)
