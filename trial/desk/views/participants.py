"""Participants under their codes, their links, and how to reach them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from questionnaires import clock
from trial.allocation import services as allocation
from trial.audit.services import Refused
from trial.desk.forms import ParticipantSearchForm
from trial.desk.navigation import ROWS_A_PAGE, page
from trial.enrolment import services as enrolment
from trial.enrolment.forms import JudgementForm
from trial.flow import services as flow
from trial.flow.overview import steps
from trial.messages.models import MOST_ATTEMPTS
from trial.messages.services import ask_for_personal_link, invite_participant
from trial.messages.tasks import send_soon
from trial.people import permissions as may
from trial.people import services as people
from trial.people.forms import ContactForm, ParticipantForm, ReasonForm
from trial.people.models import ContactDetails, Participant
from trial.people.permissions import StaffRequest, for_roles
from trial.templatetags.face import spoken


@require_safe
@for_roles(may.SEES_PARTICIPANTS)
def participants(request: StaffRequest) -> HttpResponse:
    form = ParticipantSearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    people = flow.with_state(request.trial.participants.all(), asked.get("state", ""))
    if code := asked.get("code", "").strip():
        people = people.filter(code__icontains=code)
    box = ""
    if asked.get("box"):
        codes, box = _in_box(request, asked["box"], asked["arm"])
        people = people.filter(code__in=codes)
    words = {
        "rows": Paginator(people, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "is_search": any(asked.values()),
        "box": box,
        "may_invite": bool(request.roles & may.INVITES),
    }
    return page(request, "trial/desk_participants.html", words)


def _in_box(request: StaffRequest, box: str, arm: str) -> tuple[tuple[str, ...], str]:
    """The codes of those in a box of the flow, and its name. An arm's box is there once the trial is unmasked."""
    facts = flow.facts_of(request.trial)
    found = flow.flow_from(request.trial, facts).members(box, arm) if facts else None
    if facts is None or found is None:
        raise Http404
    words = flow.box_words(box, facts.protocol)
    return found, f"{words}, {spoken(facts.protocol.arm(arm).name)}" if arm else words


@for_roles(may.INVITES)
def new_participant(request: StaffRequest) -> HttpResponse:
    version = request.trial.latest_version()
    language = version.protocol.default_language if version else request.user.language
    form = ParticipantForm(request.POST or None, initial={"language": language})
    if request.method == "POST" and form.is_valid():
        try:
            registered = invite_participant(trial=request.trial, actor=request.user, **form.cleaned_data)
        except people.PeopleError as refusal:
            form.add_error("email", str(refusal))
        else:
            send_soon()
            messages.success(request, _("%(code)s is registered. The personal link is on its way.") % vars(registered))
            return redirect("desk:participant", request.trial.slug, registered.code)
    return page(request, "trial/desk_new_participant.html", {"form": form})


@require_safe
@for_roles(may.SEES_PARTICIPANTS)
def participant(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(flow.with_state(request.trial.participants.all()), code=code)
    now = clock.now()
    sees_contact = bool(request.roles & may.SEES_CONTACT_DETAILS)
    words = {
        "person": person,
        "sees_contact": sees_contact,
        "contact": ContactDetails.objects.filter(participant=person).first() if sees_contact else None,
        "may_invite": bool(request.roles & may.INVITES),
        "links": [(link, link.is_usable(now)) for link in person.links.order_by("-created_at")[:5]],
        "to_judge": enrolment.still_to_judge(person) if request.roles & may.JUDGES else (),
        "form": ReasonForm(),
        "reopen_form": ReasonForm(auto_id="reopen_%s"),
        "may_unmask": bool(request.roles & may.UNMASKS_ONE) and allocation.is_randomised(person),
        **_known_of(request, person),
    }
    return page(request, "trial/desk_participant.html", words)


def _known_of(request: StaffRequest, person: Participant) -> dict[str, object]:
    """Where the person is, what they signed, what was sent to them, and what the trail says of them."""
    facts = flow.facts_of(request.trial, code=person.code)
    found: dict[str, object] = {
        "consents": person.consents.order_by("given_at"),
        "mails": flow.mails_to(person)[:20],
        "most_attempts": MOST_ATTEMPTS,
    }
    if facts:
        them = facts.people[0]
        cells = facts.cells(them)
        found |= {"them": them, "steps": steps(facts.protocol, them, cells)}
        found["percents"] = flow.percent_answered([each.sitting for each in cells if each.sitting])
    if request.roles & may.READS_TRAIL:
        about = request.trial.audit_entries.filter(participant=person).select_related("actor")
        found["entries"] = flow.of_every_arm(about)[:20]
    return found


@for_roles(may.SEES_CONTACT_DETAILS)
def correct_contact(request: StaffRequest, code: str) -> HttpResponse:
    contact = get_object_or_404(
        ContactDetails.objects.select_related("participant"), participant__code=code, trial=request.trial
    )
    form = ContactForm(request.POST or None, initial={"email": contact.email, "name": contact.name})
    if request.method == "POST" and form.is_valid():
        try:
            enrolment.correct_contact(participant=contact.participant, actor=request.user, **form.cleaned_data)
        except (people.PeopleError, Refused) as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("The contact details of %(code)s are corrected.") % {"code": code})
            return redirect("desk:participant", request.trial.slug, code)
    return page(request, "trial/desk_correct_contact.html", {"form": form, "person": contact.participant})


@require_POST
@for_roles(may.INVITES)
def send_link(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    ask_for_personal_link(person, actor=request.user)
    send_soon()
    messages.success(request, _("A new personal link is on its way to %(code)s.") % {"code": person.code})
    return redirect("desk:participant", request.trial.slug, person.code)


@require_POST
@for_roles(may.INVITES)
def revoke_links(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    form = ReasonForm(request.POST)
    if form.is_valid():
        count = people.revoke_links(participant=person, actor=request.user, reason=form.cleaned_data["reason"])
        said = ngettext("%(count)d link no longer opens anything.", "%(count)d links no longer open anything.", count)
        messages.success(request, said % {"count": count} if count else _("No link was open."))
    else:
        messages.error(request, _("Nothing was changed. Write a reason, so that the audit trail can tell it."))
    return redirect("desk:participant", request.trial.slug, person.code)


@require_POST
@for_roles(may.JUDGES)
def judge_criterion(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    form = JudgementForm(request.POST)
    if form.is_valid():
        try:
            enrolment.judge_criterion(trial=request.trial, participant=person, actor=request.user, **form.cleaned_data)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            send_soon()
            messages.success(request, _("The judgement is stored."))
    else:
        messages.error(request, _("Nothing was changed. Choose whether the criterion is met."))
    return redirect("desk:participant", request.trial.slug, person.code)


@require_POST
@for_roles(may.INVITES)
def reopen(request: StaffRequest, code: str) -> HttpResponse:
    person = get_object_or_404(request.trial.participants, code=code)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        enrolment.reopen_screening(trial=request.trial, participant=person, actor=request.user, reason=reason)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(code)s can answer the screening again.") % {"code": person.code})
    return redirect("desk:participant", request.trial.slug, person.code)
