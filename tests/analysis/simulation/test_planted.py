"""Simulated answers score what they were made to score, and hold the planted effects."""

import random

import pytest

from analysis.simulation.item_answers import answers, scale_of
from analysis.simulation.planted import first_totals, later_totals, planted
from questionnaires import catalogue, scoring
from tests import factories
from trial.protocol.reading import read

SOURCE = factories.ROOT / "trial" / "protocols" / "cct.toml"
PROTOCOL = read(SOURCE.read_bytes(), instruments=catalogue.score_ranges())
CODES = [f"P-{number:03d}" for number in range(1, 45)]


def scale(outcome: str):
    of = PROTOCOL.outcome(outcome)
    instrument = catalogue.load(of.instrument)
    return scale_of(instrument, instrument.score(of.score))


def mean(totals, outcome) -> float:
    return sum(totals.values()) / len(totals) / scale(outcome).per_score


def test_every_outcome_of_the_protocol_is_planted_but_the_totals():
    totals = {each.id for each in PROTOCOL.outcomes if each.priority == "exploratory"}

    assert set(planted()) == {each.id for each in PROTOCOL.outcomes} - totals


@pytest.mark.parametrize("outcome", planted())
def test_first_totals_have_the_planted_mean(outcome):
    totals = first_totals(outcome, CODES, scale(outcome), seed="a")

    assert mean(totals, outcome) == pytest.approx(planted()[outcome].baseline, abs=0.5 / 44)


@pytest.mark.parametrize("in_programme", [True, False])
@pytest.mark.parametrize("wave", [1, 2])
@pytest.mark.parametrize("outcome", planted())
def test_later_totals_change_as_planted(outcome, wave, in_programme):
    of, own = planted()[outcome], scale(outcome)
    first = {code: total for code, total in first_totals(outcome, CODES, own, seed="a").items() if code < "P-023"}

    later = later_totals(outcome, first, own, wave=wave, in_programme=in_programme, seed="a")

    change = of.waiting[wave - 1] + (of.effect[wave - 1] if in_programme else 0)
    assert mean(later, outcome) - mean(first, outcome) == pytest.approx(change, abs=0.51 / 22)


def test_same_seed_gives_the_same_totals_and_another_one_others():
    same, again, other = (first_totals("stress", CODES, scale("stress"), seed=seed) for seed in ("a", "a", "b"))

    assert same == again
    assert same != other


@pytest.mark.parametrize("outcome", planted())
def test_answers_score_what_they_were_made_to_score(outcome):
    of = PROTOCOL.outcome(outcome)
    instrument = catalogue.load(of.instrument)
    score, own = instrument.score(of.score), scale(outcome)

    for total in range(own.low, own.high + 1):
        given = answers(instrument, {score.name: total}, random.Random(total))

        assert set(given) == set(instrument.by_key)
        assert scoring.score(instrument, given)[score.name] * own.per_score == pytest.approx(total)
