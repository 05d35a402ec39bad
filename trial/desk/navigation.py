"""The frame around every staff page of a trial: which pages a role has, and what is said about masking."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trial.people import permissions as may
from trial.people.models import Role
from trial.people.permissions import StaffRequest
from trial.protocol.models import Stage

ROWS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    label: object
    address: str
    is_here: bool


# (page, its words in the menu, who has it, the pages that belong under it)
MENU = (
    ("desk:trial", _("Today"), may.EVERYBODY, ()),
    (
        "desk:participants",
        _("Participants"),
        may.SEES_PARTICIPANTS,
        ("desk:participant", "desk:new_participant", "desk:correct_contact", "desk:emergency"),
    ),
    ("desk:safety", _("Safety"), may.ANSWERS_FOR_SAFETY, ("desk:safety_case",)),
    ("desk:cohorts", _("Cohorts"), may.SEES_COHORTS, ("desk:cohort", "desk:new_cohort")),
    (
        "desk:allocation",
        _("Allocation"),
        may.SEES_ALLOCATION,
        ("desk:seal_list", "desk:allocation_record", "desk:entered_in_error"),
    ),
    ("desk:waves", _("Waves"), may.SEES_WAVES, ("desk:wave", "desk:extend_wave", "desk:extend_wave_for")),
    ("desk:messages", _("Messages"), may.SEES_WAVES, ("desk:mail_text",)),
    (
        "desk:programme",
        _("Programme"),
        may.SEES_PROGRAMME,
        ("desk:group", "desk:crossover", "desk:move_session", "desk:attendance", "desk:attendance_of"),
    ),
    ("desk:flow", _("Participant flow"), may.SEES_FLOW, ()),
    ("desk:setup", _("Trial"), may.EVERYBODY, ("desk:move_stage", "desk:confirm_unmasking", "desk:report_slip")),
    (
        "desk:protocol",
        _("Protocol"),
        may.EVERYBODY,
        (
            "desk:protocol_draft",
            "desk:designs",
            "desk:instruments",
            "desk:instrument",
            "desk:load_wordings",
            "desk:sign_for_wordings",
            "desk:wording_pack",
            "desk:use_wordings",
        ),
    ),
    ("desk:team", _("Team"), may.SEES_TEAM, ("desk:end_member",)),
    ("analysis:reports", _("Reports"), may.READS_OPENED_REPORTS, ("analysis:report", "analysis:report_part")),
    ("desk:trail", _("Audit trail"), may.READS_TRAIL, ()),
)


def menu(request: StaffRequest) -> list[Entry]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    closed = set() if may.may_read_reports(request.roles, request.trial) else {"analysis:reports"}
    return [
        Entry(label, reverse(name, args=[request.trial.slug]), here == name or here in below)
        for name, label, allowed, below in MENU
        if request.roles & allowed and name not in closed
    ]


def address_of(name: str, *arguments: object) -> str:
    """The address of a page, or nothing where this installation has no such page."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def page(request: StaffRequest, template: str, words: Mapping[str, object]) -> HttpResponse:
    """Render a staff page of the request's trial."""
    frame = {
        "trial": request.trial,
        "menu": menu(request),
        "is_masked": request.trial.stage != Stage.UNMASKED,
        "sees_groups": bool(request.roles & may.SEES_PROGRAMME),
        "role_names": [role.label for role in Role if role in request.roles],
    }
    version = request.trial.latest_version()
    zone = version.protocol.time_zone if version else "UTC"
    with timezone.override(zone):
        return render(request, template, {**frame, **words, "zone": zone})
