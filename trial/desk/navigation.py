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
from trial.protocol.models import ProtocolVersion, Stage

ROWS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    label: object
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the menu: its words, who has it, and the pages that belong under it."""

    name: str
    label: object
    allowed: frozenset[Role]
    below: tuple[str, ...] = ()


# What somebody comes for every day.
DAILY = (
    Page("desk:trial", _("Today"), may.EVERYBODY),
    Page(
        "desk:participants",
        _("Participants"),
        may.SEES_PARTICIPANTS,
        ("desk:participant", "desk:new_participant", "desk:correct_contact", "desk:emergency"),
    ),
    Page("desk:waves", _("Waves"), may.SEES_WAVES, ("desk:wave", "desk:extend_wave", "desk:extend_wave_for")),
    Page("desk:cohorts", _("Cohorts"), may.SEES_COHORTS, ("desk:cohort", "desk:new_cohort")),
    Page("desk:allocation", _("Allocation"), may.SEES_ALLOCATION, ("desk:seal_list", "desk:entered_in_error")),
    Page("desk:messages", _("Messages"), may.SEES_WAVES, ("desk:mail_text",)),
    Page(
        "desk:programme",
        _("Programme"),
        may.SEES_PROGRAMME,
        ("desk:group", "desk:crossover", "desk:move_session", "desk:attendance", "desk:attendance_of"),
    ),
    Page("desk:safety", _("Safety"), may.ANSWERS_FOR_SAFETY, ("desk:safety_case",)),
    Page("analysis:reports", _("Reports"), may.READS_OPENED_REPORTS, ("analysis:report", "analysis:report_part")),
)
# What the trial is, and what was done in it: one entry of the menu, whose pages have a menu of their own.
ABOUT = (
    Page("desk:setup", _("Overview"), may.EVERYBODY, ("desk:move_stage", "desk:confirm_unmasking", "desk:report_slip")),
    Page("desk:protocol", _("Protocol"), may.EVERYBODY, ("desk:protocol_draft", "desk:designs")),
    Page(
        "desk:instruments",
        _("Instruments"),
        may.EVERYBODY,
        (
            "desk:instrument",
            "desk:load_wordings",
            "desk:sign_for_wordings",
            "desk:wording_pack",
            "desk:use_wordings",
        ),
    ),
    Page("desk:flow", _("Participant flow"), may.SEES_FLOW),
    Page("desk:allocation_record", _("Randomisation"), may.LEADS),
    Page("desk:team", _("Team"), may.SEES_TEAM, ("desk:end_member",)),
    Page("desk:trail", _("Audit trail"), may.READS_TRAIL),
)


def menu(request: StaffRequest, version: ProtocolVersion | None) -> list[Entry]:
    """The daily pages that the roles have in this trial, and one entry for all about the trial."""
    hidden = _not_in_this_trial(request, version)
    daily = [_entry(request, page) for page in DAILY if request.roles & page.allowed and page.name not in hidden]
    is_about = any(entry.is_here for entry in menu_about(request))
    return [*daily, Entry(_("Trial"), reverse(ABOUT[0].name, args=[request.trial.slug]), is_about)]


def menu_about(request: StaffRequest) -> list[Entry]:
    """The pages about the trial, for those who are on one of them; else nothing."""
    entries = [_entry(request, page) for page in ABOUT if request.roles & page.allowed]
    return entries if any(entry.is_here for entry in entries) else []


def _entry(request: StaffRequest, page: Page) -> Entry:
    here = request.resolver_match.view_name if request.resolver_match else ""
    return Entry(page.label, reverse(page.name, args=[request.trial.slug]), here == page.name or here in page.below)


def _not_in_this_trial(request: StaffRequest, version: ProtocolVersion | None) -> set[str]:
    """Reports that are closed to the roles, and the list of a trial that draws its cohorts."""
    reads = may.may_read_reports(request.roles, request.trial) or may.may_read_closed_reports(request.roles)
    hidden = set() if reads else {"analysis:reports"}
    if version and version.protocol.randomisation.method == "cohort_draw":
        hidden.add("desk:allocation")
    return hidden


def address_of(name: str, *arguments: object) -> str:
    """The address of a page, or nothing where this installation has no such page."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def page(request: StaffRequest, template: str, words: Mapping[str, object]) -> HttpResponse:
    """Render a staff page of the request's trial."""
    version = request.trial.latest_version()
    frame = {
        "trial": request.trial,
        "menu": menu(request, version),
        "menu_about": menu_about(request),
        "is_masked": request.trial.stage != Stage.UNMASKED,
        "sees_groups": bool(request.roles & may.SEES_PROGRAMME),
        "role_names": [role.label for role in Role if role in request.roles],
    }
    zone = version.protocol.time_zone if version else "UTC"
    with timezone.override(zone):
        return render(request, template, {**frame, **words, "zone": zone})
