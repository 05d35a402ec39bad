"""Who may open which page. Views of a trial say which roles they are for; a stranger learns not even that it exists."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from trial.people.models import Participant, ParticipantSession, Role, User
from trial.protocol.models import Trial

View = Callable[..., HttpResponse]

EVERYBODY = frozenset(Role)
# Codes and progress without arms. Instructors and programme coordinators meet people in their cohorts instead.
SEES_PARTICIPANTS = frozenset({Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN})
# Names and addresses: those who write to people or may have to call them, and nobody who analyses.
SEES_CONTACT_DETAILS = frozenset({Role.RECRUITER, Role.CLINICIAN})
# Criteria at screening that the protocol leaves to staff; each role judges for the others.
JUDGES = frozenset({Role.RECRUITER, Role.CLINICIAN})
# Crossed thresholds: the clinician, and the principal investigator for those that nobody took in time.
ANSWERS_FOR_SAFETY = frozenset({Role.CLINICIAN, Role.PI})
INVITES = frozenset({Role.RECRUITER})
# Groups, sessions and attendance follow the arm: to everybody else these pages do not exist.
SEES_PROGRAMME = frozenset({Role.PROGRAMME, Role.INSTRUCTOR})
RUNS_PROGRAMME = frozenset({Role.PROGRAMME})
READS_TRAIL = frozenset({Role.PI, Role.DATA_MANAGER, Role.MONITOR})
SEES_TEAM = frozenset({Role.PI, Role.MONITOR})
LEADS = frozenset({Role.PI})


class SiteRequest(HttpRequest):
    """Any request, after ParticipantMiddleware."""

    participant: Participant | None
    participant_session: ParticipantSession | None


class ParticipantRequest(HttpRequest):
    """A request to a participant's own page."""

    participant: Participant
    participant_session: ParticipantSession


class StaffRequest(HttpRequest):
    """A request to a page of one trial by a member of it."""

    user: User
    trial: Trial
    roles: set[Role]


def for_roles(allowed: frozenset[Role], *, hidden: bool = False) -> Callable[[View], View]:
    """A page of a trial for members with one of these roles: 404 to outsiders, 403 to other members.

    `hidden`: 404 to other members as well, for pages that could tell an arm.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, trial_slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            trial = Trial.objects.filter(slug=trial_slug).first()
            roles = request.user.roles_in(trial) if trial else set()
            if not roles or (hidden and not roles & allowed):
                raise Http404
            if not roles & allowed:
                raise PermissionDenied
            request.trial, request.roles = trial, roles
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def for_participants(view: View) -> View:
    """A page of a participant's own; without a session it explains how to come in."""

    @login_not_required
    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.participant is None:
            return redirect("enrolment:closed")
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded
