"""The reports of a trial; and the demo's own pages."""

import json

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from analysis import demo_trial, services
from analysis.forms import AskForm
from analysis.models import Kind, Report, ReportFile, ReportQuerySet
from trial.desk.navigation import ROWS_A_PAGE, page
from trial.people import permissions as may
from trial.people.permissions import StaffRequest
from trial.protocol.models import Stage

FIRST_PART = "results"


@login_not_required
@never_cache
@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """How to sign in to the demo, with the codes of this half minute. It exists in the demo only."""
    if not settings.IN_DEMO:
        raise Http404
    return render(request, "analysis/demo.html", {"logins": demo_trial.logins(), "password": demo_trial.PASSWORD})


@login_not_required
@require_POST
def open_participant(request: HttpRequest) -> HttpResponse:
    """On to a fresh personal link of the demo's participant. It exists in the demo only."""
    if not (settings.IN_DEMO and demo_trial.is_loaded()):
        raise Http404
    return redirect(demo_trial.participant_page())


@require_safe
@may.for_readers_of_reports
def reports(request: StaffRequest) -> HttpResponse:
    """The reports that exist for these roles, newest first, and the one that can be asked for now."""
    rows = Paginator(_reports(request), ROWS_A_PAGE).get_page(request.GET.get("page"))
    kind = _kind_now(request)
    words = {"rows": rows, "kind": kind, "may_ask": _may_ask(request, kind)}
    return page(request, "analysis/reports.html", words)


def _kind_now(request: StaffRequest) -> Kind:
    """The kind that the trial's stage has for these roles."""
    if request.trial.stage == Stage.UNMASKED:
        return Kind.REAL
    return Kind.CLOSED if may.may_read_closed_reports(request.roles) else Kind.REHEARSAL


def _may_ask(request: StaffRequest, kind: Kind) -> bool:
    if kind == Kind.CLOSED:
        return may.may_read_closed_reports(request.roles)
    return bool(request.roles & may.ASKS_FOR_REPORTS)


@require_POST
@may.for_roles(may.ASKS_FOR_REPORTS | may.COMMITTEE_ALONE)
def ask_for_report(request: StaffRequest) -> HttpResponse:
    form = AskForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say which report you want; the button on this page does."))
        return redirect("analysis:reports", request.trial.slug)
    kind = Kind(form.cleaned_data["kind"])
    if not _may_ask(request, kind):
        raise PermissionDenied
    try:
        report = services.ask_for_report(trial=request.trial, kind=kind, actor=request.user)
    except services.ReportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("analysis:reports", request.trial.slug)
    services.compute_soon(report)
    return redirect("analysis:report", request.trial.slug, report.name)


@require_safe
@may.for_readers_of_reports
def report(request: StaffRequest, name: str) -> HttpResponse:
    """How far it is; once it is complete, its primary set."""
    found = _report_or_404(request, name)
    if found.is_done:
        primary = _documents(found).values_list("set_id", flat=True).first()
        return _part(request, found, primary or "", FIRST_PART)
    return page(request, "analysis/report_progress.html", {"report": found})


@require_safe
@may.for_readers_of_reports
def report_part(request: StaffRequest, name: str, set_id: str, part: str) -> HttpResponse:
    """One tab of one analysis set."""
    return _part(request, _report_or_404(request, name), set_id, part)


@never_cache
@require_safe
@may.for_readers_of_reports
def report_progress(request: StaffRequest, name: str) -> HttpResponse:
    """What the script of the progress page asks."""
    found = _report_or_404(request, name)
    told = {"progress": found.progress, "words": found.get_doing_display(), "finished": not found.is_under_way}
    return JsonResponse(told)


@require_safe
@may.for_readers_of_reports
def report_file(request: StaffRequest, name: str, file_name: str) -> HttpResponse:
    """One file, as it was stored."""
    report = _report_or_404(request, name)
    file = report.files.exclude(kind="document").filter(name=file_name).first()
    if file is None:
        raise Http404
    kind = "application/pdf" if file.kind == "pdf" else "application/zip"
    answer = HttpResponse(bytes(file.content), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{request.trial.slug}-{report.number}-{file.name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _reports(request: StaffRequest) -> ReportQuerySet:
    """Closed ones exist for the committee alone, the others for those who may read them at this stage."""
    return request.trial.reports.select_related("asked_by").existing_for(
        closed=may.may_read_closed_reports(request.roles), others=may.may_read_reports(request.roles, request.trial)
    )


def _report_or_404(request: StaffRequest, name: str) -> Report:
    return get_object_or_404(_reports(request).named(name))


def _documents(report: Report) -> QuerySet[ReportFile]:
    """In the language of the page, the primary set first."""
    language = (get_language() or "en").split("-")[0]
    return report.files.filter(kind="document", language=language)


def _part(request: StaffRequest, report: Report, set_id: str, part: str) -> HttpResponse:
    stored = get_object_or_404(_documents(report), set_id=set_id)
    document = json.loads(bytes(stored.content))
    shown = next((each for each in document["parts"] if each["id"] == part), None)
    if shown is None:
        raise Http404
    files = report.files.to_download().filter(set_id__in=["", set_id], language__in=["", stored.language])
    words = {"report": report, "document": document, "part": shown, "files": files}
    return page(request, "analysis/report.html", {**words, "pdf": next((f for f in files if f.kind == "pdf"), None)})
