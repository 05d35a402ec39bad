"""Groups, their sessions, and who crosses over. For those who run the programme; to others these pages do not exist."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from questionnaires import clock
from questionnaires.windows import opening_moment
from trial.audit.services import Refused
from trial.desk.navigation import ROWS_A_PAGE, page
from trial.enrolment.guards import version_in_force
from trial.enrolment.models import Cohort
from trial.people import permissions as may
from trial.people.models import Role, User
from trial.people.permissions import StaffRequest, for_roles
from trial.programme import services
from trial.programme.forms import CrossoverForm, HourForm, LeadForm, MoveForm, StartForm
from trial.programme.ics import Event
from trial.programme.ics import calendar as written
from trial.programme.models import Group, Session
from trial.protocol.models import ProtocolVersion
from trial.protocol.schema_conduct import Programme


def _runs(request: StaffRequest) -> bool:
    return bool(request.roles & may.RUNS_PROGRAMME)


def own_group(request: StaffRequest, pk: int) -> Group:
    return get_object_or_404(services.groups_of(request.trial, request.user, request.roles), pk=pk)


def own_session(request: StaffRequest, pk: int) -> Session:
    groups = services.groups_of(request.trial, request.user, request.roles)
    sessions = Session.objects.select_related("group__cohort__trial", "group__instructor")
    return get_object_or_404(sessions.filter(group__in=groups), pk=pk)


def course_of(request: StaffRequest, group: Group) -> Programme:
    return version_in_force(request.trial).protocol.programme(group.programme)


@require_safe
@for_roles(may.SEES_PROGRAMME, hidden=True)
def programme(request: StaffRequest) -> HttpResponse:
    """The cohorts that were told, each with the groups that one may see."""
    groups = services.groups_of(request.trial, request.user, request.roles)
    told = Cohort.objects.filter(trial=request.trial, draw__told_at__isnull=False).order_by("-number")
    if not _runs(request):
        told = told.filter(groups__in=groups).distinct()
    shown = told.prefetch_related(Prefetch("groups", groups.prefetch_related("sessions")))
    rows = Paginator(shown, ROWS_A_PAGE).get_page(request.GET.get("page"))
    version, now = request.trial.version_in_force(), clock.now()
    words = {
        "rows": rows,
        "cohorts": [(each, [_standing(group, version, now) for group in each.groups.all()]) for each in rows],
        "runs": _runs(request),
        "somebody_waits": bool(version and any(arm.crosses_over_to for arm in version.protocol.arms)),
        "crossed": {each.pk for each in rows if any(group.is_crossover for group in each.groups.all())},
        "hour_form": HourForm(),
        "start_form": StartForm(auto_id="start_%s"),
    }
    return page(request, "trial/desk_programme.html", words)


def _standing(group: Group, version: ProtocolVersion | None, now: datetime) -> dict[str, object]:
    """A group with its programme, the last session that has begun and the next one."""
    sessions = sorted(group.sessions.all(), key=lambda each: each.number)
    return {
        "group": group,
        "course": version.protocol.programme(group.programme) if version else None,
        "last": next((each for each in reversed(sessions) if each.starts_at <= now), None),
        "next": next((each for each in sessions if each.starts_at > now), None),
        "count": len(sessions),
    }


@require_POST
@for_roles(may.RUNS_PROGRAMME, hidden=True)
def form_groups(request: StaffRequest, number: int) -> HttpResponse:
    form, wrong = HourForm(request.POST), _("Nothing was changed. Give an hour, such as 18:00.")
    done = _("The sessions are set. Now say who leads each group and how to join it.")
    return _have_formed(request, number, form, services.form_groups, wrong=wrong, done=done)


@require_POST
@for_roles(may.RUNS_PROGRAMME, hidden=True)
def form_crossover(request: StaffRequest, number: int) -> HttpResponse:
    form, wrong = StartForm(request.POST), _("Nothing was changed. Give the day of the first session and an hour.")
    done = _("The sessions of those who waited are set. Now choose who crosses over.")
    return _have_formed(request, number, form, services.form_crossover_groups, wrong=wrong, done=done)


def _have_formed(
    request: StaffRequest, number: int, form: Form, service: Callable[..., list[Group]], *, wrong: str, done: str
) -> HttpResponse:
    """Have a cohort's groups formed as the form asks, and say on the programme's page how it went."""
    cohort = get_object_or_404(Cohort, trial=request.trial, number=number)
    if not form.is_valid():
        messages.error(request, wrong)
        return redirect("desk:programme", request.trial.slug)
    try:
        service(trial=request.trial, cohort=cohort, actor=request.user, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("desk:programme", request.trial.slug)


@for_roles(may.SEES_PROGRAMME, hidden=True)
def group(request: StaffRequest, pk: int) -> HttpResponse:
    """A group's sessions. Its coordinator says who leads it and by which link it meets."""
    found, runs = own_group(request, pk), _runs(request)
    held = request.trial.memberships.current().filter(role=Role.INSTRUCTOR)
    people = User.objects.filter(pk__in=held.values("user")).order_by("name")
    as_it_is = {"instructor": found.instructor, "join_link": found.join_link}
    form = LeadForm(request.POST or None, instructors=people, initial=as_it_is) if runs else None
    if request.method == "POST" and form and form.is_valid():
        try:
            services.lead_group(trial=request.trial, group=found, actor=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:group", request.trial.slug, found.pk)
    course = course_of(request, found)
    sessions = [(each, course.sessions[each.number - 1]) for each in found.sessions.order_by("number")]
    words = {"group": found, "course": course, "sessions": sessions, "form": form, "runs": runs, "now": clock.now()}
    return page(request, "trial/desk_group.html", words)


@for_roles(may.RUNS_PROGRAMME, hidden=True)
def move_session(request: StaffRequest, pk: int) -> HttpResponse:
    session, version = own_session(request, pk), version_in_force(request.trial)
    local = session.starts_at.astimezone(version.zone)
    form = MoveForm(request.POST or None, initial={"day": local.date(), "at": local.time()})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        starts_at = opening_moment(asked["day"], asked["at"], version.zone)
        try:
            services.move_session(
                trial=request.trial, session=session, starts_at=starts_at, reason=asked["reason"], actor=request.user
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The session is moved. No questionnaires move with it."))
            return redirect("desk:group", request.trial.slug, session.group_id)
    course = course_of(request, session.group)
    words = {"session": session, "step": course.sessions[session.number - 1], "form": form}
    return page(request, "trial/desk_move_session.html", words)


@for_roles(may.RUNS_PROGRAMME, hidden=True)
def crossover(request: StaffRequest, pk: int) -> HttpResponse:
    """Those who waited: who can take the programme now, who did, and until when the others wait."""
    found = get_object_or_404(services.groups_of(request.trial, request.user, request.roles), pk=pk, is_crossover=True)
    waiting, now = services.those_waiting(found), clock.now()
    if request.method != "POST":
        rows = [(each, each.may_cross(now)) for each in waiting]
        words = {"group": found, "rows": rows, "somebody_may": any(may_cross for _each, may_cross in rows)}
        return page(request, "trial/desk_crossover.html", words)
    form = CrossoverForm(request.POST, waiting=[each.participant for each in waiting])
    if not form.is_valid():
        messages.error(request, _("Nothing was changed. Choose who crosses over."))
        return redirect("desk:crossover", request.trial.slug, found.pk)
    people = list(form.cleaned_data["people"])
    try:
        services.cross_over(trial=request.trial, group=found, people=people, actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("They are in the group now, and their pages show its sessions."))
    return redirect("desk:crossover", request.trial.slug, found.pk)


@require_safe
@for_roles(may.SEES_PROGRAMME, hidden=True)
def calendar(request: StaffRequest) -> HttpResponse:
    """The sessions of the groups that one sees, as a calendar file."""
    version = request.trial.version_in_force()
    groups = services.groups_of(request.trial, request.user, request.roles)
    sessions = Session.objects.filter(group__in=groups).select_related("group__cohort").order_by("starts_at", "pk")
    events = [_event(each, version) for each in sessions] if version else []
    answer = HttpResponse(written(request.trial.name, events), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{request.trial.slug}-sessions.ics"'
    return answer


def _event(session: Session, version: ProtocolVersion) -> Event:
    step = version.protocol.programme(session.group.programme).sessions[session.number - 1]
    title = step.title.in_language(get_language() or "en")
    return Event(
        uid=f"session-{session.pk}@{version.protocol.slug}",
        title=f"{session.group.cohort}: {title}",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        changed_at=session.moved_at or session.group.created_at,
        place=session.group.join_link,
    )
