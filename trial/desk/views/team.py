"""Who works on the trial."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trial.desk.navigation import page
from trial.messages.services import ask_for_staff_invitation, invite_member
from trial.messages.tasks import send_soon
from trial.people import permissions as may
from trial.people import services as people
from trial.people.forms import MemberForm, ReasonForm
from trial.people.permissions import StaffRequest, for_roles


@for_roles(may.SEES_TEAM)
def team(request: StaffRequest) -> HttpResponse:
    may_lead = bool(request.roles & may.LEADS)
    form = MemberForm(request.POST or None) if may_lead else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            membership = invite_member(trial=request.trial, actor=request.user, **form.cleaned_data)
        except people.PeopleError as refusal:
            form.add_error("email", str(refusal))
        else:
            send_soon()
            said = {"name": membership.user.name, "role": membership.get_role_display()}
            messages.success(request, _("%(name)s is now %(role)s in this trial.") % said)
            return redirect("desk:team", request.trial.slug)
    members = request.trial.memberships.current().select_related("user").order_by("role", "user__name", "pk")
    return page(request, "trial/desk_team.html", {"members": members, "form": form, "may_lead": may_lead})


@require_POST
@for_roles(may.LEADS)
def send_invitation(request: StaffRequest, pk: int) -> HttpResponse:
    """Again, for somebody who has not signed in yet."""
    membership = get_object_or_404(request.trial.memberships.current().select_related("user"), pk=pk)
    if membership.user.last_login is None:
        ask_for_staff_invitation(membership.user, request.trial)
        send_soon()
        messages.success(request, _("The invitation of %(name)s is on its way again.") % {"name": membership.user.name})
    return redirect("desk:team", request.trial.slug)


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
