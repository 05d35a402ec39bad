"""The trial of the swap test: from its first cohort to locked data, the same in both worlds but for the arms."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from django.test import Client

from analysis import computing
from analysis.models import Kind
from questionnaires import clock
from questionnaires import services as answering
from tests import factories
from trial.allocation import services as allocation
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort
from trial.messages.services import send_due_mail
from trial.people.models import Participant, Role, User
from trial.programme import services as programme
from trial.programme.models import Came, Group
from trial.protocol.models import Trial
from trial.safety import services as safety
from trial.safety.models import Outcome, SafetyCase
from trial.safety.tasks import look_after_cases
from trial.waves import services as waves
from trial.waves.tasks import ask_for_due_mails

PEOPLE = 8
BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
# Days after the programme's last one, and what everybody looks at once it has happened.
SECOND_WAVE, FOLLOW_UP, CROSSING, CROSSED, LOCKED = 2, 63, 80, 83, 152
MOMENTS = ("drawn", "second wave", "follow-up", "crossed over", "locked")
Team = Mapping[Role, User]


def at(days: int, hours: float = 0):
    return clock.fixed(BEGINNING + timedelta(days=days, hours=hours))


def go_through(trial: Trial, staff: Team) -> Iterator[str]:
    """The trial as far as its locked data; pauses at each of the moments, at which everybody looks at everything."""
    with at(0):
        cohort = factories.make_cohort(trial)
        ready = factories.make_ready(trial, PEOPLE)
        factories.enrol(trial, "never-began@example.org")
    with at(6):
        press(staff[Role.RECRUITER], "/t/cct/cohorts/1/close/", settled="on", for_good="on")
        press(staff[Role.RECRUITER], "/t/cct/cohorts/1/draw/", settled="on", for_good="on")
        yield "drawn"
    with at(7):
        press(staff[Role.RECRUITER], "/t/cct/cohorts/1/tell/", all_at_once="on")
        groups = programme.form_groups(trial=trial, cohort=cohort, at=time(18), actor=staff[Role.PROGRAMME])
    with at(8):
        enrolment.withdraw(participant=ready[2], choice=enrolment.Choice.SESSIONS)
        enrolment.withdraw(participant=ready[3], choice=enrolment.Choice.STUDY)
    hold_sessions(trial, groups, staff, from_day=8)
    ends = (Cohort.objects.get(pk=cohort.pk).programme_ends_on - BEGINNING.date()).days
    yield from after_programme(trial, cohort, ready, staff, ends)


def after_programme(trial: Trial, cohort: Cohort, ready: list[Participant], staff: Team, ends: int) -> Iterator[str]:
    with at(ends + SECOND_WAVE):
        answer_wave(ready[4:7], "post")
        send_what_is_due()
        make_report(trial, Kind.REHEARSAL, staff[Role.STATISTICIAN])
        make_report(trial, Kind.CLOSED, staff[Role.COMMITTEE])
        yield "second wave"
        allocation.close_recruitment(trial=trial, actor=staff[Role.PI], reason="nobody else is taken up")
    with at(ends + FOLLOW_UP):
        answer_wave(ready[5:8], "follow_up")
        send_what_is_due()
        allocation.flag_entered_in_error(
            trial=trial, participant=ready[7], actor=staff[Role.RECRUITER], reason="too old, as was seen later"
        )
        yield "follow-up"
    with at(ends + CROSSING):
        starts_on = (BEGINNING + timedelta(days=ends + CROSSED)).date()
        groups = programme.form_crossover_groups(
            trial=trial, cohort=cohort, starts_on=starts_on, at=time(18), actor=staff[Role.PROGRAMME]
        )
        for group in groups:
            people = [each.participant for each in programme.those_waiting(group) if not each.has_left]
            programme.cross_over(trial=trial, group=group, people=people, actor=staff[Role.PROGRAMME])
    hold_sessions(trial, groups, staff, from_day=ends + CROSSING)
    yield from locking(trial, ready[7], staff, ends)


def locking(trial: Trial, flagged: Participant, staff: Team, ends: int) -> Iterator[str]:
    with at(ends + LOCKED):
        send_what_is_due()
        yield "crossed over"
        close_cases(trial, staff[Role.CLINICIAN])
        allocation.second_flag(trial=trial, participant=flagged, actor=staff[Role.DATA_MANAGER])
        allocation.lock_data(trial=trial, actor=staff[Role.PI], reason="the last wave is over")
        allocation.ask_unmasking(trial=trial, actor=staff[Role.PI], reason="the analysis is due")
        make_report(trial, Kind.REHEARSAL, staff[Role.STATISTICIAN])
        send_what_is_due()
        yield "locked"


def hold_sessions(trial: Trial, groups: list[Group], staff: Team, *, from_day: int) -> None:
    """Whoever is in the programme comes; somebody is late each time."""
    for group in groups:
        leading = {"instructor": staff[Role.INSTRUCTOR], "join_link": "", "actor": staff[Role.PROGRAMME]}
        with at(from_day, 1):
            programme.lead_group(trial=trial, group=group, **leading)
        for session in group.sessions.order_by("number"):
            with clock.fixed(session.starts_at + timedelta(hours=2)):
                roll = programme.roll(session)
                marks = {person: programme.Mark(Came.PRESENT.value) for person in roll}
                marks[roll[0]] = programme.Mark(Came.LATE.value)
                programme.note_attendance(trial=trial, session=session, marks=marks, actor=staff[Role.INSTRUCTOR])


def answer_wave(people: list[Participant], wave: str) -> None:
    """The same people answer the same in both worlds, the first of them so that a threshold is reached."""
    for number, participant in enumerate(people):
        sitting = waves.begin(participant=participant, wave=wave)
        for sheet in sitting.sheets.exclude(instrument="own_questions"):
            items = sheet.definition.items
            given = {item.key: item.scale.highest if number == 0 else item.scale.lowest for item in items}
            answering.save_page(sheet, given, by=participant.respondent_key)
        answering.submit_sitting(sitting, by=participant.respondent_key)


def send_what_is_due() -> None:
    """What the clock of recurring work asks for, and then the worker's part."""
    look_after_cases()
    ask_for_due_mails()
    send_due_mail()


def make_report(trial: Trial, kind: Kind, actor: User) -> None:
    """Asked for on its page, which puts it into the queue; then the worker's part."""
    press(actor, "/t/cct/report/ask/", kind=kind.value)
    assert computing.compute_report(trial.reports.unfinished().get().pk)


def press(user: User, way: str, **form: str) -> None:
    """A button of the site's pages: what follows goes through the queue."""
    assert factories.sign_in(Client(), user).post(way, form).status_code == 302


def close_cases(trial: Trial, clinician: User) -> None:
    for case in SafetyCase.objects.open().filter(trial=trial):
        safety.take_case(trial=trial, case=case, actor=clinician)
        safety.close_case(trial=trial, case=case, outcome=Outcome.SPOKEN, note="Spoken with.", actor=clinician)
