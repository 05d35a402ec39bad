"""The frame around every staff page of a trial: which pages a role has, and what is said about masking."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trial.people import permissions as may
from trial.people.models import Role
from trial.people.permissions import StaffRequest

ROWS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    label: object
    address: str
    is_here: bool


# (page, its words in the menu, who has it, the pages that belong under it)
MENU = (
    ("desk:trial", _("Overview"), may.EVERYBODY, ("desk:move_stage",)),
    (
        "desk:participants",
        _("Participants"),
        may.SEES_PARTICIPANTS,
        ("desk:participant", "desk:new_participant", "desk:correct_contact"),
    ),
    ("desk:safety", _("Safety"), may.ANSWERS_FOR_SAFETY, ("desk:safety_case",)),
    (
        "desk:programme",
        _("Programme"),
        may.SEES_PROGRAMME,
        ("desk:group", "desk:crossover", "desk:move_session", "desk:attendance", "desk:attendance_of"),
    ),
    ("desk:protocol", _("Protocol"), may.EVERYBODY, ("desk:protocol_draft",)),
    ("desk:team", _("Team"), may.SEES_TEAM, ("desk:end_member",)),
    ("desk:trail", _("Audit trail"), may.READS_TRAIL, ()),
)


def menu(request: StaffRequest) -> list[Entry]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    return [
        Entry(label, reverse(name, args=[request.trial.slug]), here == name or here in below)
        for name, label, allowed, below in MENU
        if request.roles & allowed
    ]


def page(request: StaffRequest, template: str, words: Mapping[str, object]) -> HttpResponse:
    """Render a staff page of the request's trial."""
    frame = {
        "trial": request.trial,
        "menu": menu(request),
        "is_masked": not request.roles & may.SEES_PROGRAMME,
        "role_names": [role.label for role in Role if role in request.roles],
    }
    version = request.trial.latest_version()
    zone = version.protocol.time_zone if version else "UTC"
    with timezone.override(zone):
        return render(request, template, {**frame, **words, "zone": zone})
