from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analysis import demo_trial


@login_not_required
@never_cache
@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """How to sign in to the demo, with the codes of this half minute. It exists in the demo only."""
    if not settings.IN_DEMO:
        raise Http404
    return render(request, "analysis/demo.html", {"logins": demo_trial.logins(), "password": demo_trial.PASSWORD})
