"""The pages on which everybody can check a trial's draws: what was published before, and what opens it afterwards."""

from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trial.allocation import services as allocation
from trial.allocation import verify_allocation
from trial.allocation.forms import OpeningForm
from trial.allocation.models import AllocationList, Draw
from trial.allocation.openings import OpeningRefused, OpeningUnreadable, check_opening
from trial.allocation.services import Published
from trial.protocol.models import Trial

SCRIPT = Path(verify_allocation.__file__)


def _trial(slug: str) -> Trial:
    trial: Trial = get_object_or_404(Trial.objects.public(), slug=slug)
    return trial


@login_not_required
@never_cache
def proof(request: HttpRequest, trial_slug: str) -> HttpResponse:
    """Published values, openings once the groups are open, and the check of a file that somebody brings."""
    trial = _trial(trial_slug)
    proofs = allocation.published(trial)
    form = OpeningForm(request.POST or None, request.FILES or None)
    findings: tuple[str, ...] = ()
    checked = None
    if request.method == "POST" and form.is_valid():
        findings, checked = _checked(form.cleaned_data["opening"], trial, proofs)
    version = trial.version_in_force()
    words = {
        "trial": trial,
        "protocol": version.protocol if version else None,
        "proofs": proofs,
        "is_opened": allocation.is_opened(trial),
        "form": form,
        "findings": findings,
        "checked": checked,
    }
    return render(request, "trial/allocation_proof.html", words)


def _checked(content: bytes, trial: Trial, proofs: list[Published]) -> tuple[tuple[str, ...], Published | None]:
    """One sentence for each thing that does not fit; else whose published values the file fits."""
    try:
        document = check_opening(content)
    except OpeningUnreadable as problem:
        return (str(problem),), None
    except OpeningRefused as refusal:
        return refusal.findings, None
    value = document["commitment" if document["kind"] == "cohort" else "root"]
    found = next((each for each in proofs if each.value == value), None)
    if document["trial"] != trial.slug or found is None:
        return (f"The file opens a draw of the trial {document['trial']} that was never published here.",), None
    try:
        check_opening(content, found.values)
    except OpeningRefused as refusal:
        return refusal.findings, None
    return (), found


@login_not_required
@require_safe
def opening(request: HttpRequest, trial_slug: str, kind: str, number: int) -> HttpResponse:
    """The file that opens one cohort or list; there is none before two people have opened the groups."""
    trial = _trial(trial_slug)
    if not allocation.is_opened(trial):
        raise Http404
    of: Draw | AllocationList
    if kind == "cohort":
        of = get_object_or_404(Draw.objects.select_related("cohort"), cohort__trial=trial, cohort__number=number)
    else:
        of = get_object_or_404(AllocationList, trial=trial, number=number)
    answer = HttpResponse(allocation.opening_of(of), content_type="application/json")
    name = f"{trial.slug}-{kind}-{number}-opening.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@login_not_required
@require_safe
def verify_script(request: HttpRequest, trial_slug: str) -> HttpResponse:
    """The script that checks an opening without us."""
    _trial(trial_slug)
    answer = HttpResponse(SCRIPT.read_bytes(), content_type="text/x-python")
    answer.headers["Content-Disposition"] = f'attachment; filename="{SCRIPT.name}"'
    return answer
