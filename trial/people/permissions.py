"""Who may open which page. Views of a trial say which roles they are for; a stranger learns not even that it exists."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from trial.people.models import COMMITTEE_ALONE, SECOND_PERSON, Participant, ParticipantSession, Role, User
from trial.protocol.models import Stage, Trial

View = Callable[..., HttpResponse]

EVERYBODY = frozenset(Role)
# Codes and progress without arms. Instructors and programme coordinators meet people in their cohorts instead.
SEES_PARTICIPANTS = frozenset({Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN})
# How many people are where, everybody together. Those of the programme look at their own groups instead.
SEES_FLOW = EVERYBODY - {Role.INSTRUCTOR, Role.PROGRAMME}
# Names and addresses: those who write to people or may have to call them, and nobody who analyses.
SEES_CONTACT_DETAILS = frozenset({Role.RECRUITER, Role.CLINICIAN})
# Criteria at screening that the protocol leaves to staff; each role judges for the others.
JUDGES = frozenset({Role.RECRUITER, Role.CLINICIAN})
# Crossed thresholds: the clinician, and the principal investigator for those that nobody took in time.
ANSWERS_FOR_SAFETY = frozenset({Role.CLINICIAN, Role.PI})
INVITES = frozenset({Role.RECRUITER})
# Who has handed in what and which mails left: completion without arms, answers or addresses.
SEES_WAVES = frozenset({Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR})
EXTENDS_WAVES = frozenset({Role.PI, Role.RECRUITER})
# Groups, sessions and attendance follow the arm: to everybody else these pages do not exist.
SEES_PROGRAMME = frozenset({Role.PROGRAMME, Role.INSTRUCTOR})
RUNS_PROGRAMME = frozenset({Role.PROGRAMME})
READS_TRAIL = frozenset({Role.PI, Role.DATA_MANAGER, Role.MONITOR})
SEES_TEAM = frozenset({Role.PI, Role.MONITOR})
LEADS = frozenset({Role.PI})
# A cohort's page: codes and completion, commitment and receipts, and never a group.
SEES_COHORTS = frozenset({Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR})
ALLOCATES = frozenset({Role.PI, Role.RECRUITER})
# The second person of an unmasking, and who opens one participant's group in an emergency.
CONFIRMS_UNMASKING = SECOND_PERSON
UNMASKS_ONE = frozenset({Role.CLINICIAN})
# Who was allocated when, without arms; how far a list is used, only those who neither enrol nor assess.
SEES_ALLOCATION = frozenset({Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR})
SEES_PLACES_USED = frozenset({Role.PI, Role.MONITOR})
FLAGS_ERRORS = frozenset({Role.PI, Role.RECRUITER, Role.DATA_MANAGER})
# Block sizes and the like, and what they let one guess: never those who enrol or assign.
CHOOSES_DESIGN = frozenset({Role.PI, Role.STATISTICIAN})
# A rehearsal before the trial is unmasked, the report after it.
ASKS_FOR_REPORTS = frozenset({Role.PI, Role.STATISTICIAN})
# Whoever may read a report once the groups are open; until then those who ask for them alone, and the committee the
# closed ones.
READS_OPENED_REPORTS = frozenset({Role.PI, Role.STATISTICIAN, Role.DATA_MANAGER, Role.MONITOR, Role.COMMITTEE})


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


def may_read_reports(roles: set[Role], trial: Trial) -> bool:
    """Whether one of these roles reads the trial's reports at its stage: rehearsals before it is unmasked."""
    return bool(roles & (READS_OPENED_REPORTS if trial.stage == Stage.UNMASKED else ASKS_FOR_REPORTS))


def may_read_closed_reports(roles: set[Role]) -> bool:
    """Whether closed reports exist for somebody with these roles in the trial."""
    return roles == COMMITTEE_ALONE


def for_readers_of_reports(view: View) -> View:
    """A page of a trial's reports: 404 to outsiders, 403 to members who may not read them yet or at all."""

    @for_roles(READS_OPENED_REPORTS)
    @wraps(view)
    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (may_read_reports(request.roles, request.trial) or may_read_closed_reports(request.roles)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


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
