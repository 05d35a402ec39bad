"""Laws that every score obeys, whatever the instrument."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.catalogue import all_instruments, slugs
from questionnaires.instrument import Instrument
from questionnaires.scoring import score

instruments = st.sampled_from(all_instruments())


@st.composite
def forms(draw: st.DrawFn, missing: bool = False) -> tuple[Instrument, dict[str | int, int | None]]:
    """An instrument and one form of it, complete or with missing answers."""
    instrument = draw(instruments)
    nothing = [st.none()] if missing else []
    return instrument, {
        item.key: draw(st.one_of(st.integers(item.scale.lowest, item.scale.highest), *nothing))
        for item in instrument.items
    }


def _mirrored(instrument: Instrument, form: dict[str | int, int | None]) -> dict[str | int, int | None]:
    return {
        item.key: None if form[item.key] is None else item.scale.lowest + item.scale.highest - form[item.key]
        for item in instrument.items
    }


@given(forms(missing=True))
@settings(max_examples=200, deadline=None)
def test_mirrored_form_mirrors_every_score_in_its_range(case: tuple) -> None:
    instrument, form = case

    plain, mirrored = score(instrument, form), score(instrument, _mirrored(instrument, form))

    for each in instrument.scores:
        if plain[each.name] is None or each.kind == "count":
            assert mirrored[each.name] == plain[each.name]
        else:
            assert mirrored[each.name] == pytest.approx(each.low + each.high - plain[each.name])


@pytest.mark.parametrize("instrument", all_instruments(), ids=slugs())
def test_lowest_answers_after_reversal_give_the_bottom_and_highest_the_top(instrument: Instrument) -> None:
    turned = {key for each in instrument.scores for key in each.reversed}
    bottom, top = (
        score(
            instrument,
            {
                item.key: item.scale.lowest if (item.key in turned) is at_top else item.scale.highest
                for item in instrument.items
            },
        )
        for at_top in (False, True)
    )

    ranged = [each for each in instrument.scores if each.kind != "count"]
    assert [bottom[each.name] for each in ranged] == pytest.approx([each.low for each in ranged])
    assert [top[each.name] for each in ranged] == pytest.approx([each.high for each in ranged])


@given(forms(missing=True), st.data())
@settings(max_examples=200, deadline=None)
def test_one_step_up_moves_scores_only_in_the_item_direction(case: tuple, data: st.DataObject) -> None:
    instrument, form = case
    item = data.draw(st.sampled_from(instrument.items))
    code = data.draw(st.integers(item.scale.lowest, item.scale.highest - 1))

    before = score(instrument, form | {item.key: code})
    after = score(instrument, form | {item.key: code + 1})

    for each in instrument.scores:
        if each.items and before[each.name] is not None:
            step = after[each.name] - before[each.name]
            sign = 0 if each.kind == "count" or item.key not in each.items else 1
            assert np.sign(step) == (-sign if item.key in each.reversed else sign)


@given(forms(missing=True), st.randoms())
@settings(max_examples=100, deadline=None)
def test_order_of_the_answers_changes_nothing(case: tuple, random: object) -> None:
    instrument, form = case
    shuffled = list(form.items())
    random.shuffle(shuffled)

    assert score(instrument, dict(shuffled)) == score(instrument, form)


@given(forms(missing=True))
@settings(max_examples=100, deadline=None)
def test_absent_answer_equals_none_and_position_equals_key(case: tuple) -> None:
    instrument, form = case
    by_position = {item.number: form[item.key] for item in instrument.items if form[item.key] is not None}

    assert score(instrument, by_position) == score(instrument, form)


@given(forms(missing=True))
@settings(max_examples=200, deadline=None)
def test_score_stays_in_its_range(case: tuple) -> None:
    instrument, form = case

    scores = score(instrument, form)

    for each in instrument.scores:
        value = scores[each.name]
        assert value is None or each.low - 1e-9 <= value <= each.high + 1e-9
