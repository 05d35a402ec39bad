"""The protocol: what is in force, the draft, and the step from one to the other."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from trial.allocation.assessment import assess_protocol
from trial.desk.navigation import page
from trial.people import permissions as may
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol import services as protocols
from trial.protocol.difference import differences
from trial.protocol.forms import ProtocolDraftForm
from trial.protocol.mistakes import ProtocolInvalid


@require_safe
@for_roles(may.EVERYBODY)
def protocol(request: StaffRequest) -> HttpResponse:
    in_force, draft = request.trial.version_in_force(), request.trial.draft()
    shown, chooses = in_force or draft, bool(request.roles & may.CHOOSES_DESIGN)
    weighed = (draft or in_force) if chooses else None
    reads_file = bool(request.roles & may.CHOOSES_DESIGN)  # block sizes and the like are not for those who enrol
    words = {
        "version": shown,
        "protocol": shown.protocol if shown else None,
        "in_force": in_force,
        "draft": draft,
        "versions": request.trial.protocol_versions.order_by("-number").select_related("created_by"),
        "differences": differences(in_force.protocol, draft.protocol) if in_force and draft and reads_file else [],
        "reads_file": reads_file,
        "may_lead": bool(request.roles & may.LEADS),
        "weighed": weighed,
        "assessment": assess_protocol(weighed.protocol) if weighed else None,
    }
    return page(request, "trial/desk_protocol.html", words)


@require_safe
@for_roles(may.CHOOSES_DESIGN)
def protocol_file(request: StaffRequest, number: int) -> HttpResponse:
    version = request.trial.protocol_versions.filter(number=number).first()
    if version is None:
        raise Http404
    answer = HttpResponse(version.source, content_type="application/toml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{request.trial.slug}-{version.number}.toml"'
    return answer


@for_roles(may.LEADS)
def protocol_draft(request: StaffRequest) -> HttpResponse:
    in_force, draft = request.trial.version_in_force(), request.trial.draft()
    start = draft or in_force
    initial = {"source": start.source if start else "", "reason": draft.reason if draft else ""}
    form = ProtocolDraftForm(
        request.POST or None, request.FILES or None, needs_reason=in_force is not None, initial=initial
    )
    mistakes: tuple = ()
    if request.method == "POST" and form.is_valid():
        source, reason = form.protocol_source(), form.cleaned_data.get("reason", "")
        try:
            version = protocols.save_draft(trial=request.trial, source=source, actor=request.user, reason=reason)
        except ProtocolInvalid as invalid:
            mistakes = invalid.mistakes
            form = form.showing(source)
        except protocols.ProtocolRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Draft %(number)s is saved. Nothing is in force by it.") % vars(version))
            return redirect("desk:protocol", request.trial.slug)
    return page(request, "trial/desk_protocol_draft.html", {"form": form, "mistakes": mistakes})


@require_POST
@for_roles(may.LEADS)
def put_in_force(request: StaffRequest) -> HttpResponse:
    """The draft that was looked at: its number is sent along, so that a newer one is never put in force unseen."""
    draft = request.trial.draft()
    if draft is None or draft.sha256 != request.POST.get("sha256"):
        messages.error(request, _("The draft has changed since this page was shown. Look at it once more."))
        return redirect("desk:protocol", request.trial.slug)
    version = protocols.put_in_force(version=draft, actor=request.user)
    messages.success(request, _("Version %(number)s of the protocol holds from now on.") % vars(version))
    return redirect("desk:protocol", request.trial.slug)


@require_POST
@for_roles(may.LEADS)
def discard_draft(request: StaffRequest) -> HttpResponse:
    try:
        protocols.discard_draft(trial=request.trial, actor=request.user)
    except protocols.ProtocolRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The draft is discarded. What is in force is untouched."))
    return redirect("desk:protocol", request.trial.slug)
