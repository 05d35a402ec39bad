"""Who came to a session: a tap a person with the script, one form without it."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from questionnaires import clock
from trial.audit.services import Refused
from trial.desk.navigation import page
from trial.desk.views.programme import course_of, own_session
from trial.enrolment.guards import version_in_force
from trial.people import permissions as may
from trial.people.models import Participant
from trial.people.permissions import StaffRequest, for_roles
from trial.programme import services
from trial.programme.forms import TAPPED, ExclusionForm, RollForm
from trial.programme.models import AttendanceNote, Came, Session
from trial.programme.services import Mark


@for_roles(may.SEES_PROGRAMME, hidden=True)
def attendance(request: StaffRequest, pk: int) -> HttpResponse:
    session = own_session(request, pk)
    form = _form(session, request.POST or None)
    if request.method == "POST":
        return _take(request, session, form)
    course = course_of(request, session.group)
    words = {
        "session": session,
        "step": course.sessions[session.number - 1],
        "count": len(course.sessions),
        "has_begun": clock.now() >= session.starts_at,
        "form": form,
        "tapped": [(came.value, came.label, ICONS[came]) for came in TAPPED],
        "tally": [(key, Came(key).label if key != "none" else _("not marked"), n) for key, n in form.tally().items()],
        "unmarked": form.tally()["none"],
        "last": _last(request, session),
    }
    return page(request, "trial/desk_attendance.html", words)


ICONS = {Came.PRESENT: "check", Came.LATE: "clock", Came.ABSENT: "missed", Came.EXCUSED: "excused"}


def _form(session: Session, data: object = None) -> RollForm:
    known = {row.participant_id: row for row in session.attendances.all()}
    return RollForm(data, people=services.roll(session), known=known)


def _last(request: StaffRequest, session: Session) -> str:
    """What whoever looks noted last here, in words."""
    own = AttendanceNote.objects.filter(attendance__session=session, noted_by=request.user)
    last = own.order_by("-noted_at", "-pk").first()
    if last is None:
        return ""
    act = own.filter(noted_at=last.noted_at).select_related("attendance__participant")
    return _said(request, [(note.attendance.participant, note.came) for note in act], last.noted_at)


def _take(request: StaffRequest, session: Session, form: RollForm) -> HttpResponse:
    wants_json = request.headers.get("Accept") == "application/json"
    try:
        marks = form.marks() if form.is_valid() else None
        if marks is None:
            raise services.ProgrammeRefused("came", _("This is not one of the answers. Nothing was noted."))
        changed = services.note_attendance(trial=request.trial, session=session, marks=marks, actor=request.user)
    except Refused as refusal:
        if wants_json:
            return JsonResponse({"refused": str(refusal)}, status=409)
        messages.error(request, str(refusal))
        return redirect("desk:attendance", request.trial.slug, session.pk)
    if wants_json:
        said = _said(request, [(row.participant, row.came) for row in changed], clock.now())
        return JsonResponse({"said": said, "tally": _form(session).tally()})
    return redirect("desk:attendance", request.trial.slug, session.pk)


def _said(request: StaffRequest, rows: list[tuple[Participant, str]], at: datetime) -> str:
    """“P-041: excused. Saved 18:09”, or how many were saved at once."""
    time = date_format(timezone.localtime(at, version_in_force(request.trial).zone), "H:i")
    if len(rows) != 1:
        said = ngettext("%(n)d note. Saved %(time)s", "%(n)d notes. Saved %(time)s", len(rows))
        return said % {"n": len(rows), "time": time}
    [(person, came)] = rows
    word = Came(came).label if came else _("not marked")
    return _("%(code)s: %(came)s. Saved %(time)s") % {"code": person.code, "came": word, "time": time}


@require_POST
@for_roles(may.SEES_PROGRAMME, hidden=True)
def undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back what one noted last."""
    session = own_session(request, pk)
    try:
        services.undo_attendance(trial=request.trial, session=session, actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Taken back."))
    return redirect("desk:attendance", request.trial.slug, session.pk)


@for_roles(may.SEES_PROGRAMME, hidden=True)
def one(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """What was noted of one person in this session, and the way to exclude them from it."""
    session = own_session(request, pk)
    person = get_object_or_404(request.trial.participants, code=code, pk__in=[p.pk for p in services.roll(session)])
    criteria = services.reasons_for_exclusion(request.trial)
    form = ExclusionForm(request.POST or None, criteria=criteria) if criteria else None
    if request.method == "POST" and form and form.is_valid():
        marks = {person: Mark(Came.EXCLUDED, form.cleaned_data["criterion"])}
        try:
            services.note_attendance(trial=request.trial, session=session, marks=marks, actor=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("desk:attendance", request.trial.slug, session.pk)
    notes = AttendanceNote.objects.filter(attendance__session=session, attendance__participant=person)
    words = {
        "session": session,
        "person": person,
        "notes": [(note, _criterion(note.reason, request)) for note in notes.select_related("noted_by")],
        "form": form,
    }
    return page(request, "trial/desk_attendance_of.html", words)


def _criterion(id: str, request: StaffRequest) -> object:
    found = [each for each in services.reasons_for_exclusion(request.trial) if each.id == id]
    return found[0].text if found else ""
