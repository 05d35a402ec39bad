"""Severity bands and alert thresholds, at each boundary."""

import math

import pytest

from questionnaires.catalogue import load, slugs
from questionnaires.scoring import band, bands, reaches, score, thresholds

# First whole score of each band after "normal" (DASS, raw) from the notes, in order.
DASS_BOUNDS = {"depression": (5, 7, 11, 14), "anxiety": (4, 6, 8, 10), "stress": (8, 10, 13, 17)}
DASS_NAMES = ("normal", "mild", "moderate", "severe", "extremely_severe")


@pytest.mark.parametrize("name", DASS_BOUNDS)
def test_dass_band_of_each_of_22_raw_sums_is_the_manuals(name: str) -> None:
    definition = load("dass_21").score(name)
    expected = [DASS_NAMES[sum(raw >= bound for bound in DASS_BOUNDS[name])] for raw in range(22)]

    assert [band(definition, raw).name for raw in range(22)] == expected


@pytest.mark.parametrize("name", DASS_BOUNDS)
def test_dass_band_begins_at_its_bound_and_not_just_below(name: str) -> None:
    definition = load("dass_21").score(name)

    for place, bound in enumerate(DASS_BOUNDS[name]):
        assert band(definition, math.nextafter(bound, 0)).name == DASS_NAMES[place]
        assert band(definition, float(bound)).name == DASS_NAMES[place + 1]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "low"),
        (2.99, "low"),
        (3, "normal"),
        (4.3, "normal"),
        (4.305, "normal"),
        (4.31, "high"),
        (5, "high"),
    ],
)
def test_resilience_band_at_each_boundary(value: float, name: str) -> None:
    assert band(load("brs_6").score("total"), value).name == name


def test_no_reachable_resilience_score_falls_between_the_printed_bands() -> None:
    reachable = {total / size for size in (5, 6) for total in range(size, 5 * size + 1)}

    assert [value for value in reachable if 2.99 < value < 3 or 4.30 < value < 4.31] == []


def test_bands_name_every_score_that_has_some_and_none_without_a_value() -> None:
    instrument = load("dass_21")

    found = bands(instrument, {"depression": 4.9, "anxiety": None, "stress": 17})

    assert {name: each and each.name for name, each in found.items()} == {
        "depression": "normal",
        "anxiety": None,
        "stress": "extremely_severe",
    }


def test_thresholds_of_dass_are_14_10_17_and_other_instruments_have_none() -> None:
    found = {slug: thresholds(load(slug)) for slug in slugs()}

    assert {slug: values for slug, values in found.items() if values} == {
        "dass_21": {"depression": 14, "anxiety": 10, "stress": 17}
    }


@pytest.mark.parametrize(("name", "bound"), [("depression", 14), ("anxiety", 10), ("stress", 17)])
def test_threshold_from_below_is_reached_at_its_value_and_not_one_below(name: str, bound: int) -> None:
    at_least = thresholds(load("dass_21"))[name]

    assert [reaches(value, at_least=at_least) for value in (bound - 1, bound, bound + 1)] == [False, True, True]


def test_threshold_from_above_is_reached_at_its_value_and_not_above() -> None:
    assert [reaches(value, at_most=1.5) for value in (1.0, 1.5, 1.75)] == [True, True, False]


def test_threshold_on_a_pro_rated_sum_is_exact() -> None:
    instrument = load("dass_21")
    items = instrument.score("depression").items[:6]

    at = score(instrument, dict(zip(items, [2, 2, 2, 2, 2, 2], strict=True)))
    below = score(instrument, dict(zip(items, [2, 2, 2, 2, 2, 1], strict=True)))

    assert (at["depression"], reaches(at["depression"], at_least=14)) == (14, True)
    assert reaches(below["depression"], at_least=14) is False


def test_missing_score_reaches_no_threshold() -> None:
    assert [reaches(None, at_least=0), reaches(None, at_most=99)] == [False, False]


@pytest.mark.parametrize("bounds", [{}, {"at_least": 1, "at_most": 2}])
def test_threshold_with_no_bound_or_two_is_an_error(bounds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="one bound"):
        reaches(1, **bounds)
