"""Who came. What was noted last holds, every note is kept, and the last act can be undone.

The trail tells once that a session's attendance was taken. A row for each note would count the people of a group,
and with it those of an arm, for everybody who reads the trail; the notes themselves say who noted what and when.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from questionnaires import clock
from trial.audit.services import record
from trial.enrolment.guards import version_in_force
from trial.people.models import Participant, User
from trial.programme import guards
from trial.programme.guards import ProgrammeRefused, refusals_recorded
from trial.programme.models import Attendance, AttendanceNote, Came, Session
from trial.programme.services.rolls import roll
from trial.protocol.models import Trial
from trial.protocol.schema_enrolment import Criterion


@dataclass(frozen=True, slots=True)
class Mark:
    """What is noted of one person; `came` blank takes a note back. `reason`: the criterion of an exclusion."""

    came: str
    reason: str = ""


def reasons_for_exclusion(trial: Trial) -> list[Criterion]:
    """The criteria of the protocol that the instructor judges."""
    version = version_in_force(trial)
    return [each for each in version.protocol.criteria if each.judged_by == "instructor"]


@refusals_recorded
def note_attendance(
    *, trial: Trial, session: Session, marks: Mapping[Participant, Mark], actor: User | None
) -> list[Attendance]:
    """Note who came, of everybody in `marks` or of nobody. What is noted so already is not noted again."""
    trial, held = _locked(trial, session, actor)
    on_roll = {each.pk for each in roll(held)}
    if any(each.pk not in on_roll for each in marks):
        raise ProgrammeRefused("group", _("Somebody of these is not in this group. Nothing was noted."))
    for mark in marks.values():
        _check(trial, mark)
    return _note(trial, held, marks, actor)


def _locked(trial: Trial, session: Session, actor: User | None) -> tuple[Trial, Session]:
    """Both rows held, every guard passed that does not depend on what is noted."""
    trial = guards.locked(trial)
    held = Session.objects.select_for_update(of=("self",)).select_related("group__cohort__trial").get(pk=session.pk)
    guards.must_be_of(trial, held.group.cohort)
    guards.must_lead(held.group, actor)
    guards.must_take_place(trial)
    guards.must_have_begun(held.starts_at, clock.now())
    return trial, held


def _check(trial: Trial, mark: Mark) -> None:
    if mark.came not in ("", *Came.values):
        raise ProgrammeRefused("came", _("This is not one of the answers. Nothing was noted."))
    if mark.came != Came.EXCLUDED:
        return
    if mark.reason not in {each.id for each in reasons_for_exclusion(trial)}:
        raise ProgrammeRefused("reason", _("An exclusion needs its criterion. Choose one; nothing was noted."))


def _note(trial: Trial, session: Session, marks: Mapping[Participant, Mark], actor: User | None) -> list[Attendance]:
    known = {row.participant_id: row for row in Attendance.objects.filter(session=session)}
    if not known:
        record(
            "programme.attendance_taken",
            trial=trial,
            actor=actor,
            cohort=session.group.cohort.number,
            session=session.number,
        )
    now, changed = clock.now(), []
    for participant, mark in marks.items():
        reason = mark.reason if mark.came == Came.EXCLUDED else ""
        row = known.get(participant.pk) or Attendance(session=session, participant=participant, came="")
        if (row.came, row.reason) != (mark.came, reason):
            row.came, row.reason, row.noted_at, row.noted_by = mark.came, reason, now, actor
            changed.append(row)
    Attendance.objects.bulk_create([row for row in changed if row.pk is None])
    Attendance.objects.bulk_update(
        [row for row in changed if row.participant_id in known], ["came", "reason", "noted_at", "noted_by"]
    )
    AttendanceNote.objects.bulk_create(
        AttendanceNote(attendance=row, came=row.came, reason=row.reason, noted_at=now, noted_by=actor)
        for row in changed
    )
    return changed


@refusals_recorded
def undo_attendance(*, trial: Trial, session: Session, actor: User | None) -> list[Attendance]:
    """Take back what one noted last in this session: all of one act. It is noted anew, so nothing is lost."""
    trial, held = _locked(trial, session, actor)
    own = AttendanceNote.objects.filter(attendance__session=held, noted_by=actor)
    last = own.order_by("-noted_at", "-pk").first()
    if last is None:
        raise ProgrammeRefused("undo", _("There is nothing to take back."))
    marks = {}
    for note in own.filter(noted_at=last.noted_at).select_related("attendance__participant"):
        before = AttendanceNote.objects.filter(attendance=note.attendance_id, pk__lt=note.pk).order_by("pk").last()
        marks[note.attendance.participant] = Mark(before.came, before.reason) if before else Mark("")
    return _note(trial, held, marks, actor)
