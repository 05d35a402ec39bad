"""A told cohort of any size, written straight into the tables: the services would take minutes for hundreds."""

import hashlib
from dataclasses import asdict
from datetime import timedelta

from questionnaires import clock
from questionnaires.models import Respondent, Sitting
from tests import factories
from trial.allocation.models import Allocation, Draw
from trial.enrolment.models import Cohort, CohortPlace, Consent, Screening, SociodemographicAnswers
from trial.people.models import Participant
from trial.protocol.models import Trial


def make_crowd(trial: Trial, arms: list[str]) -> Cohort:
    """A told cohort with one person for each of `arms`, in that arm."""
    version, now, before = trial.version_in_force(), clock.now(), trial.participants.count()
    cohort = factories.make_cohort(trial)
    people = Participant.objects.bulk_create(
        Participant(trial=trial, code=f"P-{before + number:03d}", language="en", created_at=now)
        for number in range(1, len(arms) + 1)
    )
    consents = Consent.objects.bulk_create(
        Consent(
            participant=each,
            protocol_version=version,
            document="participation",
            version="1",
            language="en",
            text_sha256="0" * 64,
            statements=[],
            name_sha256="0" * 64,
            given_at=now,
        )
        for each in people
    )
    _enrol(version, consents, now)
    _hand_in(people, now)
    CohortPlace.objects.bulk_create(CohortPlace(cohort=cohort, participant=each, joined_at=now) for each in people)
    Cohort.objects.filter(pk=cohort.pk).update(closed_at=now)
    draw = Draw.objects.create(
        cohort=cohort,
        protocol_version=version,
        environment="live",
        codes=[each.code for each in people],
        commitment=hashlib.sha256(str(cohort.pk).encode()).hexdigest(),
        sealed=b"",
        committed_at=now,
    )
    Allocation.objects.bulk_create(
        Allocation(trial=trial, participant=each, draw=draw, arm=arm, allocated_at=now, told_at=now)
        for each, arm in zip(people, arms, strict=True)
    )
    Draw.objects.filter(pk=draw.pk).update(drawn_at=now)
    Draw.objects.filter(pk=draw.pk).update(told_at=now)
    return Cohort.objects.get(pk=cohort.pk)


def _enrol(version, consents, now) -> None:
    screenings = Screening.objects.bulk_create(
        Screening(
            participant=each.participant,
            consent=each,
            protocol_version=version,
            answers={},
            outcome="passed",
            submitted_at=now,
        )
        for each in consents
    )
    SociodemographicAnswers.objects.bulk_create(
        SociodemographicAnswers(
            participant=each.participant, screening=each, protocol_version=version, answers={}, submitted_at=now
        )
        for each in screenings
    )


def _hand_in(people, now) -> None:
    window = factories.window_around(now)
    respondents = Respondent.objects.bulk_create(Respondent(key=each.respondent_key, language="en") for each in people)
    Sitting.objects.bulk_create(
        Sitting(
            respondent=each,
            wave="pre",
            name={"en": "First"},
            zone="Europe/Madrid",
            **asdict(window),
            opened_at=now - timedelta(minutes=30),
            submitted_at=now,
        )
        for each in respondents
    )
