"""Scores: the worked examples, missing answers, and what is refused."""

import json

import numpy as np
import pytest

from questionnaires.catalogue import all_instruments, load
from questionnaires.instrument import Instrument, Score
from questionnaires.scoring import AnswerError, score
from tests.shared import SHARED

REFERENCE = SHARED / "reference" / "scoring_examples.json"
EXAMPLES = [
    pytest.param(slug, example, id=f"{slug}-{number}")
    for slug, examples in json.loads(REFERENCE.read_text(encoding="utf-8")).items()
    for number, example in enumerate(examples, start=1)
]


def test_examples_are_258_with_1307_scores() -> None:
    examples = [parameter.values[1] for parameter in EXAMPLES]

    assert (len(examples), sum(len(example["scores"]) for example in examples)) == (258, 1307)


@pytest.mark.parametrize(("slug", "example"), EXAMPLES)
def test_score_equals_the_worked_example(slug: str, example: dict) -> None:
    scores = score(load(slug), example["answers"])

    assert scores == pytest.approx(example["scores"], abs=1e-9)


# --- Missing answers ---------------------------------------------------------------------------------

# How many of a score's items must be answered, from the notes.
NEEDED = {1: 1, 2: 2, 4: 3, 5: 4, 6: 5, 7: 6, 9: 7, 10: 8, 11: 9, 24: 18}
BY_ITEMS = [
    pytest.param(instrument, each, id=f"{instrument.slug}-{each.name}")
    for instrument in all_instruments()
    for each in instrument.scores
    if each.items and each.kind != "count"
]


@pytest.mark.parametrize(("instrument", "each"), BY_ITEMS)
def test_score_needs_three_quarters_of_its_items(instrument: Instrument, each: Score) -> None:
    needed = 1 if each.name in ("session_relevance_mean", "practice_rating_mean") else NEEDED[len(each.items)]
    enough = {key: instrument.by_key[key].scale.lowest for key in each.items[:needed]}
    too_few = {key: instrument.by_key[key].scale.lowest for key in each.items[: needed - 1]}

    assert score(instrument, too_few)[each.name] is None
    assert score(instrument, enough)[each.name] is not None


BY_SCORES = [
    pytest.param(instrument, each, name, id=f"{instrument.slug}-{each.name}-without-{name}")
    for instrument in all_instruments()
    for each in instrument.scores
    for name in each.made_of
]


@pytest.mark.parametrize(("instrument", "each", "part"), BY_SCORES)
def test_total_needs_every_score_it_is_made_of(instrument: Instrument, each: Score, part: str) -> None:
    complete = {item.key: item.scale.lowest for item in instrument.items}
    left_out = dict.fromkeys(instrument.score(part).items)

    assert score(instrument, complete)[each.name] is not None
    assert score(instrument, complete | left_out)[each.name] is None


def test_pro_rated_sum_is_not_rounded() -> None:
    answers = dict(zip([3, 5, 10, 13, 16, 17], [3, 2, 2, 2, 2, 2], strict=True))

    assert score(load("dass_21"), answers)["depression"] == 13 * 7 / 6


# --- Refusals ----------------------------------------------------------------------------------------


def _refusal(slug: str, answers: dict) -> tuple[str, ...]:
    with pytest.raises(AnswerError) as refused:
        score(load(slug), answers)
    return refused.value.mistakes


@pytest.mark.parametrize("answer", [0, 6, -1, True, 3.0, "3", "", float("nan"), [3], np.int64(3)])
def test_score_refuses_what_is_not_a_code(answer: object) -> None:
    assert _refusal("brs_6", {1: answer}) == (
        f"brs_6: item 1 was answered {answer!r}; "
        "its codes are the whole numbers 1 to 5, and None for a missing answer.",
    )


@pytest.mark.parametrize("name", [0, 7, "7", "01", " 1", "EX1", "", True, 1.0, None])
def test_score_refuses_an_unknown_item(name: object) -> None:
    assert _refusal("brs_6", {name: 3}) == (f"brs_6: there is no item {name!r}; its 6 items are 1, 2, 3, 4, 5, 6.",)


def test_score_refuses_an_item_named_twice() -> None:
    assert _refusal("mbi_ss_15", {"EX1": 3, 1: 3}) == ("mbi_ss_15: item EX1 is named twice, once as 1.",)


def test_score_refuses_a_free_text_answer() -> None:
    assert _refusal("satisfaction", {"26": 3}) == (
        "satisfaction: 26 is answered in free text and has no code to score.",
    )


def test_score_reports_all_mistakes_at_once() -> None:
    assert len(_refusal("brs_6", {1: 0, 2: 9, "x": 1, 3: 3})) == 3
