"""Allocation: the sealed list and the next person's place, designs tried out, errors flagged, the record. No arms."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from trial.allocation import services
from trial.allocation.forms import DesignForm
from trial.allocation.models import EnteredInError
from trial.allocation.report import consort_items
from trial.allocation.services import overview
from trial.audit.services import Refused
from trial.desk.navigation import ROWS_A_PAGE, page
from trial.messages.tasks import send_soon
from trial.people import permissions as may
from trial.people.forms import ReasonForm
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.models import Stage
from trial.waves.services import ready_one_by_one


@require_safe
@for_roles(may.SEES_ALLOCATION)
def allocation(request: StaffRequest) -> HttpResponse:
    trial, version = request.trial, request.trial.latest_version()
    by_list = bool(version and version.protocol.randomisation.method != "cohort_draw")
    ready = ready_one_by_one(trial, version) if version and by_list else None
    words = {
        "rows": Paginator(overview.randomised(trial), ROWS_A_PAGE).get_page(request.GET.get("page")),
        "by_list": by_list,
        "lists": overview.lists_of(trial) if by_list else (),
        "next_place": ready.first() if ready is not None else None,
        "ready_count": ready.count() if ready is not None else 0,
        "is_recruiting": trial.stage == Stage.RECRUITING,
        "may_allocate": bool(request.roles & may.INVITES),
        "may_seal": bool(request.roles & may.LEADS),
        "sees_places": bool(request.roles & may.SEES_PLACES_USED),
        "may_flag": bool(request.roles & may.FLAGS_ERRORS),
    }
    return page(request, "trial/desk_allocation.html", words)


@require_POST
@for_roles(may.INVITES)
def allocate(request: StaffRequest) -> HttpResponse:
    """The person whom the page has shown: pressed twice, the second press allocates nobody else."""
    person = request.trial.participants.filter(code=request.POST.get("code", "")).first()
    if person is None:
        messages.error(request, _("There is no such person in this trial. Load the page again."))
        return redirect("desk:allocation", request.trial.slug)
    try:
        services.allocate_next(trial=request.trial, participant=person, actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        send_soon()
        messages.success(request, _("%(code)s has a place and is told by mail.") % {"code": person.code})
    return redirect("desk:allocation", request.trial.slug)


@for_roles(may.LEADS)
def seal_list(request: StaffRequest) -> HttpResponse:
    version, refusal = request.trial.latest_version(), None
    if version is None or version.protocol.randomisation.method == "cohort_draw":
        return redirect("desk:allocation", request.trial.slug)
    if request.method == "POST":
        try:
            sealed = services.seal_list(trial=request.trial, actor=request.user)
        except Refused as held:
            refusal = str(held)
        else:
            messages.success(request, _("List %(number)s is sealed, and its root is published.") % vars(sealed))
            return redirect("desk:allocation", request.trial.slug)
    words = {"refusal": refusal, "plan": version.protocol.randomisation}
    return page(request, "trial/desk_seal_list.html", words)


@require_safe
@for_roles(may.LEADS)
def allocation_record(request: StaffRequest) -> HttpResponse:
    """Items 17 to 20 of CONSORT in both languages, the page's own first."""
    version = request.trial.version_in_force()
    order = sorted(("en", "es"), key=lambda code: code != get_language())
    records = [(code, consort_items(request.trial, version, code)) for code in order] if version else []
    return page(request, "trial/desk_allocation_record.html", {"records": records})


@require_safe
@for_roles(may.CHOOSES_DESIGN)
def designs(request: StaffRequest) -> HttpResponse:
    """Figures of any design; the address holds what was asked, so that it can be sent to somebody."""
    form = DesignForm(request.GET if "method" in request.GET else None)
    assessment = form.assessment() if form.is_bound and form.is_valid() else None
    return page(request, "trial/desk_designs.html", {"form": form, "assessment": assessment})


@for_roles(may.FLAGS_ERRORS)
def entered_in_error(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            services.flag_entered_in_error(trial=request.trial, participant=person, actor=request.user, reason=reason)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(code)s is flagged. A second person has to confirm it.") % {"code": code})
            return redirect("desk:allocation", request.trial.slug)
    flag = EnteredInError.objects.filter(allocation__participant=person).select_related("flagged_by", "seconded_by")
    words = {"person": person, "form": form, "flag": flag.first(), "is_randomised": overview.is_randomised(person)}
    return page(request, "trial/desk_entered_in_error.html", words)


@require_POST
@for_roles(may.FLAGS_ERRORS)
def confirm_error(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    try:
        services.second_flag(trial=request.trial, participant=person, actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is confirmed: %(code)s was randomised in error.") % {"code": code})
    return redirect("desk:entered_in_error", request.trial.slug, code)
