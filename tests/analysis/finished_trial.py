"""A trial in the database with answers of everybody: the model protocol, enrolled through the services."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np

from questionnaires import catalogue, clock
from questionnaires.models import Answer, Respondent, Sheet, Sitting
from tests import factories
from tests.analysis.stored_report import move_to
from trial.allocation.models import Allocation, Draw, Environment
from trial.enrolment import services as enrolment
from trial.enrolment.models import Cohort, CohortPlace
from trial.people.models import Participant
from trial.protocol.models import Stage, Trial

INSTRUMENTS = ("dass_21", "brs_6")
WAVES = ("pre", "post", "follow_up")


def make_finished_trial(
    *,
    people: int = 12,
    stage: Stage = Stage.UNMASKED,
    absent: int = 1,
    swapped: bool = False,
    skipped: tuple[str, str, Collection[str]] = ("", "", ()),
) -> Trial:
    """Everybody randomised, the first half (by code) to CCT; the last `absent` left the last wave unanswered.

    `swapped` swaps the arms and leaves every answer as it is. `skipped`: somebody's code,
    a wave, and the items of it that they preferred not to answer.
    """
    trial = factories.make_model_trial()
    now = clock.now()
    cohort = Cohort.objects.create(
        trial=trial,
        number=1,
        programme_starts_on=now.date() + timedelta(days=3),
        programme_ends_on=now.date() + timedelta(days=60),
        created_at=now,
    )
    participants = [_enrol(trial, number) for number in range(people)]
    rng = np.random.default_rng(11)
    for place, participant in enumerate(participants):
        CohortPlace.objects.get_or_create(participant=participant, defaults={"cohort": cohort, "joined_at": now})
        waves = WAVES if place < people - absent else WAVES[:-1]
        for days, wave in enumerate(waves):
            skips = skipped[2] if (participant.code, wave) == skipped[:2] else ()
            answer_wave(participant, wave, now + timedelta(days=days - 5), rng, place < people // 2, skips=skips)
    _allocate(cohort, participants, now, swapped)
    return move_to(trial, stage)


def _enrol(trial: Trial, number: int) -> Participant:
    participant = factories.make_participant(trial, f"person-{number}@example.org")
    factories.give_consent(participant)
    answers = {**factories.SUITABLE, "age": 19 + number % 7}
    enrolment.submit_screening(participant=participant, answers=answers)
    gender = "woman" if number % 3 else "man"
    enrolment.submit_sheet(participant=participant, answers={"gender": gender, "study_year": 1 + number % 6})
    return participant


def answer_wave(
    participant: Participant,
    wave: str,
    at: datetime,
    rng: np.random.Generator,
    treated: bool,
    *,
    skips: Collection[str] = (),
) -> None:
    """A sitting handed in with every item of both instruments; those who are treated get better after the first."""
    respondent, _ = Respondent.objects.get_or_create(key=participant.respondent_key, language="en")
    day = timedelta(days=1)
    moments = {"opens_at": at - day, "due_at": at, "closing_at": at, "closes_at": at + day, "ends_at": at + day}
    sitting = Sitting.objects.create(
        respondent=respondent,
        wave=wave,
        name={"en": wave, "es": wave},
        zone="Europe/Madrid",
        **moments,
        accepts_until=at + day,
        opened_at=at,
    )
    better = treated and wave != "pre"
    for position, slug in enumerate(INSTRUMENTS, start=1):
        sheet = Sheet.objects.create(sitting=sitting, instrument=slug, position=position, started_at=at)
        level = float(rng.normal(0.35 if better else 0.6, 0.15))
        Answer.objects.bulk_create(
            Answer(
                sheet=sheet,
                item=item.key,
                code=None if item.key in skips else _code(item.scale, level, rng),
                wording="working-en",
                captured_at=at,
                stored_at=at,
            )
            for item in catalogue.load(slug).items
        )
    sitting.sheets.update(submitted_at=at)
    Sitting.objects.filter(pk=sitting.pk).update(submitted_at=at)


def _code(scale, level: float, rng: np.random.Generator) -> int:
    wished = scale.lowest + (scale.highest - scale.lowest) * (level + rng.normal(0, 0.2))
    return int(np.clip(round(wished), scale.lowest, scale.highest))


def _allocate(cohort: Cohort, participants: list[Participant], now: datetime, swapped: bool) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(closed_at=now)
    draw = Draw.objects.create(
        cohort=cohort,
        protocol_version=cohort.trial.version_in_force(),
        environment=Environment.LIVE,
        codes=[participant.code for participant in participants],
        commitment=hashlib.sha256(cohort.trial.slug.encode()).hexdigest(),
        sealed=b"sealed",
        committed_at=now,
    )
    for place, participant in enumerate(participants):
        arm = "cct" if (place < len(participants) // 2) is not swapped else "waitlist"
        Allocation.objects.create(
            trial=cohort.trial, participant=participant, draw=draw, arm=arm, allocated_at=now, told_at=now
        )
    CohortPlace.objects.filter(cohort=cohort).update(randomised_at=now)
    Draw.objects.filter(pk=draw.pk).update(drawn_at=now)
    Draw.objects.filter(pk=draw.pk).update(told_at=now)
