"""The participant's own pages."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from trial.enrolment import services
from trial.messages.tasks import send_soon
from trial.people.forms import EmailForm
from trial.people.permissions import ParticipantRequest, SiteRequest, for_participants
from trial.people.services import end_session, open_session, usable_link
from trial.protocol.models import Trial


def _words(trial: Trial) -> dict[str, object]:
    """The trial and its protocol: support contacts stand on every page."""
    version = trial.latest_version()
    return {"trial": trial, "protocol": version.protocol if version else None}


@login_not_required
@never_cache
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Where a personal link leads. Opening it changes nothing, since mail scanners open links; the button does."""
    found = usable_link(token)
    if found is None:
        return render(request, "trial/enrolment_link_unusable.html", status=410)
    if request.method != "POST":
        return render(request, "trial/enrolment_link.html", _words(found.participant.trial))
    response = redirect("enrolment:home")
    response.set_cookie(
        settings.PARTICIPANT_COOKIE_NAME,
        open_session(link=found),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


@for_participants
@require_safe
def home(request: ParticipantRequest) -> HttpResponse:
    return render(request, "trial/enrolment_home.html", _words(request.participant.trial))


@for_participants
@require_POST
def leave_device(request: ParticipantRequest) -> HttpResponse:
    end_session(session=request.participant_session)
    response = redirect("enrolment:closed")
    response.delete_cookie(settings.PARTICIPANT_COOKIE_NAME, samesite="Lax")
    return response


@login_not_required
@require_safe
def closed(request: SiteRequest) -> HttpResponse:
    """Shown without a session: after leaving, or after the pages closed by themselves."""
    if request.participant:
        return redirect("enrolment:home")
    return render(request, "trial/enrolment_closed.html")


@login_not_required
def my_link(request: HttpRequest) -> HttpResponse:
    """Send the personal link again. The answer is the same whether or not the address is known."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.ask_for_link_by_email(form.cleaned_data["email"], asked_from=get_adapter().get_client_ip(request))
        send_soon()
        return render(request, "trial/enrolment_my_link_sent.html")
    return render(request, "trial/enrolment_my_link.html", {"form": form})
