"""The shipped instruments: structure and key as the notes on the instruments have them."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from questionnaires.catalogue import all_instruments, load, score_ranges, slugs
from questionnaires.instrument import Instrument

ROOT = Path(__file__).parents[2]
# Typed from the notes, section by section; position in the published form, r = reversed.
KEYS = {
    "csp_24": {
        "kindness": "6 8 16 24",
        "indifference_r": "2r 12r 14r 18r",
        "common_humanity": "11 15 17 20",
        "separation_r": "3r 5r 10r 22r",
        "mindfulness": "4 9 13 21",
        "disengagement_r": "1r 7r 19r 23r",
        "total": "1r 2r 3r 4 5r 6 7r 8 9 10r 11 12r 13 14r 15 16 17 18r 19r 20 21 22r 23r 24",
    },
    "scs_sf": {
        "self_kindness": "2 6 11r 12r",
        "common_humanity": "4r 5 8r 10",
        "mindfulness": "1r 3 7 9r",
        "total": "",
    },
    "iri_28": {
        "perspective_taking": "3r 8 11 15r 21 25 28",
        "fantasy": "1 5 7r 12r 16 23 26",
        "empathic_concern": "2 4r 9 14r 18r 20 22",
        "personal_distress": "6 10 13r 17 19r 24 27",
    },
    "dass_21": {
        "depression": "3 5 10 13 16 17 21",
        "anxiety": "2 4 7 9 15 19 20",
        "stress": "1 6 8 11 12 14 18",
    },
    "phi": {
        "remembered_sum": "1 2 3 4 5 6 7 8 9 10r 11",
        "remembered_mean": "1 2 3 4 5 6 7 8 9 10r 11",
        "general_sum": "1 2",
        "eudaimonic_sum": "3 4 5 6 7 8",
        "hedonic_sum": "9 10r",
        "social_sum": "11",
        "experienced": "12 13r 14 15r 16 17r 18 19r 20 21r",
        "combined": "",
    },
    "ffmq_20_provisional": {
        "observing": "2 5 7 11",
        "describing": "1 8r 13 19",
        "acting_with_awareness": "3r 9r 17r 20r",
        "non_judging": "4r 6r 15r 18r",
        "non_reactivity": "10 12 14 16",
        "total": "",
    },
    "mbi_ss_15": {
        "exhaustion": "1 2 3 4 5",
        "cynicism": "6 7 8 9",
        "academic_efficacy": "10 11 12 13 14 15",
    },
    "ders_28": {
        "desatencion": "2r 6r 7r 9r",
        "confusion": "1r 4 5 8",
        "rechazo": "10 11 18 19 20 23 24",
        "interferencia": "12 16 21 27",
        "descontrol": "3 13 14 15 17 22 25 26 28",
        "total": "",
    },
    "brs_6": {"total": "1 2r 3 4r 5 6r"},
    "covid_concern": {"concern": "1"},
    "satisfaction": {
        "overall_satisfaction": "1",
        "goals_reached": "2",
        "session_relevance_mean": "3 4 5 6 7 8 9 10",
        "instructor": "11",
        "materials": "12",
        "would_recommend": "13",
        "will_continue": "14",
        "helpfulness_of_meditations": "15",
        "practice_rating_mean": "16 17 18 19 20 21 22 23 24",
        "practices_rated": "16 17 18 19 20 21 22 23 24",
        "daily_life_applicability": "25",
    },
}
RANGES = {
    "csp_24": dict.fromkeys(KEYS["csp_24"], (1, 5)),
    "scs_sf": dict.fromkeys(KEYS["scs_sf"], (1, 5)),
    "iri_28": dict.fromkeys(KEYS["iri_28"], (1, 5)),
    "dass_21": dict.fromkeys(KEYS["dass_21"], (0, 21)),
    "phi": {
        "remembered_sum": (0, 110),
        "remembered_mean": (0, 10),
        "general_sum": (0, 20),
        "eudaimonic_sum": (0, 60),
        "hedonic_sum": (0, 20),
        "social_sum": (0, 10),
        "experienced": (0, 10),
        "combined": (0, 10),
    },
    "ffmq_20_provisional": dict.fromkeys(KEYS["ffmq_20_provisional"], (1, 5)),
    "mbi_ss_15": {"exhaustion": (0, 30), "cynicism": (0, 24), "academic_efficacy": (0, 36)},
    "ders_28": {
        "desatencion": (4, 20),
        "confusion": (4, 20),
        "rechazo": (7, 35),
        "interferencia": (4, 20),
        "descontrol": (9, 45),
        "total": (28, 140),
    },
    "brs_6": {"total": (1, 5)},
    "covid_concern": {"concern": (1, 4)},
    "satisfaction": dict.fromkeys(KEYS["satisfaction"], (0, 10))
    | {"would_recommend": (0, 1), "will_continue": (0, 1), "practices_rated": (0, 9)},
}
FFMQ_39 = {
    "observing": "1 6 11 15 20 26 31 36",
    "describing": "2 7 12r 16r 22r 27 32 37",
    "acting_with_awareness": "5r 8r 13r 18r 23r 28r 34r 38r",
    "non_judging": "3r 10r 14r 17r 25r 30r 35r 39r",
    "non_reactivity": "4 9 19 21 24 29 33",
}
each_instrument = pytest.mark.parametrize("instrument", all_instruments(), ids=slugs())


def test_eleven_instruments_are_shipped() -> None:
    assert slugs() == tuple(sorted(KEYS))


def test_unknown_slug_is_refused_with_the_slugs_there_are() -> None:
    with pytest.raises(LookupError) as refused:
        load("dass_42")

    assert str(refused.value) == f"There is no instrument 'dass_42'; there are {', '.join(slugs())}."


@pytest.mark.parametrize(("without", "items"), [((), 176), (("experienced",), 166)])
def test_wave_has_176_items_with_the_ten_experiences_and_166_without(without: tuple, items: int) -> None:
    wave = [each for each in all_instruments() if each.slug != "satisfaction"]

    assert sum(len(each.items_without(without if each.slug == "phi" else ())) for each in wave) == items


def test_part_that_is_not_optional_may_not_be_left_out() -> None:
    with pytest.raises(ValueError, match="'remembered' may not be left out; optional parts: experienced"):
        load("phi").items_without(["remembered"])


@each_instrument
def test_each_item_is_in_exactly_the_scores_the_notes_say(instrument: Instrument) -> None:
    found = {
        each.name: " ".join(
            f"{instrument.by_key[key].number}{'r' if key in each.reversed else ''}" for key in each.items
        )
        for each in instrument.scores
    }

    assert found == KEYS[instrument.slug]


def test_score_ranges_are_those_of_the_notes() -> None:
    assert {slug: dict(ranges) for slug, ranges in score_ranges().items()} == RANGES


def test_higher_is_worse_for_distress_burnout_and_dysregulation_only() -> None:
    worse = {
        f"{instrument.slug}.{each.name}"
        for instrument in all_instruments()
        for each in instrument.scores
        if each.higher_is == "worse"
    }

    assert worse == {"iri_28.personal_distress", "mbi_ss_15.exhaustion", "mbi_ss_15.cynicism"} | {
        f"{slug}.{name}" for slug in ("dass_21", "ders_28") for name in KEYS[slug]
    }


def test_ffmq_facets_and_directions_are_those_of_the_39_item_table() -> None:
    instrument = load("ffmq_20_provisional")
    table = {
        int(word.rstrip("r")): (facet, word.endswith("r")) for facet, words in FFMQ_39.items() for word in words.split()
    }

    found = {
        instrument.by_key[key].origin: (each.name, key in each.reversed)
        for each in instrument.scores
        for key in each.items
    }

    asked = [2, 6, 8, 10, 11, 14, 15, 16, 18, 19, 20, 21, 27, 29, 30, 33, 34, 35, 37, 38]
    assert [item.origin for item in instrument.items] == asked
    assert found == {number: table[number] for number in asked}


def test_only_the_ffmq_is_provisional() -> None:
    assert [each.slug for each in all_instruments() if each.provisional] == ["ffmq_20_provisional"]


def test_mbi_items_keep_their_identity_when_the_order_changes() -> None:
    instrument = load("mbi_ss_15")
    grouped = [f"EX{n}" for n in range(1, 6)] + [f"CY{n}" for n in range(1, 5)] + [f"AE{n}" for n in range(1, 7)]

    turned = instrument.in_order(grouped[::-1])

    assert [item.key for item in instrument.items] == grouped
    assert [(item.number, item.key) for item in turned.items][:2] == [(1, "AE6"), (2, "AE5")]
    assert turned.scores == instrument.scores


def test_order_that_leaves_an_item_out_is_refused() -> None:
    with pytest.raises(ValueError, match="an order must name each of its 15 items once"):
        load("mbi_ss_15").in_order(["EX1", "EX2"])


def test_criterion_c_of_the_mbi_norms_is_19_48_10_88_27_27() -> None:
    norms = {(norm.score, norm.role): norm for norm in load("mbi_ss_15").norms}

    found = {}
    for name in KEYS["mbi_ss_15"]:
        ill, well = norms[name, "dysfunctional"], norms[name, "functional"]
        found[name] = round((well.sd * ill.mean + ill.sd * well.mean) / (well.sd + ill.sd), 2)

    assert found == {"exhaustion": 19.48, "cynicism": 10.88, "academic_efficacy": 27.27}


def test_criterion_b_of_the_dass_norms_is_10_57_and_7_78_and_stress_has_none() -> None:
    functional = [norm for norm in load("dass_21").norms if norm.role == "functional"]

    found = {norm.score: round(norm.mean + 2 * norm.sd, 2) for norm in functional}

    assert found == {"depression": 10.57, "anxiety": 7.78}


def test_licences_are_those_of_the_notes() -> None:
    assert {each.slug: each.licence.status for each in all_instruments()} == {
        "csp_24": "unverified",
        "scs_sf": "free",
        "iri_28": "free",
        "dass_21": "public_domain",
        "phi": "unverified",
        "ffmq_20_provisional": "unverified",
        "mbi_ss_15": "commercial",
        "ders_28": "unverified",
        "brs_6": "unverified",
        "covid_concern": "own",
        "satisfaction": "own",
    }


@each_instrument
def test_missing_rule_norms_and_sources_are_stated(instrument: Instrument) -> None:
    assert instrument.missing_rule
    assert instrument.sources
    assert math.isfinite(instrument.minutes)


def test_catalogue_and_scoring_import_without_django_or_numpy() -> None:
    code = (
        "import sys, questionnaires.catalogue, questionnaires.scoring as s\n"
        "s.score(questionnaires.catalogue.load('brs_6'), {})\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'django', 'numpy', 'pandas'}))"
    )

    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
