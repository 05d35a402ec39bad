"""Who is asking: a participant by their own cookie, or staff; in which language; and whether they may go further."""

from collections.abc import Callable
from typing import Any

import pghistory
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation

from trial.people.services import current_session

# What staff may open before they have set up a second factor: setting it up, proving the password, leaving.
WITHOUT_SECOND_FACTOR = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "language",
    "healthz",
    "readyz",
}

GetResponse = Callable[[HttpRequest], HttpResponse]


def has_second_factor(user: Any) -> bool:
    """Whether an authenticator app is set up; recovery codes alone do not count (one query)."""
    return get_adapter().is_mfa_enabled(user, types=[Authenticator.Type.TOTP])


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
        return response

    def _own(self, request: Any) -> str | None:
        if request.participant:
            return request.participant.language
        return request.user.language if request.user.is_authenticated else None


class AccessMiddleware(LoginRequiredMiddleware):
    """Every page is for staff with a second factor unless its view says otherwise."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        answer = super().process_view(request, view, args, kwargs)
        if answer is not None or not request.user.is_authenticated:
            return answer
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name not in WITHOUT_SECOND_FACTOR and not has_second_factor(request.user):
            return redirect("mfa_activate_totp")
        return None


class HistoryMiddleware:
    """Tells the triggers of change tracking who acts. Ids only: the history must not name anybody."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return self.get_response(request)
        who = {"user": request.user.pk} if request.user.is_authenticated else {}
        if request.participant:
            who = {"participant": request.participant.pk}
        with pghistory.context(**who):
            return self.get_response(request)
