"""The first pages of the desk: one's trials, one trial and its next stage, what was done in it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trial.desk.navigation import ROWS_A_PAGE, page
from trial.desk.views.stages import next_stage, waits_for_second_person
from trial.people import permissions as may
from trial.people.models import Role, User
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.models import Trial


@require_safe
def trials(request: StaffRequest) -> HttpResponse:
    """The trials in which one has a role, each with the roles (one query)."""
    held = request.user.memberships.current().select_related("trial").order_by("trial__slug", "role")
    by_trial: dict[Trial, list[str]] = {}
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
        "leaders": request.trial.memberships.current().filter(role=Role.PI).select_related("user"),
        "participant_count": request.trial.participants.count(),
        "may_invite": bool(request.roles & may.INVITES),
        "may_lead": bool(request.roles & may.LEADS),
        "next_stage": next_stage(request.trial),
        "to_confirm": bool(request.roles & may.CONFIRMS_UNMASKING) and waits_for_second_person(request.trial),
        "draft": request.trial.draft(),
    }
    return page(request, "trial/desk_trial.html", words)


@require_safe
@for_roles(may.READS_TRAIL)
def trail(request: StaffRequest) -> HttpResponse:
    entries = request.trial.audit_entries.select_related("actor", "participant")
    rows = Paginator(entries, ROWS_A_PAGE).get_page(request.GET.get("page"))
    named = User.objects.in_bulk({0, *(entry.data.get("user", 0) for entry in rows)})
    entries_about = [(entry, named.get(entry.data.get("user"))) for entry in rows]
    return page(request, "trial/desk_trail.html", {"rows": rows, "entries": entries_about})
