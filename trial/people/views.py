from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from trial.people.forms import LanguageForm
from trial.people.permissions import SiteRequest
from trial.people.services import choose_language


class ActivateSecondFactor(ActivateTOTPView):
    """Setting up the second factor takes a code, so the session that did it has proved it."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        record_authentication(self.request, self.request.user, method="mfa", type="totp")
        return answer


@login_not_required
@require_POST
def language(request: SiteRequest) -> HttpResponse:
    """Choose the language of the pages, for the person if known, and for this browser."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back if back.startswith("/") else "/")
    form = LanguageForm(request.POST)
    if form.is_valid():
        code = form.cleaned_data["language"]
        choose_language(code, participant=request.participant, user=request.user)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
    return response
