"""The files that go with a draw, and the report of a group that slipped out."""

import json
from pathlib import Path

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from trial.allocation import services as allocation
from trial.allocation import verify_allocation
from trial.allocation.forms import SlipForm
from trial.allocation.models import Draw
from trial.desk.navigation import page
from trial.people import permissions as may
from trial.people.permissions import StaffRequest, for_roles


@require_safe
@for_roles(may.SEES_COHORTS)
def receipt_file(request: StaffRequest, number: int) -> HttpResponse:
    """Commitment and receipts of one cohort as JSON: what was published, and no group."""
    draw = get_object_or_404(Draw.objects.select_related("cohort"), cohort__trial=request.trial, cohort__number=number)
    content = json.dumps(allocation.receipt_document(draw.cohort), indent=1, sort_keys=True) + "\n"
    answer = HttpResponse(content, content_type="application/json")
    name = f"{request.trial.slug}-cohort-{number}-receipts.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_safe
@for_roles(may.SEES_COHORTS)
def verify_script(request: StaffRequest) -> HttpResponse:
    answer = HttpResponse(Path(verify_allocation.__file__).read_bytes(), content_type="text/x-python")
    answer.headers["Content-Disposition"] = 'attachment; filename="verify_allocation.py"'
    return answer


@for_roles(may.EVERYBODY)
def report_slip(request: StaffRequest) -> HttpResponse:
    """Somebody learned a group: put on record without saying which."""
    form = SlipForm(request.POST or None, trial=request.trial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        allocation.report_slip(
            trial=request.trial,
            participant=given["code"],
            actor=request.user,
            learner=given["learner"],
            way=given["way"],
        )
        messages.success(request, _("It is on record. Thank you for telling: that is all there is to do."))
        return redirect("desk:trial", request.trial.slug)
    return page(request, "trial/desk_report_slip.html", {"form": form})
