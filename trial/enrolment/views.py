"""The participant's own pages of enrolment. What they lead to, the home page, is in the room `portal`."""

from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from trial.enrolment import services
from trial.enrolment.answers import screening_questions, sheet_questions
from trial.enrolment.forms import ConsentForm, LeavingForm, QuestionsForm
from trial.enrolment.guards import facts_of
from trial.enrolment.journey import Facts, what_is_next
from trial.enrolment.models import Outcome
from trial.enrolment.pdf import consent_copy as print_copy
from trial.enrolment.public import words_of
from trial.messages.tasks import send_soon
from trial.people.forms import EmailForm
from trial.people.models import Participant
from trial.people.permissions import ParticipantRequest, SiteRequest, for_participants
from trial.people.services import end_session, open_session, usable_link
from trial.protocol.models import ProtocolVersion


@login_not_required
@never_cache
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Where a personal link leads. Opening it changes nothing, since mail scanners open links; the button does."""
    found = usable_link(token)
    if found is None:
        return render(request, "trial/enrolment_link_unusable.html", status=410)
    if request.method != "POST":
        return render(request, "trial/enrolment_link.html", words_of(found.participant.trial))
    response = redirect("portal:home")
    response.set_cookie(
        settings.PARTICIPANT_COOKIE_NAME,
        open_session(link=found),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


@dataclass(frozen=True, slots=True)
class Place:
    """The participant's version in force and where they are."""

    version: ProtocolVersion
    facts: Facts

    @property
    def next(self) -> str:
        return what_is_next(self.facts)


def _place(participant: Participant) -> Place | None:
    """None in a trial whose protocol is not in force yet."""
    version = participant.trial.version_in_force()
    return Place(version, facts_of(participant, version)) if version else None


def _page(request: ParticipantRequest, template: str, **more: object) -> HttpResponse:
    return render(request, template, {**words_of(request.participant.trial), **more})


def _back(request: ParticipantRequest, refusal: services.EnrolmentRefused) -> HttpResponse:
    """To the page that shows what is open, with the sentence that says why this is not."""
    messages.error(request, str(refusal))
    return redirect("portal:home")


@for_participants
def consent(request: ParticipantRequest) -> HttpResponse:
    """The document in force that is not signed yet, for those who were registered or whose document has changed."""
    place = _place(request.participant)
    if place is None or (request.method != "POST" and place.next not in ("consent", "consent_again")):
        return redirect("portal:home")
    missing = place.facts.missing or place.facts.needed[0]
    shown = services.wording_in_force(place.version, missing[0])
    form = ConsentForm(request.POST or None, shown=shown)
    if request.method == "POST" and form.is_valid():
        try:
            services.give_consent(participant=request.participant, version=place.version, signed=form.signed())
        except services.EnrolmentRefused as refusal:
            return _back(request, refusal)
        send_soon()
        messages.success(request, _("Your consent is stored. A copy is on its way to you by mail."))
        return redirect("portal:home")
    return _page(request, "trial/enrolment_consent.html", shown=shown, form=form, again=place.facts.signs_again)


@for_participants
@require_safe
def consent_copy(request: ParticipantRequest, pk: int) -> HttpResponse:
    """One's own signed text as a file."""
    signed = get_object_or_404(request.participant.consents.filter(signature__isnull=False), pk=pk)
    answer = HttpResponse(print_copy(signed), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{request.participant.trial.slug}-consent.pdf"'
    return answer


@for_participants
def screening(request: ParticipantRequest) -> HttpResponse:
    """The questions that tell whether the study is right for the person; afterwards, why it is not."""
    place = _place(request.participant)
    if place and request.method != "POST" and place.next == "not_eligible":
        return _page(request, "trial/enrolment_not_eligible.html", **_reasons(request.participant))
    if place is None or (request.method != "POST" and place.next != "screening"):
        return redirect("portal:home")
    questions = screening_questions(place.version.protocol)
    form = QuestionsForm(request.POST or None, questions=questions, all_required=True)
    if request.method == "POST" and form.is_valid():
        try:
            done = services.submit_screening(participant=request.participant, answers=form.answers())
        except services.EnrolmentRefused as refusal:
            return _back(request, refusal)
        return redirect("enrolment:screening" if done.outcome == Outcome.FAILED else "portal:home")
    return _page(request, "trial/enrolment_screening.html", form=form)


def _reasons(participant: Participant) -> dict[str, object]:
    """The criteria that are not met, as they stand on the public page."""
    done = participant.screenings.select_related("protocol_version").get(reopened_at__isnull=True)
    protocol = done.protocol_version.protocol
    failed = set(done.judgements.filter(is_met=False).values_list("criterion", flat=True))
    return {
        "inclusion": [each for each in protocol.inclusion_criteria if each.id in failed],
        "exclusion": [each for each in protocol.exclusion_criteria if each.id in failed],
    }


@for_participants
def about_you(request: ParticipantRequest) -> HttpResponse:
    place = _place(request.participant)
    if place is None or (request.method != "POST" and place.next != "about_you"):
        return redirect("portal:home")
    screened = request.participant.screenings.filter(reopened_at__isnull=True).first()
    questions = sheet_questions(place.version.protocol)
    form = QuestionsForm(request.POST or None, questions=questions, earlier=screened.answers if screened else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.submit_sheet(participant=request.participant, answers=form.answers())
        except services.EnrolmentRefused as refusal:
            return _back(request, refusal)
        messages.success(request, _("Saved."))
        return redirect("portal:home")
    return _page(request, "trial/enrolment_about_you.html", form=form)


@for_participants
def leave_study(request: ParticipantRequest) -> HttpResponse:
    """Leave the sessions, the questionnaires or the study: link, choice, button."""
    form = LeavingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.withdraw(participant=request.participant, choice=form.cleaned_data["choice"])
        send_soon()
        return redirect("portal:home")
    levels = services.levels_left(request.participant)
    return _page(request, "trial/enrolment_leave_study.html", form=form, levels=levels)


@for_participants
@require_POST
def leave_device(request: ParticipantRequest) -> HttpResponse:
    end_session(session=request.participant_session)
    response = redirect("enrolment:closed")
    response.delete_cookie(settings.PARTICIPANT_COOKIE_NAME, samesite="Lax")
    return response


@login_not_required
@require_safe
def closed(request: SiteRequest) -> HttpResponse:
    """Shown without a session: after leaving, or after the pages closed by themselves."""
    if request.participant:
        return redirect("portal:home")
    return render(request, "trial/enrolment_closed.html")


@login_not_required
def my_link(request: HttpRequest) -> HttpResponse:
    """Send the personal link again. The answer is the same whether or not the address is known."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.ask_for_link_by_email(form.cleaned_data["email"], asked_from=get_adapter().get_client_ip(request))
        send_soon()
        return render(request, "trial/enrolment_my_link_sent.html")
    return render(request, "trial/enrolment_my_link.html", {"form": form})
