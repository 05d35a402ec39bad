"""The participant's home: the one thing to do next, and the way through the study."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from questionnaires import clock
from questionnaires.services import progress
from questionnaires.views import to_resume
from trial.allocation.visibility import own_arm
from trial.audit.services import Refused
from trial.enrolment.answers import screening_questions
from trial.enrolment.models import Level
from trial.enrolment.public import words_of
from trial.enrolment.services import wording_in_force
from trial.people.permissions import ParticipantRequest, for_participants
from trial.portal.path import next_for, path
from trial.portal.services import OwnPage, own_page
from trial.programme.ics import Event
from trial.programme.ics import calendar as written
from trial.programme.services import OwnSession, own_sessions
from trial.protocol.models import ProtocolVersion
from trial.waves import services as waves


@for_participants
@require_safe
def home(request: ParticipantRequest) -> HttpResponse:
    trial = request.participant.trial
    version = trial.version_in_force()
    if version is None:
        return render(request, "trial/portal_home.html", {**words_of(trial), "next": "rest"})
    version.trial = trial
    now = clock.now()
    words = _words(request, version, own_page(request.participant, version, now), now)
    with timezone.override(version.zone):
        return render(request, "trial/portal_home.html", {**words_of(trial), **words})


def _words(request: ParticipantRequest, version: ProtocolVersion, page: OwnPage, now: datetime) -> dict[str, object]:
    protocol, standing = version.protocol, page.standing
    facts, wave = standing.facts, standing.wave_at(now)
    sitting = page.sittings.get(wave.wave.id) if wave else None
    steps = path(standing, protocol, now)
    return {
        "next": next_for(standing, now),
        "facts": facts,
        "wave": wave,
        "progress": progress(sitting) if sitting else None,
        "in_grace": bool(wave and wave.window and now >= wave.window.ends_at),
        "to_come": standing.wave_to_come(now),
        "arm": page.arm,
        "told_at": standing.told_at,
        "sessions": page.sessions,
        "next_session": page.next_session,
        "is_today": _is_today(page.next_session, version, now),
        "steps": steps,
        "waits_for_draw": any(step.kind == "draw" and step.state == "now" for step in steps),
        "now": now,
        "questions": len(screening_questions(protocol)),
        "signed": request.participant.consents.select_related("protocol_version").order_by("-given_at"),
        "levels": [level for level in Level if level in facts.left],
        "shown": wording_in_force(version, (facts.missing or facts.needed[0])[0]),
    }


def _is_today(next_session: OwnSession | None, version: ProtocolVersion, now: datetime) -> bool:
    """The link to join opens on the local day of the session."""
    if next_session is None:
        return False
    return next_session.session.starts_at.astimezone(version.zone).date() <= now.astimezone(version.zone).date()


@for_participants
@require_POST
def begin_wave(request: ParticipantRequest, wave: str) -> HttpResponse:
    """Begin a wave, or go on with it: to the first item that is open."""
    try:
        sitting = waves.begin(participant=request.participant, wave=wave)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("portal:home")
    return to_resume(sitting)


@for_participants
@require_safe
def calendar(request: ParticipantRequest) -> HttpResponse:
    """One's own sessions as a calendar file."""
    trial, version = request.participant.trial, request.participant.trial.version_in_force()
    own = (request.participant, own_arm(request.participant))
    sessions = own_sessions(*own, version.protocol) if version else []
    if not sessions:
        raise Http404
    events = [
        Event(
            uid=f"session-{each.session.pk}@{trial.slug}",
            title=each.step.title.in_language(get_language() or "en"),
            starts_at=each.session.starts_at,
            ends_at=each.session.ends_at,
            changed_at=each.session.moved_at or each.session.group.created_at,
            place=request.build_absolute_uri(reverse("portal:home")) if each.session.group.join_link else "",
        )
        for each in sessions
    ]
    answer = HttpResponse(written(trial.name, events), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{trial.slug}-sessions.ics"'
    return answer
