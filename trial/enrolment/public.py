"""The pages of a study that everybody can read, and the door to it."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trial.enrolment import services
from trial.enrolment.forms import SignUpForm
from trial.enrolment.wording import wording
from trial.messages.tasks import send_soon
from trial.protocol.models import ProtocolVersion, Stage, Trial


def words_of(trial: Trial) -> dict[str, object]:
    """The trial and its protocol: support contacts stand on every page."""
    version = trial.latest_version()
    return {"trial": trial, "version": version, "protocol": version.protocol if version else None}


def _published(slug: str) -> tuple[Trial, ProtocolVersion]:
    """A trial that is no draft any more, else 404: nobody learns that there is a draft."""
    trial = Trial.objects.public().filter(slug=slug).first()
    version = trial.version_in_force() if trial else None
    if trial is None or version is None:
        raise Http404
    return trial, version


def _page(request: HttpRequest, template: str, trial: Trial, version: ProtocolVersion, **more: object) -> HttpResponse:
    frame = {
        "trial": trial,
        "version": version,
        "protocol": version.protocol,
        "is_recruiting": trial.stage == Stage.RECRUITING,
    }
    return render(request, template, {**frame, **more})


@login_not_required
@require_safe
def study(request: HttpRequest, trial_slug: str) -> HttpResponse:
    trial, version = _published(trial_slug)
    shown = services.wording_in_force(version)
    return _page(request, "trial/enrolment_study.html", trial, version, shown=shown)


@login_not_required
@require_safe
def information(request: HttpRequest, trial_slug: str) -> HttpResponse:
    """The consent documents in full, with their versions and hashes."""
    trial, version = _published(trial_slug)
    protocol, code = version.protocol, get_language() or "en"
    documents = [wording(protocol, document, code) for document in protocol.consent_documents]
    return _page(request, "trial/enrolment_information.html", trial, version, documents=documents)


@login_not_required
@never_cache
def take_part(request: HttpRequest, trial_slug: str) -> HttpResponse:
    """Read, sign, sign up. What follows is the same for an address that is known and for a new one."""
    trial, version = _published(trial_slug)
    if trial.stage != Stage.RECRUITING and request.method != "POST":
        return redirect("enrolment:study", trial.slug)
    shown = services.wording_in_force(version)
    form = SignUpForm(request.POST or None, shown=shown)
    if request.method == "POST" and form.is_valid():
        address, place = form.cleaned_data["email"], get_adapter().get_client_ip(request)
        try:
            services.sign_up(trial=trial, email=address, signed=form.signed(), asked_from=place)
        except services.EnrolmentRefused as refusal:
            form.add_error(None, str(refusal))
            form.data = {**request.POST.dict(), "text_sha256": shown.sha256, "document": shown.document}
        else:
            send_soon()
            return redirect("enrolment:signed_up", trial.slug)
    return _page(request, "trial/enrolment_take_part.html", trial, version, shown=shown, form=form)


@login_not_required
@require_safe
def signed_up(request: HttpRequest, trial_slug: str) -> HttpResponse:
    trial, version = _published(trial_slug)
    return _page(request, "trial/enrolment_signed_up.html", trial, version)
