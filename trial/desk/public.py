"""The front page: the studies that are open to everybody, and the ways in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trial.protocol.models import ProtocolVersion, Trial


@login_not_required
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    studies = [(version.trial, version) for version in ProtocolVersion.objects.in_force_of(Trial.objects.public())]
    return render(request, "trial/desk_front.html", {"studies": studies})
