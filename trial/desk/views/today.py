"""Today: what needs somebody, who is where, and what comes next."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from questionnaires import clock
from trial.desk.forms import CodesForm
from trial.desk.navigation import ROWS_A_PAGE, address_of, page
from trial.flow import services as flow
from trial.flow.needs import Kind, Need
from trial.flow.overview import Matrix, funnel, matrix, under_way, upcoming
from trial.people import permissions as may
from trial.people.models import Role
from trial.people.permissions import StaffRequest, for_roles

RECRUITS = frozenset({Role.PI, Role.RECRUITER})
# Whom each kind of need is for, and the word on its button.
CONCERNS = {
    Kind.SAFETY: (may.ANSWERS_FOR_SAFETY, gettext_lazy("Answer")),
    Kind.MAIL: (RECRUITS, gettext_lazy("Put it right")),
    Kind.JUDGE: (may.JUDGES, gettext_lazy("Judge")),
    Kind.WAVE_CLOSING: (may.INVITES, gettext_lazy("See who")),
    Kind.OPEN_COHORT: (may.ALLOCATES, gettext_lazy("Open a cohort")),
    Kind.CLOSE_COHORT: (may.ALLOCATES, gettext_lazy("Close the cohort")),
    Kind.DRAW_COHORT: (may.ALLOCATES, gettext_lazy("Draw")),
    Kind.TELL_COHORT: (may.ALLOCATES, gettext_lazy("Tell them")),
    Kind.CONSENT: (RECRUITS, gettext_lazy("See the text")),
    Kind.STAGE: (may.LEADS, gettext_lazy("Look at it")),
    Kind.DRAFT: (may.LEADS, gettext_lazy("Look at it")),
    Kind.WITHDRAWN: (may.INVITES, gettext_lazy("I have seen it")),
}


@dataclass(frozen=True, slots=True)
class Task:
    """A need, and the page on which it is met; without an address that page is not there yet."""

    need: Need
    button: object
    address: str


@require_safe
@for_roles(may.EVERYBODY)
def trial(request: StaffRequest) -> HttpResponse:
    facts = flow.facts_of(request.trial)
    words: dict[str, object] = {"now": clock.now(), "tasks": _tasks(request, facts)}
    if facts and request.roles & may.SEES_FLOW:
        words["funnel"] = funnel(facts.people, facts.at.before)
        words["target"] = facts.protocol.target_sample_size
        words["upcoming"] = upcoming(facts.protocol, facts.cohorts, facts.now)
        words["has_cohorts"] = bool(facts.cohorts)
    if facts and request.roles & may.SEES_PARTICIPANTS:
        people = [(person, facts.cells(person)) for person in facts.people]
        words |= _matrix_words(request, matrix(facts.protocol, people, facts.now))
    words["may_invite"] = bool(request.roles & may.INVITES) and request.trial.stage == "recruiting"
    return page(request, "trial/desk_today.html", words)


def _matrix_words(request: StaffRequest, of: Matrix) -> dict[str, object]:
    shows_all = request.GET.get("show") == "all"
    rows = Paginator(of.rows if shows_all else of.attention, ROWS_A_PAGE).get_page(request.GET.get("page"))
    return {
        "matrix": of,
        "rows": rows,
        "shows_all": shows_all,
        "percents": flow.percent_answered(under_way(rows)),
    }


def _tasks(request: StaffRequest, facts: flow.TrialFacts | None) -> list[Task]:
    if facts:
        found = flow.needs_today(request.trial, facts)
    else:
        draft = request.trial.draft()
        found = (Need(kind=Kind.DRAFT, version=str(draft.number)),) if draft else ()
    mine = [need for need in found if request.roles & CONCERNS[need.kind][0]]
    return [Task(need, CONCERNS[need.kind][1], _address(request, need)) for need in mine]


def _address(request: StaffRequest, need: Need) -> str:
    slug = request.trial.slug
    people = reverse("desk:participants", args=[slug])
    person = reverse("desk:participant", args=[slug, need.codes[0]]) if need.codes else ""
    waves = address_of("desk:waves", slug)
    cohorts = address_of("desk:cohorts", slug)
    cohort = address_of("desk:cohort", slug, need.cohort) or cohorts
    return {
        Kind.SAFETY: reverse("desk:safety", args=[slug]),
        Kind.MAIL: address_of("desk:messages", slug) or person,
        Kind.JUDGE: person if need.count == 1 else f"{people}?state=waiting",
        Kind.WAVE_CLOSING: waves or "#waves",
        Kind.OPEN_COHORT: cohorts,
        Kind.CLOSE_COHORT: cohort,
        Kind.DRAW_COHORT: cohort,
        Kind.TELL_COHORT: cohort,
        Kind.CONSENT: reverse("enrolment:information", args=[slug]),
        Kind.STAGE: reverse("desk:move_stage", args=[slug]),
        Kind.DRAFT: reverse("desk:protocol", args=[slug]),
        Kind.WITHDRAWN: "",
    }[need.kind]


@require_POST
@for_roles(may.INVITES)
def see_withdrawals(request: StaffRequest) -> HttpResponse:
    form = CodesForm(request.POST)
    if form.is_valid():
        flow.see_withdrawals(trial=request.trial, codes=form.cleaned_data["codes"], actor=request.user)
        messages.success(request, _("Noted. Nothing more is asked of you there."))
    return redirect("desk:trial", request.trial.slug)
