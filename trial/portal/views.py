"""The participant's home: the one thing to do next, and the way through the study."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from questionnaires import clock
from questionnaires.services import progress
from trial.audit.services import Refused
from trial.enrolment.answers import screening_questions
from trial.enrolment.models import Level
from trial.enrolment.public import words_of
from trial.enrolment.services import wording_in_force
from trial.people.permissions import ParticipantRequest, for_participants
from trial.portal.path import next_for, path
from trial.portal.services import OwnPage, own_page
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
    words = _words(request, version, own_page(request.participant, version))
    with timezone.override(version.zone):
        return render(request, "trial/portal_home.html", {**words_of(trial), **words})


def _words(request: ParticipantRequest, version: ProtocolVersion, page: OwnPage) -> dict[str, object]:
    now, protocol, standing = clock.now(), version.protocol, page.standing
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
        "steps": steps,
        "waits_for_draw": any(step.kind == "draw" and step.state == "now" for step in steps),
        "now": now,
        "questions": len(screening_questions(protocol)),
        "signed": request.participant.consents.select_related("protocol_version").order_by("-given_at"),
        "levels": [level for level in Level if level in facts.left],
        "shown": wording_in_force(version, (facts.missing or facts.needed[0])[0]),
    }


@for_participants
@require_POST
def begin_wave(request: ParticipantRequest, wave: str) -> HttpResponse:
    """Begin a wave, or go on with it: to its sheets."""
    try:
        sitting = waves.begin(participant=request.participant, wave=wave)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("portal:home")
    return redirect("questionnaires:overview", sitting.key)
