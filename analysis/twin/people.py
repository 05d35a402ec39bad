"""Invented people come in: they sign, are screened, tell about themselves; some stop on the way."""

import random

from analysis.twin.story import Story
from trial.enrolment import services as enrolment
from trial.people.models import Participant
from trial.people.services import register_participant

FIRST_SIGN_UP, LAST_SIGN_UP = -48, -12


def enrol(story: Story, people: int) -> None:
    """So many people sign, are screened and tell about themselves, a few every day."""
    days = sorted(story.chance.uniform(FIRST_SIGN_UP, LAST_SIGN_UP) for _ in range(people))
    for number, day in enumerate(days, start=1):
        with story.at(int(day), 9 + 10 * (day % 1)):
            participant = _register(story, f"simulated-{number}")
            _sign(story, participant)
            age = story.chance.choice(range(18, 28))
            enrolment.submit_screening(participant=participant, answers=_screened(story, age))
            enrolment.submit_sheet(participant=participant, answers=_about(story.chance))
        story.people[participant.code] = participant


def _register(story: Story, name: str) -> Participant:
    return register_participant(trial=story.trial, email=f"{name}@example.org", name="", language="en", actor=None)


def _sign(story: Story, participant: Participant) -> None:
    shown = enrolment.wording_in_force(story.version)
    signed = enrolment.Signed(shown.document, shown.sha256, tuple(tick.id for tick in shown.ticks), "Simulated")
    enrolment.give_consent(participant=participant, version=story.version, signed=signed)


def _screened(story: Story, age: int) -> dict[str, str | int]:
    """The answers that let somebody go on, as the protocol has them, and an age that may or may not."""
    answers: dict[str, str | int] = {
        each.asks: each.passes.answers[0]
        for each in story.version.protocol.criteria
        if each.moment == "screening" and each.asks and each.passes and each.passes.answers
    }
    return answers | {"age": age}


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


def stop_on_the_way(story: Story) -> None:
    """Somebody who was only registered, who has only signed, who may not take part, and who has left again."""
    with story.at(LAST_SIGN_UP):
        _only_registered, signed, young = (_register(story, f"stopped-{number}") for number in (1, 2, 3))
        for participant in (signed, young):
            _sign(story, participant)
        enrolment.submit_screening(participant=young, answers=_screened(story, 17))
    leaving = story.people.pop(min(story.people))
    with story.at(LAST_SIGN_UP + 1):
        enrolment.withdraw(participant=leaving, choice=enrolment.Choice.STUDY)
