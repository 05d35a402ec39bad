"""Who is asking: a participant by their own cookie, or staff; in which language; and whether they may go further."""

from collections.abc import Callable
from typing import Any

import pghistory
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from trial.people.services import current_session

# What a session may open before it has proved a second factor: setting one up, proving who one is, leaving.
WITHOUT_SECOND_FACTOR = {
    "account_logout",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_reauthenticate",
}

GetResponse = Callable[[HttpRequest], HttpResponse]


def has_second_factor(user: Any) -> bool:
    """Whether an authenticator app is set up; recovery codes alone do not count (one query)."""
    return get_adapter().is_mfa_enabled(user, types=[Authenticator.Type.TOTP])


def has_proved_second_factor(request: Any) -> bool:
    """Whether this very session has shown a code: one opened by password alone stays outside for good."""
    return any(proof["method"] == "mfa" for proof in get_authentication_records(request, request.user))


class ParticipantMiddleware:
    """Sets request.participant and request.participant_session from the participant's cookie, or None.

    request.respondent_key is the same person as the pages of `questionnaires` know them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        token = request.COOKIES.get(settings.PARTICIPANT_COOKIE_NAME)
        session = current_session(token) if token else None
        request.participant_session = session
        request.participant = session.participant if session else None
        request.respondent_key = session.participant.respondent_key if session else None
        return self.get_response(request)


class LanguageMiddleware:
    """The participant's or staff member's own language, else what the browser chose or asks for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        language = self._own(request) or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            patch_vary_headers(response, ["Cookie", "Accept-Language"])
        return response

    def _own(self, request: Any) -> str | None:
        if request.participant:
            return request.participant.language
        return request.user.language if request.user.is_authenticated else None


class AccessMiddleware(LoginRequiredMiddleware):
    """Every page is for staff whose session has proved a second factor, unless its view says otherwise."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        answer = super().process_view(request, view, args, kwargs)
        needs_login = getattr(view, "login_required", True)
        if answer is not None or not needs_login or not request.user.is_authenticated:
            return answer
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in WITHOUT_SECOND_FACTOR:
            return None
        if not has_second_factor(request.user):
            return redirect("mfa_activate_totp")
        if not has_proved_second_factor(request):
            logout(request)
            return redirect_to_login(request.get_full_path())
        return None

    def process_response(self, request: Any, response: HttpResponse) -> HttpResponse:
        """What staff have seen is not kept by a browser that others use after them."""
        if request.user.is_authenticated:
            add_never_cache_headers(response)
        return response


class HistoryMiddleware:
    """Tells the triggers of change tracking who acts. Ids only: the history must not name anybody."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return self.get_response(request)
        who = {"participant": request.participant.pk} if request.participant else {}
        if request.user.is_authenticated:
            who["user"] = request.user.pk
        with pghistory.context(**who):
            return self.get_response(request)
