"""Scores of 10,000 random forms an instrument, against one line of numpy each."""

import numpy as np
import pytest

from questionnaires.catalogue import load, slugs
from questionnaires.scoring import score

# Columns count from 1 (column 0 is unused), as in the published keys; typed from the notes, not from
# the files.


def _pick(forms: np.ndarray, items: str) -> np.ndarray:
    return forms[:, [int(item) for item in items.split()]]


ONE_LINERS = {
    "csp_24": {
        "kindness": lambda f: _pick(f, "6 8 16 24").mean(1),
        "indifference_r": lambda f: 6 - _pick(f, "2 12 14 18").mean(1),
        "common_humanity": lambda f: _pick(f, "11 15 17 20").mean(1),
        "separation_r": lambda f: 6 - _pick(f, "3 5 10 22").mean(1),
        "mindfulness": lambda f: _pick(f, "4 9 13 21").mean(1),
        "disengagement_r": lambda f: 6 - _pick(f, "1 7 19 23").mean(1),
        "total": lambda f: (
            (
                _pick(f, "4 6 8 9 11 13 15 16 17 20 21 24").sum(1)
                + 72
                - _pick(f, "1 2 3 5 7 10 12 14 18 19 22 23").sum(1)
            )
            / 24
        ),
    },
    "scs_sf": {
        "self_kindness": lambda f: (f[:, 2] + f[:, 6] + 12 - f[:, 11] - f[:, 12]) / 4,
        "common_humanity": lambda f: (f[:, 5] + f[:, 10] + 12 - f[:, 4] - f[:, 8]) / 4,
        "mindfulness": lambda f: (f[:, 3] + f[:, 7] + 12 - f[:, 1] - f[:, 9]) / 4,
        "total": lambda f: (_pick(f, "2 3 5 6 7 10").sum(1) + 36 - _pick(f, "1 4 8 9 11 12").sum(1)) / 12,
    },
    "iri_28": {
        "perspective_taking": lambda f: (_pick(f, "8 11 21 25 28").sum(1) + 12 - f[:, 3] - f[:, 15]) / 7,
        "fantasy": lambda f: (_pick(f, "1 5 16 23 26").sum(1) + 12 - f[:, 7] - f[:, 12]) / 7,
        "empathic_concern": lambda f: (_pick(f, "2 9 20 22").sum(1) + 18 - _pick(f, "4 14 18").sum(1)) / 7,
        "personal_distress": lambda f: (_pick(f, "6 10 17 24 27").sum(1) + 12 - f[:, 13] - f[:, 19]) / 7,
    },
    "dass_21": {
        "depression": lambda f: _pick(f, "3 5 10 13 16 17 21").sum(1),
        "anxiety": lambda f: _pick(f, "2 4 7 9 15 19 20").sum(1),
        "stress": lambda f: _pick(f, "1 6 8 11 12 14 18").sum(1),
    },
    "phi": {
        "remembered_sum": lambda f: f[:, 1:12].sum(1) + 10 - 2 * f[:, 10],
        "remembered_mean": lambda f: (f[:, 1:12].sum(1) + 10 - 2 * f[:, 10]) / 11,
        "general_sum": lambda f: f[:, 1] + f[:, 2],
        "eudaimonic_sum": lambda f: f[:, 3:9].sum(1),
        "hedonic_sum": lambda f: f[:, 9] + 10 - f[:, 10],
        "social_sum": lambda f: f[:, 11],
        "experienced": lambda f: f[:, 12:22:2].sum(1) + 5 - f[:, 13:22:2].sum(1),
        "combined": lambda f: (
            (f[:, 1:12].sum(1) + 10 - 2 * f[:, 10] + f[:, 12:22:2].sum(1) + 5 - f[:, 13:22:2].sum(1)) / 12
        ),
    },
    "ffmq_20_provisional": {
        "observing": lambda f: _pick(f, "2 5 7 11").mean(1),
        "describing": lambda f: (f[:, 1] + 6 - f[:, 8] + f[:, 13] + f[:, 19]) / 4,
        "acting_with_awareness": lambda f: 6 - _pick(f, "3 9 17 20").mean(1),
        "non_judging": lambda f: 6 - _pick(f, "4 6 15 18").mean(1),
        "non_reactivity": lambda f: _pick(f, "10 12 14 16").mean(1),
        "total": lambda f: (
            (_pick(f, "1 2 5 7 10 11 12 13 14 16 19").sum(1) + 54 - _pick(f, "3 4 6 8 9 15 17 18 20").sum(1)) / 20
        ),
    },
    "mbi_ss_15": {
        "exhaustion": lambda f: f[:, 1:6].sum(1),
        "cynicism": lambda f: f[:, 6:10].sum(1),
        "academic_efficacy": lambda f: f[:, 10:16].sum(1),
    },
    "ders_28": {
        "desatencion": lambda f: 24 - _pick(f, "2 6 7 9").sum(1),
        "confusion": lambda f: 6 - f[:, 1] + _pick(f, "4 5 8").sum(1),
        "rechazo": lambda f: _pick(f, "10 11 18 19 20 23 24").sum(1),
        "interferencia": lambda f: _pick(f, "12 16 21 27").sum(1),
        "descontrol": lambda f: _pick(f, "3 13 14 15 17 22 25 26 28").sum(1),
        "total": lambda f: f[:, 1:].sum(1) + 30 - 2 * _pick(f, "1 2 6 7 9").sum(1),
    },
    "brs_6": {"total": lambda f: (18 + _pick(f, "1 3 5").sum(1) - _pick(f, "2 4 6").sum(1)) / 6},
    "covid_concern": {"concern": lambda f: f[:, 1]},
    "satisfaction": {
        "overall_satisfaction": lambda f: f[:, 1],
        "goals_reached": lambda f: f[:, 2],
        "session_relevance_mean": lambda f: f[:, 3:11].mean(1),
        "instructor": lambda f: f[:, 11],
        "materials": lambda f: f[:, 12],
        "would_recommend": lambda f: f[:, 13],
        "will_continue": lambda f: f[:, 14],
        "helpfulness_of_meditations": lambda f: f[:, 15],
        "practice_rating_mean": lambda f: f[:, 16:25].mean(1),
        "practices_rated": lambda f: np.full(len(f), 9),
        "daily_life_applicability": lambda f: f[:, 25],
    },
}
CODES = {
    "csp_24": [(1, 5)] * 24,
    "scs_sf": [(1, 5)] * 12,
    "iri_28": [(1, 5)] * 28,
    "dass_21": [(0, 3)] * 21,
    "phi": [(0, 10)] * 11 + [(0, 1)] * 10,
    "ffmq_20_provisional": [(1, 5)] * 20,
    "mbi_ss_15": [(0, 6)] * 15,
    "ders_28": [(1, 5)] * 28,
    "brs_6": [(1, 5)] * 6,
    "covid_concern": [(1, 4)],
    "satisfaction": [(0, 10)] * 12 + [(0, 1)] * 2 + [(0, 10)] * 11,
}


def test_one_liners_cover_every_score() -> None:
    names = {slug: [each.name for each in load(slug).scores] for slug in slugs()}

    assert {slug: list(lines) for slug, lines in ONE_LINERS.items()} == names


@pytest.mark.parametrize("slug", slugs())
def test_scores_of_10000_random_forms_equal_one_line_of_numpy(slug: str) -> None:
    lowest, highest = np.array(CODES[slug]).T
    answers = np.random.default_rng(20230).integers(lowest, highest + 1, size=(10_000, len(lowest)))
    instrument = load(slug)
    numbers = range(1, len(lowest) + 1)

    scored = [score(instrument, dict(zip(numbers, form, strict=True))) for form in answers.tolist()]

    forms = np.hstack([np.zeros((10_000, 1), dtype=int), answers])
    for name, line in ONE_LINERS[slug].items():
        np.testing.assert_allclose([form[name] for form in scored], line(forms), rtol=0, atol=1e-12)
