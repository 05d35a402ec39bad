"""The twin: a simulated trial that walks through the same services as a real one, on a clock of its own.

Its people, answers and effects are invented (analysis.simulation); its rules are not. Every act is done at the
moment at which it would have happened, so that windows, receipts and the trail look as they would.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analysis.simulation.item_answers import answers, scale_of
from analysis.simulation.planted import Scale, first_totals, later_totals, planted
from questionnaires import catalogue, clock
from questionnaires import services as answering
from questionnaires.instrument import Instrument
from questionnaires.models import Sheet
from trial.allocation import services as allocation
from trial.allocation.visibility import own_arm
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort
from trial.messages.models import OutgoingMail
from trial.people.models import Participant
from trial.people.services import register_participant
from trial.protocol import services as protocols
from trial.protocol.models import ProtocolVersion, Stage, Trial
from trial.waves import services as waves

SEED = "the twin"
# Days from the start of the programme, and the hour.
CREATED, OPENED, FIRST_SIGN_UP = -60, -50, -48
CLOSING, DRAWING, TELLING, LEAVING = (-2, 10), (-2, 11), (-2, 18), (-1, 9)
MINUTES_A_WAVE = 29
SCREENED: dict[str, str | int] = {
    "age": 21,
    "medical_student": "yes",
    "language": "yes",
    "internet": "yes",
    "commitment": "yes",
    "severe_mental_disorder": "no",
}


@dataclass
class Story:
    """One simulated trial under way. `starts_on` is the first day of its programme."""

    trial: Trial
    starts_on: date
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311  a simulation
    people: dict[str, Participant] = field(default_factory=dict)
    totals: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def version(self) -> ProtocolVersion:
        version = self.trial.version_in_force()
        if version is None:
            raise ValueError(f"{self.trial.slug} has no protocol in force.")
        return version

    @contextmanager
    def at(self, day: int, hour: float = 12) -> Iterator[None]:
        """Everything inside happens on that day of the programme, counted from its first, at that local hour."""
        local = datetime.combine(self.starts_on + timedelta(days=day), time(), tzinfo=self.version.zone)
        with clock.fixed(local + timedelta(hours=hour)):
            yield


def new_story(source: bytes, *, starts_on: date) -> Story:
    """A simulated trial that has just begun to recruit into its first cohort."""
    began = datetime.combine(starts_on, time(9), tzinfo=ZoneInfo(protocols.check(source).time_zone))
    with clock.fixed(began + timedelta(days=CREATED)):
        trial = protocols.create_trial(source=source, is_simulated=True)
        protocols.put_in_force(version=trial.protocol_versions.get(), actor=None)
        trial = protocols.move_to(trial=trial, stage=Stage.RECRUITING, actor=None, reason="simulated")
    story = Story(trial, starts_on)
    with story.at(OPENED):
        waves.open_cohort(trial=trial, programme_starts_on=starts_on, actor=None)
    return story


def enrol(story: Story, people: int) -> None:
    """So many people sign, are screened and tell about themselves, a few every day."""
    days = sorted(story.chance.uniform(FIRST_SIGN_UP, CLOSING[0] - 10) for _ in range(people))
    for number, day in enumerate(days, start=1):
        with story.at(int(day), 9 + 10 * (day % 1)):
            participant = register_participant(
                trial=story.trial, email=f"simulated-{number}@example.org", name="", language="en", actor=None
            )
            _sign(story, participant)
            age = story.chance.choice(range(18, 28))
            enrolment.submit_screening(participant=participant, answers={**SCREENED, "age": age})
            enrolment.submit_sheet(participant=participant, answers=_about(story.chance))
        story.people[participant.code] = participant


def _sign(story: Story, participant: Participant) -> None:
    shown = enrolment.wording_in_force(story.version)
    signed = enrolment.Signed(shown.document, shown.sha256, tuple(tick.id for tick in shown.ticks), "Simulated")
    enrolment.give_consent(participant=participant, version=story.version, signed=signed)


def _about(chance: random.Random) -> dict[str, str | int]:
    has_meditated = chance.random() < 0.4
    about: dict[str, str | int] = {
        "gender": chance.choices(["woman", "man", "non_binary"], [70, 27, 3])[0],
        "nationality": chance.choices(["spanish", "other"], [90, 10])[0],
        "marital_status": chance.choices(["single", "partner", "married"], [60, 35, 5])[0],
        "study_year": chance.choice(range(1, 7)),
        "meditated_before": "yes" if has_meditated else "no",
    }
    return about | ({"meditation_minutes": chance.choice([0, 0, 30, 60, 90])} if has_meditated else {})


def first_wave(story: Story) -> None:
    """Everybody answers the baseline."""
    story.totals = {
        outcome: first_totals(outcome, list(story.people), _scale(story, outcome), seed=SEED) for outcome in planted()
    }
    wave = story.version.protocol.waves[0]
    _answer_wave(story, wave.id, wave.opens_days, wave.window_days, story.totals)


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
        story.trial = protocols.move_to(trial=story.trial, stage=Stage.CLOSED, actor=None, reason="simulated")
    return Cohort.objects.get(pk=cohort.pk)


def leave_before_the_start(story: Story, people: int) -> None:
    """As in the published trial: so many of the programme's arm find that its hours do not suit them."""
    with story.at(*LEAVING):
        for code in story.chance.sample(sorted(_in_programme(story)), people):
            enrolment.withdraw(participant=story.people.pop(code), choice=enrolment.Choice.STUDY)


def later_waves(story: Story) -> None:
    """Those who are left answer each wave after the draw; the answers hold the planted effects."""
    cohort, in_programme = story.trial.cohorts.get(), _in_programme(story)
    ends = (cohort.programme_ends_on - story.starts_on).days
    for number, wave in enumerate(story.version.protocol.waves[1:], start=1):
        totals: dict[str, dict[str, int]] = {}
        for outcome, first in story.totals.items():
            totals[outcome] = {}
            for is_programme in (True, False):
                own = {code: first[code] for code in story.people if (code in in_programme) is is_programme}
                totals[outcome] |= later_totals(
                    outcome, own, _scale(story, outcome), wave=number, in_programme=is_programme, seed=SEED
                )
        _answer_wave(story, wave.id, ends + wave.opens_days, wave.window_days, totals)


def _in_programme(story: Story) -> set[str]:
    arms = {code: own_arm(participant) for code, participant in story.people.items()}
    return {code for code, arm in arms.items() if arm is not None and arm.role == "programme"}


def _scale(story: Story, outcome: str) -> Scale:
    of = story.version.protocol.outcome(outcome)
    instrument = catalogue.load(of.instrument or "")
    return scale_of(instrument, instrument.score(of.score or ""))


def _answer_wave(story: Story, wave: str, opens: int, open_days: int, totals: Mapping[str, Mapping[str, int]]) -> None:
    by_instrument: dict[str, dict[str, str]] = {}
    for outcome in totals:
        of = story.version.protocol.outcome(outcome)
        by_instrument.setdefault(of.instrument or "", {})[of.score or ""] = outcome
    for code in story.people:
        day, hour = opens + story.chance.randrange(open_days), story.chance.uniform(10, 21)
        own = {
            slug: {score: totals[outcome][code] for score, outcome in scores.items()}
            for slug, scores in by_instrument.items()
        }
        _answer(story, code, wave, day, hour, own)


def _answer(story: Story, code: str, wave: str, day: int, hour: float, totals: Mapping[str, Mapping[str, int]]) -> None:
    participant = story.people[code]
    with story.at(day, hour):
        sitting = waves.begin(participant=participant, wave=wave)
    sheets = list(sitting.sheets.order_by("position"))
    for sheet in sheets:
        given = _of_sheet(sheet, totals, story.chance)
        with story.at(day, hour + MINUTES_A_WAVE / 60 * sheet.position / len(sheets)):
            answering.save_page(sheet, given, by=participant.respondent_key)
    with story.at(day, hour + (MINUTES_A_WAVE + 1) / 60):
        answering.submit_sitting(sitting, by=participant.respondent_key)


def _of_sheet(
    sheet: Sheet, totals: Mapping[str, Mapping[str, int]], chance: random.Random
) -> Mapping[str, str | int | None]:
    definition = sheet.definition
    if isinstance(definition, Instrument):
        return answers(definition, totals.get(sheet.instrument, {}), chance)
    # The trial's own questions: nothing went badly, and now and then somebody sees a counsellor.
    asked = [question for question in definition.questions if question.kind == "yes_no"]
    return {
        question.key: "yes" if question.key == "other_care" and chance.random() < 0.1 else "no" for question in asked
    }


def send_nothing(trial: Trial) -> None:
    """Nobody reads the mails of invented people: what waits to be sent is dropped, which the ledger shows."""
    waiting = OutgoingMail.objects.filter(trial=trial, sent_at__isnull=True, dropped_at__isnull=True)
    waiting.update(dropped_at=clock.now())
