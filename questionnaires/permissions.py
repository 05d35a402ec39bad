"""Whose page it is: a sitting opens for its own respondent, and for everybody else it does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from questionnaires.models import Sitting

View = Callable[..., HttpResponse]


class RespondentRequest(HttpRequest):
    """A request after whoever knows the person has said, in `respondent_key`, who asks."""

    respondent_key: UUID


def for_respondents(view: View) -> View:
    """A page of one sitting, with its dates in the sitting's own zone; nothing of it stays in the browser."""

    @login_not_required
    @wraps(view)
    def guarded(request: Any, sitting_key: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        asks = getattr(request, "respondent_key", None)
        if asks is None:
            return redirect(settings.RESPONDENT_CLOSED_URL)
        sitting = get_object_or_404(Sitting, key=sitting_key, respondent_id=asks)
        with timezone.override(sitting.place):
            response = view(request, sitting, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded
