"""One's trials, what one trial is and its next stage, what was done in it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from trial.desk.navigation import ROWS_A_PAGE, page
from trial.desk.views.stages import next_stage, waits_for_second_person
from trial.people import permissions as may
from trial.people.models import Role, User
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.models import Stage, Trial

# Who opens their pages at the hours of the sessions is in the programme: kept, and shown once the groups are open.
COMING_IN = "session.opened"
# What each role is here for, and what it may do.
DUTIES = {
    Role.PI: gettext_lazy("You lead the trial: its protocol, its team and its stages."),
    Role.RECRUITER: gettext_lazy("You invite people, follow who is where, and have cohorts closed and drawn."),
    Role.PROGRAMME: gettext_lazy("You look after the programme: its groups, sessions and materials."),
    Role.INSTRUCTOR: gettext_lazy("You lead the sessions of your groups and note who came."),
    Role.STATISTICIAN: gettext_lazy("You prepare the analysis on masked data."),
    Role.DATA_MANAGER: gettext_lazy("You see that the data are complete, without names and without groups."),
    Role.CLINICIAN: gettext_lazy("You answer when somebody is in distress, and may call them."),
    Role.MONITOR: gettext_lazy("You read everything that was done, and change nothing."),
    Role.COMMITTEE: gettext_lazy(
        "You watch over the safety of those who take part, by closed reports that nobody else has."
    ),
}


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
def setup(request: StaffRequest) -> HttpResponse:
    version = request.trial.latest_version()
    words = {
        "version": version,
        "protocol": version.protocol if version else None,
        "leaders": request.trial.memberships.current().filter(role=Role.PI).select_related("user"),
        "participant_count": request.trial.participants.count(),
        "may_lead": bool(request.roles & may.LEADS),
        "next_stage": next_stage(request.trial),
        "to_confirm": bool(request.roles & may.CONFIRMS_UNMASKING) and waits_for_second_person(request.trial),
        "draft": request.trial.draft(),
        "duties": [(role.label, DUTIES[role]) for role in Role if role in request.roles],
    }
    return page(request, "trial/desk_setup.html", words)


@require_safe
@for_roles(may.READS_TRAIL)
def trail(request: StaffRequest) -> HttpResponse:
    entries = request.trial.audit_entries.select_related("actor", "participant")
    if request.trial.stage != Stage.UNMASKED:
        entries = entries.exclude(action=COMING_IN)
    rows = Paginator(entries, ROWS_A_PAGE).get_page(request.GET.get("page"))
    named = User.objects.in_bulk({0, *(entry.data.get("user", 0) for entry in rows)})
    entries_about = [(entry, named.get(entry.data.get("user"))) for entry in rows]
    return page(request, "trial/desk_trail.html", {"rows": rows, "entries": entries_about})
