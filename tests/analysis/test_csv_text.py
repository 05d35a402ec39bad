"""CSV: no value and no heading is taken for a formula, and every number comes back as it was."""

import csv
import io
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.csv_text import FORMULA, csv_text

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", '"=1', "＝1", "a;=1", "x\n=cmd|' /C calc'!A0"]


def rows(frame: pd.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_text(frame).decode(), newline="")))


@pytest.mark.parametrize("words", FORMULAS)
def test_formula_is_text_as_value_and_as_heading(words):
    heading, value = (line[0] for line in rows(pd.DataFrame({words: [words]})))

    assert heading == value
    assert (value.replace("'", ""), FORMULA.search(value)) == (words.replace("'", ""), None)


def test_negative_numbers_stay_numbers():
    frame = pd.DataFrame({"change": [-2.5, -3.0, -1e-7], "n": [-1, 0, 1]})

    assert rows(frame)[1:] == [["-2.5", "-1"], ["-3", "0"], ["-1e-07", "1"]]
    assert pd.read_csv(io.BytesIO(csv_text(frame))).to_dict("list") == frame.to_dict("list")


def test_missing_values_are_empty_and_words_are_untouched():
    frame = pd.DataFrame({"a": [1.0, math.nan], "b": ["x; y", None], "c": [True, False]})

    assert csv_text(frame) == b"a,b,c\r\n1,x; y,true\r\n,,false\r\n"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_comes_back_as_it_was(value):
    assert float(rows(pd.DataFrame({"x": [value]}))[1][0]) == value


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r")))
def test_any_text_comes_back_but_for_the_apostrophe(words):
    found = rows(pd.DataFrame({"x": ["first", words]}))[2]

    assert [cell.replace("'", "") for cell in found or [""]] == [words.replace("'", "")]
    assert [cell for cell in found if FORMULA.search(cell)] == []
