"""The waves of each cohort: when they are open, who has handed in, and more time where it is needed."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from trial.audit.services import Refused
from trial.desk.navigation import ROWS_A_PAGE, page
from trial.people import permissions as may
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.schema_conduct import Wave
from trial.waves import services
from trial.waves.forms import ExtensionForm


@require_safe
@for_roles(may.SEES_WAVES)
def waves(request: StaffRequest) -> HttpResponse:
    version = request.trial.version_in_force()
    words = {
        "cohorts": services.standings_of(request.trial, version) if version else [],
        "may_extend": bool(request.roles & may.EXTENDS_WAVES),
    }
    return page(request, "trial/desk_waves.html", words)


@require_safe
@for_roles(may.SEES_WAVES)
def wave(request: StaffRequest, number: int, wave: str) -> HttpResponse:
    """One wave of one cohort, person by person."""
    found = _standing(request, number, wave)
    words = {
        "standing": found,
        "rows": Paginator(found.people, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "may_extend": bool(request.roles & may.EXTENDS_WAVES),
    }
    return page(request, "trial/desk_wave.html", words)


def _standing(request: StaffRequest, number: int, wave: str) -> services.WaveStanding:
    version = request.trial.version_in_force()
    for cohort, standings in services.standings_of(request.trial, version) if version else ():
        for each in standings:
            if (cohort.number, each.wave.id) == (number, wave):
                return each
    raise Http404


@for_roles(may.EXTENDS_WAVES)
def extend_wave(request: StaffRequest, number: int, wave: str) -> HttpResponse:
    """More time for everybody of a cohort."""
    cohort, asked = get_object_or_404(request.trial.cohorts, number=number), _wave(request, wave)
    form = ExtensionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.extend_wave(cohort=cohort, wave=wave, actor=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("reason" if refusal.guard == "reason" else None, str(refusal))
        else:
            messages.success(request, _("Everybody of the cohort has more time."))
            return redirect("desk:wave", request.trial.slug, number, wave)
    window = cohort.waves.filter(wave=wave).first()
    words = {"form": form, "cohort": cohort, "wave": asked, "window": window.window if window else None}
    return page(request, "trial/desk_extend_wave.html", words)


@for_roles(may.EXTENDS_WAVES)
def extend_wave_for(request: StaffRequest, code: str, wave: str) -> HttpResponse:
    """More time for one person."""
    person, asked = get_object_or_404(request.trial.participants, code=code), _wave(request, wave)
    form = ExtensionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.extend_for(participant=person, wave=wave, actor=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("reason" if refusal.guard == "reason" else None, str(refusal))
        else:
            messages.success(request, _("%(code)s has more time.") % {"code": code})
            return redirect("desk:wave", request.trial.slug, person.place.cohort.number, wave)
    window = services.present_window(person, asked, request.trial.version_in_force())
    words = {"form": form, "wave": asked, "person": person, "window": window}
    return page(request, "trial/desk_extend_wave.html", words)


def _wave(request: StaffRequest, wave: str) -> Wave:
    version = request.trial.version_in_force()
    found = next((each for each in version.protocol.waves if each.id == wave), None) if version else None
    if found is None:
        raise Http404
    return found
