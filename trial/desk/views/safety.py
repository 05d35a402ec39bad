"""Crossed thresholds: who answers for which, until when, and how it ended."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from questionnaires import clock
from trial.audit.services import Refused
from trial.desk.navigation import ROWS_A_PAGE, page
from trial.people import permissions as may
from trial.people.models import ContactDetails, User
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.schema_conduct import Safety, SafetyRule
from trial.safety import services
from trial.safety.forms import AttemptForm, ClosingForm, HandOverForm
from trial.safety.models import SafetyCase


@require_safe
@for_roles(may.ANSWERS_FOR_SAFETY)
def cases(request: StaffRequest) -> HttpResponse:
    every = request.trial.safety_cases.select_related("participant", "owner", "crossing__sitting")
    closed = Paginator(every.filter(closed_at__isnull=False).order_by("-closed_at", "-pk"), ROWS_A_PAGE)
    words = {
        "open_cases": every.open(),
        "rows": closed.get_page(request.GET.get("page")),
        "now": clock.now(),
        "safety": _safety(request),
    }
    return page(request, "trial/desk_safety.html", words)


def _safety(request: StaffRequest) -> Safety | None:
    version = request.trial.latest_version()
    return version.protocol.safety if version else None


@require_safe
@for_roles(may.ANSWERS_FOR_SAFETY)
def case(request: StaffRequest, pk: int) -> HttpResponse:
    """One case. Whoever has taken it sees the score and how to reach the person."""
    found = _case(request, pk)
    is_mine = found.owner_id == request.user.pk
    words = {
        "case": found,
        "rule": _rule(request, found),
        "is_mine": is_mine,
        "score": services.score_of(found) if is_mine else None,
        "contact": ContactDetails.objects.filter(participant=found.participant).first() if is_mine else None,
        "attempts": found.attempts.select_related("written_by"),
        "attempt_form": AttemptForm(),
        "closing_form": ClosingForm(),
        "hand_over_form": HandOverForm(people=_others(request)),
        "others": _others(request).exists(),
        "now": clock.now(),
    }
    return page(request, "trial/desk_safety_case.html", words)


def _rule(request: StaffRequest, of: SafetyCase) -> SafetyRule | None:
    safety = _safety(request)
    return next((rule for rule in safety.rules if rule.id == of.crossing.rule), None) if safety else None


def _case(request: StaffRequest, pk: int) -> SafetyCase:
    every = request.trial.safety_cases.select_related("participant", "owner", "crossing__sitting")
    return get_object_or_404(every, pk=pk)


def _others(request: StaffRequest) -> QuerySet[User]:
    members = request.trial.memberships.current().filter(role__in=may.ANSWERS_FOR_SAFETY)
    return User.objects.filter(memberships__in=members).exclude(pk=request.user.pk).distinct()


def _do(
    request: StaffRequest, found: SafetyCase, service: Callable[..., object], said: str, **given: object
) -> HttpResponse:
    """Do it, and go back to the case with what came of it."""
    try:
        service(trial=request.trial, case=found, actor=request.user, **given)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect("desk:safety_case", request.trial.slug, found.pk)


@require_POST
@for_roles(may.ANSWERS_FOR_SAFETY)
def take(request: StaffRequest, pk: int) -> HttpResponse:
    return _do(request, _case(request, pk), services.take_case, _("You answer for this case."))


@require_POST
@for_roles(may.ANSWERS_FOR_SAFETY)
def hand_over(request: StaffRequest, pk: int) -> HttpResponse:
    found, form = _case(request, pk), HandOverForm(request.POST, people=_others(request))
    if form.is_valid():
        to = form.cleaned_data["to"]
        said = _("%(name)s answers for this case now.") % {"name": to.name}
        return _do(request, found, services.hand_over, said, to=to)
    messages.error(request, _("Nothing was changed. Choose who answers for the case now."))
    return redirect("desk:safety_case", request.trial.slug, pk)


@require_POST
@for_roles(may.ANSWERS_FOR_SAFETY)
def note_attempt(request: StaffRequest, pk: int) -> HttpResponse:
    found, form = _case(request, pk), AttemptForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return _do(request, found, services.note_attempt, _("It is written down."), words=words)


@require_POST
@for_roles(may.ANSWERS_FOR_SAFETY)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    found, form = _case(request, pk), ClosingForm(request.POST)
    if form.is_valid():
        return _do(request, found, services.close_case, _("The case is closed."), **form.cleaned_data)
    messages.error(request, _("The case is still open. Choose how it ended, and write a note."))
    return redirect("desk:safety_case", request.trial.slug, pk)
