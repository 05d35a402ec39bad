"""Cohorts: opened, closed, drawn and told, each with what is known of it and never with a group."""

from collections.abc import Callable
from datetime import date

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from trial.allocation import services as allocation
from trial.allocation.forms import CloseForm, CohortDatesForm, DrawForm, TellForm
from trial.allocation.models import Draw
from trial.audit.services import Refused
from trial.desk.navigation import page
from trial.enrolment.models import Cohort
from trial.messages.tasks import send_soon
from trial.people import permissions as may
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.models import ProtocolVersion, Stage
from trial.waves import services as waves
from trial.waves.timing import cohort_windows, end_of_programme


@require_safe
@for_roles(may.SEES_COHORTS)
def cohorts(request: StaffRequest) -> HttpResponse:
    rows = list(request.trial.cohorts.select_related("draw").annotate(people=Count("places")))
    may_open = request.trial.stage == Stage.RECRUITING and all(cohort.closed_at for cohort in rows)
    words = {"rows": rows, "may_open": may_open and bool(request.roles & may.ALLOCATES)}
    return page(request, "trial/desk_cohorts.html", words)


@for_roles(may.ALLOCATES)
def new_cohort(request: StaffRequest) -> HttpResponse:
    """The two dates; "look" shows what follows from them and stores nothing."""
    form, version = CohortDatesForm(request.POST or None), request.trial.version_in_force()
    windows: list[tuple[object, object]] = []
    if request.method == "POST" and form.is_valid() and version:
        if "look" in request.POST:
            windows = _windows(version, **form.cleaned_data)
        else:
            try:
                cohort = waves.open_cohort(trial=request.trial, actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("%(cohort)s is open.") % {"cohort": cohort})
                return redirect("desk:cohort", request.trial.slug, cohort.number)
    return page(request, "trial/desk_new_cohort.html", {"form": form, "version": version, "windows": windows})


def _windows(
    version: ProtocolVersion, programme_starts_on: date, programme_ends_on: date | None
) -> list[tuple[object, object]]:
    """Each wave that hangs on these dates, with its window."""
    ends_on = programme_ends_on or end_of_programme(version.protocol, programme_starts_on)
    windows = cohort_windows(version.protocol, starts_on=programme_starts_on, ends_on=ends_on)
    return [(version.protocol.wave(wave), window) for wave, window in windows.items()]


@require_safe
@for_roles(may.SEES_COHORTS)
def cohort(request: StaffRequest, number: int) -> HttpResponse:
    return _page(request, _cohort(request, number))


@require_POST
@for_roles(may.ALLOCATES)
def close_cohort(request: StaffRequest, number: int) -> HttpResponse:
    said = _("The cohort is closed, and the commitment to its draw is published.")
    return _act(request, number, CloseForm, allocation.close_cohort, said)


@require_POST
@for_roles(may.ALLOCATES)
def draw_cohort(request: StaffRequest, number: int) -> HttpResponse:
    return _act(request, number, DrawForm, allocation.draw_cohort, _("The cohort is drawn. Nobody has been told yet."))


@require_POST
@for_roles(may.ALLOCATES)
def tell_cohort(request: StaffRequest, number: int) -> HttpResponse:
    return _act(request, number, TellForm, allocation.tell_cohort, _("Everybody can read their group now."))


def _cohort(request: StaffRequest, number: int) -> Cohort:
    cohort: Cohort = get_object_or_404(Cohort.objects.select_related("trial"), trial=request.trial, number=number)
    return cohort


def _act(
    request: StaffRequest, number: int, form_class: type[forms.Form], act: Callable[..., Draw], said: str
) -> HttpResponse:
    """One of the three acts; its receipt goes to the second place as soon as it is committed."""
    cohort, form = _cohort(request, number), form_class(request.POST)
    if not form.is_valid():
        return _page(request, cohort, form)
    try:
        act(cohort=cohort, actor=request.user)
        allocation.copy_receipts(cohort=cohort)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    send_soon()
    return redirect("desk:cohort", request.trial.slug, number)


def _page(request: StaffRequest, cohort: Cohort, form: forms.Form | None = None) -> HttpResponse:
    version = request.trial.version_in_force()
    draw = Draw.objects.filter(cohort=cohort).select_related("committed_by", "drawn_by", "told_by").first()
    people = allocation.candidates(cohort, version) if version else []
    listed = [each for each in people if each.code in draw.codes] if draw else []
    words = {
        "cohort": cohort,
        "draw": draw,
        "proof": allocation.published_of(cohort) if draw else None,
        "ready": listed or [each for each in people if not each.lacks],
        "not_ready": [] if draw else [each for each in people if each.lacks],
        "withdrawn_since": [each.code for each in listed if each.lacks == "withdrawn"],
        "windows": [(version.protocol.wave(row.wave), row) for row in cohort.waves.all()] if version else [],
        "is_drawn_at_once": version is not None and version.protocol.randomisation.method == "cohort_draw",
        "is_opened": allocation.is_opened(request.trial),
        "form": form or _next_form(draw),
        "may_act": bool(request.roles & may.ALLOCATES),
    }
    return page(request, "trial/desk_cohort.html", words)


def _next_form(draw: Draw | None) -> forms.Form | None:
    """What is asked before the next act, if one is left."""
    if draw is None:
        return CloseForm()
    if draw.drawn_at is None:
        return DrawForm()
    return TellForm() if draw.told_at is None else None
