"""What every page of the site shares and no room owns: security headers, health checks, the words for errors."""

from collections.abc import Callable, Mapping

from celery.exceptions import OperationalError as BrokerError
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from kombu.exceptions import OperationalError as TransportError

from trial.celery import app

GetResponse = Callable[[HttpRequest], HttpResponse]


def policy(directives: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


class ContentSecurityPolicyMiddleware:
    """Sends the policy of settings.SECURE_CSP. Django 6 has this built in; remove it with that upgrade."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.header = policy(settings.SECURE_CSP)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.header)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class RefuseUnreadableMiddleware:
    """The first thing that looks at a request: too much of it, or bytes that no address of ours can hold.

    Django counts the fields of a form but not its files, and reads all of it before it checks the form's token.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in request.META or not length.isdecimal():
            return self._refuse(411, gettext("The request does not say how long it is. Nothing was changed."))
        if int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return self._refuse(413, gettext("What was sent is larger than 2 MB. Nothing was changed."))
        if "\0" in request.path or any("\0" in value for value in request.COOKIES.values()):
            return self._refuse(400, gettext("The request holds bytes that no address has. Nothing was changed."))
        return self.get_response(request)

    def _refuse(self, status: int, sentence: str) -> HttpResponse:
        return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


class ExplainMethodMiddleware:
    """An address that only takes what a button sends, opened as a page: say so instead of showing nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        explained = render(request, "405.html", status=405)
        explained.headers["Allow"] = response.headers["Allow"]
        return explained


def context(request: HttpRequest) -> dict[str, object]:
    """For every template: the environment, the site's own address, and the frame that a page about an error keeps.

    For the pages of questionnaires, whose views know nothing of trials, also the participant's trial and its
    protocol: support stands on every page. They are asked for only where a template says them.
    """
    user = getattr(request, "user", None)  # an error may come before anybody was recognised
    is_staff = user is not None and user.is_authenticated
    words: dict[str, object] = {
        "IN_DEMO": settings.IN_DEMO,
        "SITE_URL": settings.SITE_URL,
        "frame_for_errors": "base_staff.html" if is_staff else "base.html",
    }
    participant = getattr(request, "participant", None)
    if participant and request.resolver_match and request.resolver_match.app_name == "questionnaires":
        words["trial"] = SimpleLazyObject(lambda: participant.trial)
        words["protocol"] = SimpleLazyObject(participant.trial.protocol_on_pages)
    return words


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of anything else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers; says also whether the queue does, without which pages still work."""
    state = {"database": _database_answers(), "queue": _queue_answers()}
    return JsonResponse(state, status=200 if state["database"] else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM trial_trial LIMIT 1")
    except DatabaseError:
        return False
    return True


def _queue_answers() -> bool:
    try:
        with app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (BrokerError, TransportError, OSError):
        return False
    return True


# Pages for what went wrong. Each says what it was, that nothing is lost, and where to go.
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: left open too long, cookies refused, or sent from another site."""
    return render(request, "403_form.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def our_fault(request: HttpRequest) -> HttpResponse:
    """A plain page without database, session or context: any of them may be what failed."""
    return HttpResponse(render_to_string("500.html"), status=500)
