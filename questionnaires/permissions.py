"""Whose page it is: a sitting opens for its own respondent, and for everybody else it does not exist."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from questionnaires.models import Sheet, Sitting

View = Callable[..., HttpResponse]


class RespondentRequest(HttpRequest):
    """A request after whoever knows the person has said, in `respondent_key`, who asks."""

    respondent_key: UUID


def for_respondents(view: View | None = None, *, by_script: bool = False) -> Any:
    """A page of one sitting, with its dates in the sitting's own zone; nothing of it stays in the browser.

    The view is given the sitting, and the sheet where its address names one.
    What a form sends after its session has ended comes back to be sent again; the script keeps it by itself.
    """
    if view is None:
        return partial(for_respondents, by_script=by_script)

    @login_not_required
    @wraps(view)
    def guarded(request: Any, sitting_key: UUID, **kwargs: str) -> HttpResponse:
        asks = getattr(request, "respondent_key", None)
        if asks is None and (by_script or request.method != "POST"):
            return redirect(settings.RESPONDENT_CLOSED_URL)
        if asks is None:
            response = _send_again(request)
        else:
            sitting, *sheet = _asked_for(asks, sitting_key, **kwargs)
            with timezone.override(sitting.place):
                response = view(request, sitting, *sheet)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def _asked_for(asks: UUID, sitting_key: UUID, *, instrument: str = "") -> tuple[Sitting] | tuple[Sitting, Sheet]:
    """The sitting, and the sheet where the address names one (one query)."""
    if not instrument:
        return (get_object_or_404(Sitting.objects.select_related("respondent"), key=sitting_key, respondent=asks),)
    sheets = Sheet.objects.select_related("sitting__respondent")
    found = get_object_or_404(sheets, sitting=sitting_key, sitting__respondent=asks, instrument=instrument)
    return found.sitting, found


def _send_again(request: HttpRequest) -> HttpResponse:
    """Nothing was taken, since nobody knows whose it is; it waits in this page for the session to be opened again."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]
    words = {"sent": sent, "closed": settings.RESPONDENT_CLOSED_URL}
    return render(request, "questionnaires/session_ended.html", words, status=401)
