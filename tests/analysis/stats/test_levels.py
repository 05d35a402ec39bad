"""In which order arms and times stand, and how their codes are written."""

import pandas as pd
import pytest

from analysis.stats.errors import BadInput
from analysis.stats.levels import level_order, listed, shown


@pytest.mark.parametrize(
    ("values", "order"),
    [
        ([3, 1, 2], (1, 2, 3)),
        ([1.0, 0.0], (0.0, 1.0)),
        (pd.array([2, None, 1], dtype="Int64"), (1, 2)),
        (pd.Series([2, None, 1], dtype=object), (1, 2)),
        (["WL", "CCT", "ACT"], ("WL", "CCT", "ACT")),
        ([True, False], (False, True)),
        (pd.Categorical(["post", "pre", "pre"], categories=["pre", "never", "post"]), ("pre", "post")),
        (pd.to_datetime(["2021-03-01", "2020-03-01"]), (pd.Timestamp("2020-03-01"), pd.Timestamp("2021-03-01"))),
    ],
    ids=["integers", "floats", "nullable", "objects", "text", "truth", "categorical", "dates"],
)
def test_levels_stand_by_size_or_by_first_appearance_or_by_category(values, order):
    assert level_order(pd.Series(values)) == order


def test_the_reference_stands_first_as_the_column_writes_it():
    assert repr(level_order(pd.Series([0.0, 1.0]), reference=1)) == "(1.0, 0.0)"


@pytest.mark.parametrize("reference", ["1", 2, None])
def test_an_unknown_reference_is_refused(reference):
    if reference is None:
        reference = float("nan")

    with pytest.raises(BadInput) as caught:
        level_order(pd.Series([0, 1], name="Group"), reference)

    assert str(caught.value) == f"{shown(reference)} is not a value of Group, which has: 0, 1."


def test_codes_that_look_the_same_are_refused():
    with pytest.raises(BadInput) as caught:
        level_order(pd.Series([1, 2, "1"], name="Group", dtype=object))

    assert str(caught.value) == "Group has both 1 and '1', which look the same; write one of them."


def test_a_list_is_no_code():
    with pytest.raises(BadInput) as caught:
        level_order(pd.Series([[1], [2]], name="Group"))

    assert str(caught.value) == "Group has [1], which is no single code; use numbers or text."


def test_sentences_show_numbers_plain_and_text_in_quotes():
    assert listed([1.0, 1.5, "1"]) == "1, 1.5, '1'"
