from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from analysis import demo_trial


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
