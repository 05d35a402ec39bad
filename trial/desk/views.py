"""The staff's pages of a trial. Each is one page: fetch, form, one service call, redirect."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from trial.desk.navigation import page
from trial.enrolment import services as enrolment
from trial.enrolment.forms import JudgementForm
from trial.enrolment.models import with_progress
from trial.messages.services import ask_for_personal_link, ask_for_staff_invitation
from trial.messages.tasks import send_soon
from trial.people import permissions as may
from trial.people import services as people
from trial.people.forms import MemberForm, ParticipantForm, ReasonForm
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol import services as protocols
from trial.protocol.difference import differences
from trial.protocol.forms import ProtocolDraftForm
from trial.protocol.mistakes import ProtocolInvalid

ROWS_A_PAGE = 50


@require_safe
def trials(request: StaffRequest) -> HttpResponse:
    """The trials in which one has a role, each with the roles (one query)."""
    held = request.user.memberships.current().select_related("trial").order_by("trial__slug", "role")
    by_trial: dict = {}
    for membership in held:
        by_trial.setdefault(membership.trial, []).append(membership.get_role_display())
    return render(request, "trial/desk_trials.html", {"trials": list(by_trial.items())})


@require_safe
@for_roles(may.EVERYBODY)
def trial(request: StaffRequest) -> HttpResponse:
    version = request.trial.latest_version()
    words = {
        "version": version,
        "protocol": version.protocol if version else None,
        "participant_count": request.trial.participants.count(),
        "may_invite": bool(request.roles & may.INVITES),
        "may_lead": bool(request.roles & may.LEADS),
        "draft": request.trial.draft(),
    }
    return page(request, "trial/desk_trial.html", words)


@require_safe
@for_roles(may.SEES_PARTICIPANTS)
def participants(request: StaffRequest) -> HttpResponse:
    people_here = with_progress(request.trial.participants.order_by("code"))
    rows = Paginator(people_here, ROWS_A_PAGE).get_page(request.GET.get("page"))
    words = {"rows": rows, "may_invite": bool(request.roles & may.INVITES)}
    return page(request, "trial/desk_participants.html", words)


@for_roles(may.INVITES)
def new_participant(request: StaffRequest) -> HttpResponse:
    version = request.trial.latest_version()
    language = version.protocol.default_language if version else request.user.language
    form = ParticipantForm(request.POST or None, initial={"language": language})
    if request.method == "POST" and form.is_valid():
        try:
            registered = people.register_participant(trial=request.trial, actor=request.user, **form.cleaned_data)
        except people.PeopleError as refusal:
            form.add_error("email", str(refusal))
        else:
            ask_for_personal_link(registered)
            send_soon()
            messages.success(request, _("%(code)s is registered. The personal link is on its way.") % vars(registered))
            return redirect("desk:participant", request.trial.slug, registered.code)
    return page(request, "trial/desk_new_participant.html", {"form": form})


@require_safe
@for_roles(may.SEES_PARTICIPANTS)
def participant(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(with_progress(request.trial.participants.select_related("contact")), code=code)
    sees_contact = bool(request.roles & may.SEES_CONTACT_DETAILS)
    words = {
        "person": person,
        "contact": person.contact if sees_contact else None,
        "may_invite": bool(request.roles & may.INVITES),
        "to_judge": enrolment.still_to_judge(person) if request.roles & may.JUDGES else (),
        "links": person.links.order_by("-created_at")[:5],
        "form": ReasonForm(),
        "reopen_form": ReasonForm(auto_id="reopen_%s"),
    }
    return page(request, "trial/desk_participant.html", words)


@require_POST
@for_roles(may.INVITES)
def send_link(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    ask_for_personal_link(person)
    send_soon()
    messages.success(request, _("A new personal link is on its way to %(code)s.") % {"code": person.code})
    return redirect("desk:participant", request.trial.slug, person.code)


@require_POST
@for_roles(may.INVITES)
def revoke_links(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    form = ReasonForm(request.POST)
    if form.is_valid():
        count = people.revoke_links(participant=person, actor=request.user, reason=form.cleaned_data["reason"])
        said = ngettext("%(count)d link no longer opens anything.", "%(count)d links no longer open anything.", count)
        messages.success(request, said % {"count": count})
    else:
        messages.error(request, _("Nothing was changed. Write a reason, so that the audit trail can tell it."))
    return redirect("desk:participant", request.trial.slug, person.code)


@require_POST
@for_roles(may.JUDGES)
def judge_criterion(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    form = JudgementForm(request.POST)
    if form.is_valid():
        try:
            enrolment.judge_criterion(trial=request.trial, participant=person, actor=request.user, **form.cleaned_data)
        except enrolment.EnrolmentRefused as refusal:
            messages.error(request, str(refusal))
        else:
            send_soon()
            messages.success(request, _("The judgement is stored."))
    else:
        messages.error(request, _("Nothing was changed. Choose whether the criterion is met."))
    return redirect("desk:participant", request.trial.slug, person.code)


@require_POST
@for_roles(may.INVITES)
def reopen_screening(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        enrolment.reopen_screening(trial=request.trial, participant=person, actor=request.user, reason=reason)
    except enrolment.EnrolmentRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(code)s can answer the screening again.") % {"code": person.code})
    return redirect("desk:participant", request.trial.slug, person.code)


@require_safe
@for_roles(may.EVERYBODY)
def protocol(request: StaffRequest) -> HttpResponse:
    in_force, draft = request.trial.version_in_force(), request.trial.draft()
    shown = in_force or draft
    words = {
        "version": shown,
        "protocol": shown.protocol if shown else None,
        "draft": draft,
        "versions": request.trial.protocol_versions.order_by("-number").select_related("created_by"),
        "differences": differences(in_force.protocol, draft.protocol) if in_force and draft else [],
        "may_lead": bool(request.roles & may.LEADS),
    }
    return page(request, "trial/desk_protocol.html", words)


@require_safe
@for_roles(may.EVERYBODY)
def protocol_file(request: StaffRequest) -> HttpResponse:
    version = request.trial.latest_version()
    if version is None:
        return redirect("desk:protocol", request.trial.slug)
    answer = HttpResponse(version.source, content_type="application/toml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{request.trial.slug}-{version.number}.toml"'
    return answer


@for_roles(may.LEADS)
def protocol_draft(request: StaffRequest) -> HttpResponse:
    in_force, draft = request.trial.version_in_force(), request.trial.draft()
    start = draft or in_force
    form = ProtocolDraftForm(
        request.POST or None,
        request.FILES or None,
        needs_reason=in_force is not None,
        initial={"source": start.source if start else "", "reason": draft.reason if draft else ""},
    )
    mistakes: tuple = ()
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        try:
            version = protocols.save_draft(
                trial=request.trial, source=form.protocol_source(), actor=request.user, reason=reason
            )
        except ProtocolInvalid as invalid:
            mistakes = invalid.mistakes
        except protocols.ProtocolRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Draft %(number)s is saved. Nothing is in force by it.") % vars(version))
            return redirect("desk:protocol", request.trial.slug)
    return page(request, "trial/desk_protocol_draft.html", {"form": form, "mistakes": mistakes})


@for_roles(may.SEES_TEAM)
def team(request: StaffRequest) -> HttpResponse:
    may_lead = bool(request.roles & may.LEADS)
    form = MemberForm(request.POST or None) if may_lead else None
    if request.method == "POST" and form is not None and form.is_valid():
        membership, is_new = people.add_member(trial=request.trial, actor=request.user, **form.cleaned_data)
        if is_new:
            ask_for_staff_invitation(membership.user, request.trial)
            send_soon()
        said = {"name": membership.user.name, "role": membership.get_role_display()}
        messages.success(request, _("%(name)s is now %(role)s in this trial.") % said)
        return redirect("desk:team", request.trial.slug)
    members = request.trial.memberships.current().select_related("user").order_by("role", "user__name")
    return page(request, "trial/desk_team.html", {"members": members, "form": form, "may_lead": may_lead})


@for_roles(may.LEADS)
def end_member(request: StaffRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(request.trial.memberships.current().select_related("user"), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            people.end_membership(membership=membership, actor=request.user, reason=form.cleaned_data["reason"])
        except people.PeopleError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(member)s no longer has this role.") % {"member": membership.user.name})
            return redirect("desk:team", request.trial.slug)
    return page(request, "trial/desk_end_member.html", {"membership": membership, "form": form})


@require_safe
@for_roles(may.READS_TRAIL)
def trail(request: StaffRequest) -> HttpResponse:
    entries = request.trial.audit_entries.select_related("actor", "participant")
    rows = Paginator(entries, ROWS_A_PAGE).get_page(request.GET.get("page"))
    return page(request, "trial/desk_trail.html", {"rows": rows})
