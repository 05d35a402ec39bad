"""Invented answers, given through the services that real ones go through, each at its own moment."""

import random
from collections.abc import Mapping

from analysis.simulation.item_answers import answers, scale_of
from analysis.simulation.planted import Scale, first_totals, later_totals, planted
from analysis.twin.story import SEED, Story
from questionnaires import catalogue
from questionnaires import services as answering
from questionnaires.instrument import Instrument
from questionnaires.models import Sheet
from trial.allocation.visibility import own_arm
from trial.waves import services as waves

MINUTES_A_WAVE = 29


def first_wave(story: Story) -> None:
    """Everybody answers the baseline."""
    story.totals = {
        outcome: first_totals(outcome, list(story.people), _scale(story, outcome), seed=SEED) for outcome in planted()
    }
    wave = story.version.protocol.waves[0]
    _answer_wave(story, wave.id, wave.opens_days, wave.window_days, story.totals)


def some_of_the_first_wave(story: Story) -> None:
    """The first wave is open: two of three have handed it in, some are in the middle of it, some have not begun."""
    story.totals = {
        outcome: first_totals(outcome, list(story.people), _scale(story, outcome), seed=SEED) for outcome in planted()
    }
    everybody, wave = dict(story.people), story.version.protocol.waves[0]
    under_way = sorted(everybody)[-8:-4]
    story.people = {code: each for code, each in everybody.items() if code < under_way[0]}
    _answer_wave(story, wave.id, wave.opens_days, 3, story.totals)
    for code in under_way:
        with story.at(wave.opens_days + 3, 19):
            sitting = waves.begin(participant=everybody[code], wave=wave.id)
            for sheet in sitting.sheets.order_by("position")[:3]:
                given = _of_sheet(sheet, {}, story.chance)
                answering.save_page(sheet, given, by=everybody[code].respondent_key)
    story.people = everybody


def later_waves(story: Story) -> None:
    """Those who are left answer each wave after the draw; the answers hold the planted effects."""
    cohort, treated = story.trial.cohorts.get(), in_programme(story)
    ends = (cohort.programme_ends_on - story.starts_on).days
    for number, wave in enumerate(story.version.protocol.waves[1:], start=1):
        totals: dict[str, dict[str, int]] = {}
        for outcome, first in story.totals.items():
            totals[outcome] = {}
            for is_programme in (True, False):
                own = {code: first[code] for code in story.people if (code in treated) is is_programme}
                totals[outcome] |= later_totals(
                    outcome, own, _scale(story, outcome), wave=number, in_programme=is_programme, seed=SEED
                )
        _answer_wave(story, wave.id, ends + wave.opens_days, wave.window_days, totals)


def in_programme(story: Story) -> set[str]:
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
