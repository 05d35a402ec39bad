"""Scores of random forms with missing answers, against numpy and the keys typed from the notes."""

import numpy as np
import pytest

from questionnaires.catalogue import load, slugs
from questionnaires.scoring import score
from tests.questionnaires.test_catalogue import KEYS
from tests.questionnaires.test_scoring_random_forms import CODES

# How many of so many items must be answered, and the two means that need one answer only: from the notes.
NEEDED = {1: 1, 2: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 6, 9: 7, 10: 8, 11: 9, 24: 18}
ONE_IS_ENOUGH = {"session_relevance_mean", "practice_rating_mean"}
FORMS = 2_000


def from_key(forms: np.ndarray, codes: np.ndarray, key: str, kind: str, needed: int) -> np.ndarray:
    """A mean of what is answered, or that mean times the number of items; NaN where too few are."""
    places = [int(word.rstrip("r")) - 1 for word in key.split()]
    turned = np.array([word.endswith("r") for word in key.split()])
    answers = np.where(turned, codes[places].sum(1) - forms[:, places], forms[:, places])
    answered = (~np.isnan(answers)).sum(1)
    if kind == "count":
        return answered.astype(float)
    mean = np.divide(np.nansum(answers, 1), answered, where=answered > 0, out=np.full(len(forms), np.nan))
    return np.where(answered >= needed, mean * (len(places) if kind == "sum" else 1), np.nan)


def from_parts(parts: np.ndarray, name: str, kind: str) -> np.ndarray:
    """A score made of scores; NaN where one of them is missing."""
    if name == "combined":
        return parts.sum(1) / 12
    return parts.mean(1) if kind == "mean" else parts.sum(1)


@pytest.mark.parametrize("slug", slugs())
def test_scores_of_random_forms_with_missing_answers_equal_the_notes_keys(slug):
    chance, codes, instrument = np.random.default_rng(71), np.array(CODES[slug]), load(slug)
    forms = chance.integers(codes[:, 0], codes[:, 1] + 1, size=(FORMS, len(codes))).astype(float)
    forms[chance.random(forms.shape) < chance.choice([0.05, 0.2, 0.8], size=(FORMS, 1))] = np.nan
    given = [{n: None if np.isnan(x) else int(x) for n, x in enumerate(form, start=1)} for form in forms]

    scored = [score(instrument, form) for form in given]

    found = {
        each.name: np.array([np.nan if form[each.name] is None else form[each.name] for form in scored])
        for each in instrument.scores
    }
    for each in instrument.scores:
        if key := KEYS[slug][each.name]:
            needed = 1 if each.name in ONE_IS_ENOUGH else NEEDED[len(key.split())]
            expected = from_key(forms, codes, key, each.kind, needed)
        else:
            expected = from_parts(np.column_stack([found[name] for name in each.made_of]), each.name, each.kind)
        np.testing.assert_allclose(found[each.name], expected, rtol=0, atol=1e-9)
        assert each.kind == "count" or 0 < np.isnan(found[each.name]).sum() < FORMS
