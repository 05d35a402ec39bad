"""The trial is conducted: drawn, told, its programme held, closed, its data locked, its groups opened."""

from datetime import time, timedelta

from analysis.twin.answers import in_programme
from analysis.twin.story import REASON, Story
from questionnaires import clock
from trial.allocation import services as allocation
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort
from trial.messages.models import OutgoingMail
from trial.people.models import Role
from trial.programme import services as programme
from trial.programme.models import Came, Group
from trial.protocol import services as protocols
from trial.protocol.models import Stage, Trial
from trial.safety import services as safety
from trial.safety.models import Outcome, SafetyCase

# Days from the start of the programme, and the hour.
CLOSING, DRAWING, TELLING, GROUPING, LEAVING = (-2, 10), (-2, 11), (-2, 18), (-2, 19), (-1, 9)
EVENING = time(18)
JOIN_LINK = "https://meet.example.org/simulated"
HOURS_TO_ANSWER = 5
DAYS_TO_LOCK, DAYS_TO_CROSSOVER = 5, 7
CAME = {Came.PRESENT: 85, Came.LATE: 4, Came.EXCUSED: 7, Came.ABSENT: 4}  # of 100


def draw(story: Story) -> Cohort:
    """The cohort is closed, drawn and told, and the trial takes nobody up any more."""
    cohort = story.trial.cohorts.get()
    for (day, hour), act in zip(
        (CLOSING, DRAWING, TELLING),
        (allocation.close_cohort, allocation.draw_cohort, allocation.tell_cohort),
        strict=True,
    ):
        with story.at(day, hour):
            act(cohort=cohort, actor=None)
    with story.at(*LEAVING):
        story.trial = protocols.move_to(trial=story.trial, stage=Stage.CLOSED, actor=None, reason=REASON)
    return Cohort.objects.get(pk=cohort.pk)


def leave_before_the_start(story: Story, people: int) -> None:
    """As in the published trial: so many of the programme's arm find that its hours do not suit them."""
    with story.at(*LEAVING):
        for code in story.chance.sample(sorted(in_programme(story)), people):
            enrolment.withdraw(participant=story.people.pop(code), choice=enrolment.Choice.STUDY)


def hold_programme(story: Story) -> None:
    """Groups are formed, and after each session it is noted who came."""
    cohort = story.trial.cohorts.get()
    with story.at(*GROUPING):
        groups = programme.form_groups(trial=story.trial, cohort=cohort, at=EVENING, actor=None)
        for group in groups:
            instructor = story.team.get(Role.INSTRUCTOR)
            programme.lead_group(trial=story.trial, group=group, instructor=instructor, join_link=JOIN_LINK, actor=None)
    for group in groups:
        _hold_sessions(story, group)


def _hold_sessions(story: Story, group: Group) -> None:
    for session in group.sessions.order_by("number"):
        with clock.fixed(session.starts_at + timedelta(minutes=session.minutes)):
            came = story.chance.choices(list(CAME), list(CAME.values()), k=len(programme.roll(session)))
            marks = {
                person: programme.Mark(each.value) for person, each in zip(programme.roll(session), came, strict=True)
            }
            programme.note_attendance(trial=story.trial, session=session, marks=marks, actor=None)


def cross_over(story: Story) -> None:
    """Those who waited take the programme, once the last wave is closed for them."""
    cohort = story.trial.cohorts.get()
    day = _after_last_wave(story)
    with story.at(day):
        starts_on = story.starts_on + timedelta(days=day + DAYS_TO_CROSSOVER)
        groups = programme.form_crossover_groups(
            trial=story.trial, cohort=cohort, starts_on=starts_on, at=EVENING, actor=None
        )
        for group in groups:
            people = [each.participant for each in programme.those_waiting(group) if not each.has_left]
            programme.cross_over(trial=story.trial, group=group, people=people, actor=None)


def _after_last_wave(story: Story) -> int:
    """The day of the programme on which no wave takes answers any more."""
    last = max(wave.accepts_until for wave in story.trial.cohorts.get().waves.all())
    return (last.astimezone(story.version.zone).date() - story.starts_on).days + 1


def answer_cases(story: Story) -> None:
    """The clinician, if the team has one, speaks with everybody whose answers have reached a threshold."""
    clinician = story.team.get(Role.CLINICIAN)
    safety.open_cases()
    if clinician is None:
        return
    for case in SafetyCase.objects.open().filter(trial=story.trial):
        with clock.fixed(case.opened_at + timedelta(hours=HOURS_TO_ANSWER)):
            safety.take_case(trial=story.trial, case=case, actor=clinician)
            safety.close_case(trial=story.trial, case=case, outcome=Outcome.SPOKEN, note="Simulated.", actor=clinician)


def end(story: Story) -> Trial:
    """The data are locked, and the groups opened by two people."""
    leader, second = story.team[Role.PI], story.team[Role.STATISTICIAN]
    with story.at(_after_last_wave(story) + DAYS_TO_LOCK):
        allocation.lock_data(trial=story.trial, actor=leader, reason=REASON)
        allocation.ask_unmasking(trial=story.trial, actor=leader, reason=REASON)
        trial = allocation.confirm_unmasking(trial=story.trial, actor=second)
        send_nothing(trial)
    return trial


def send_nothing(trial: Trial) -> None:
    """Nobody reads the mails of invented people: what waits to be sent is dropped, which the ledger shows."""
    waiting = OutgoingMail.objects.filter(trial=trial, sent_at__isnull=True, dropped_at__isnull=True)
    waiting.update(dropped_at=clock.now())
