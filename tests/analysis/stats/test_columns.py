"""What a column must be: refusals name the column, what was found and where."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from analysis.stats import columns
from analysis.stats.errors import BadInput, TooFewObservations
from analysis.stats.measurements import as_numbers, is_constant


def refusal(function, *arguments, error=BadInput, **named):
    with pytest.raises(error) as caught:
        function(*arguments, **named)
    return str(caught.value)


def test_require_columns_names_what_is_missing_and_what_is_there():
    frame = pd.DataFrame({"id": [1], "arm": ["WL"]})

    said = refusal(columns.require_columns, frame, ["time"])

    assert said == "There is no column time in the table, which has: id, arm."


def test_require_columns_refuses_a_list():
    assert refusal(columns.require_columns, [1, 2], ["id"]) == "A pandas DataFrame is needed; list was given."


def test_require_columns_refuses_twins():
    frame = pd.DataFrame([[1, 2]], columns=["id", "id"])

    said = refusal(columns.require_columns, frame, ["id"], "trial.csv")

    assert said == "The column id is there 2 times in trial.csv; keep one of them."


def test_require_columns_refuses_the_same_name_twice():
    frame = pd.DataFrame({"id": [1]})

    said = refusal(columns.require_columns, frame, ["id", "id"])

    assert said == "The column id is named for two roles; each column has one."


def test_columns_may_be_named_by_anything():
    frame = pd.DataFrame({0: [1.0], ("a", 1): [2.0], "b": [3.0]})

    assert [columns.numbers(frame, name).tolist() for name in frame.columns] == [[1.0], [2.0], [3.0]]


def test_numbers_refuses_text_and_shows_it():
    frame = pd.DataFrame({"stress": ["three", "4"]})

    assert refusal(columns.numbers, frame, "stress") == "stress has text in row 1 ('three'); it must hold numbers."


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([True, False], "bool in row 1 (True)"),
        ([1 + 2j, 3j], "complex in row 1 ((1+2j))"),
        (pd.to_datetime(["2021-01-01"]), "Timestamp in row 1 (Timestamp('2021-01-01 00:00:00'))"),
        ([1, [2]], "list in row 2 ([2])"),
        (pd.Series([None, 2, "3"], dtype=object), "text in row 3 ('3')"),
        (["2", "3", "often"], "text in row 3 ('often')"),
        (pd.Series([1, True], dtype=object), "bool in row 2 (True)"),
    ],
    ids=["truth", "complex", "dates", "lists", "digits", "word", "mixture"],
)
def test_numbers_refuses_what_is_no_number(values, found):
    said = refusal(columns.numbers, pd.DataFrame({"stress": values}), "stress")

    assert said == f"stress has {found}; it must hold numbers."


def test_numbers_refuses_a_categorical_of_numbers():
    frame = pd.DataFrame({"stress": pd.Categorical([1, 2])})

    assert refusal(columns.numbers, frame, "stress") == "stress is categorical; it must hold numbers."


def test_numbers_refuses_a_matrix():
    assert refusal(as_numbers, np.eye(2), "stress") == "stress must be one number a row; a table was given."


@pytest.mark.parametrize(("values", "rows"), [([1.0, -np.inf], "row 2"), ([1.0, np.inf, np.inf], "row 2 and 1 more")])
def test_numbers_names_the_row_of_an_infinite_value(values, rows):
    frame = pd.DataFrame({"stress": values}, index=list("pqr")[: len(values)])

    said = refusal(columns.numbers, frame, "stress")

    assert said == f"stress has an infinite value in {rows}; correct it or leave it empty."


@pytest.mark.parametrize(
    "values",
    [
        pd.array([3, None, 5], dtype="Int64"),
        pd.array([3, None, 5], dtype="Float64"),
        pd.Series([Decimal(3), None, 5], dtype=object),
        np.array([3, np.nan, 5], dtype=np.float32),
    ],
    ids=["Int64", "Float64", "objects", "float32"],
)
def test_numbers_reads_every_kind_of_number(values):
    read = columns.numbers(pd.DataFrame({"stress": values}), "stress")

    assert read.dtype == np.float64
    assert np.array_equal(read, [3.0, np.nan, 5.0], equal_nan=True)


@pytest.mark.parametrize("values", [[None, None], [pd.NaT, pd.NaT], pd.array([None, None], dtype="boolean")])
def test_numbers_reads_a_column_of_nothing_as_missing(values):
    assert np.isnan(columns.numbers(pd.DataFrame({"stress": values}), "stress")).tolist() == [True, True]


@pytest.mark.parametrize(("value", "size"), [(-3e300, "3e+300"), (2e-300, "2e-300")])
def test_numbers_refuses_units_whose_squares_leave_the_range_of_a_computer(value, size):
    said = refusal(columns.numbers, pd.DataFrame({"stress": [value, 0.0]}), "stress")

    assert said == f"stress has values of the size of {size}; write it in another unit."


def test_numbers_refuses_a_whole_number_that_is_no_float():
    said = refusal(columns.numbers, pd.DataFrame({"stress": [10**400]}), "stress")

    assert said == "stress has a whole number of more than 308 digits; correct it or leave it empty."


@pytest.mark.parametrize(("values", "constant"), [([0.3, 0.1 + 0.2], True), ([0.3, 0.3001], False), ([0.0], True)])
def test_values_that_differ_by_rounding_alone_are_constant(values, constant):
    assert is_constant(np.array(values)) is constant


def test_labels_put_the_reference_first():
    frame = pd.DataFrame({"arm": ["CCT", "WL", "CCT"]})

    assert columns.labels(frame, "arm", "WL") == ("WL", "CCT")


@pytest.mark.parametrize(("arms", "rows"), [(["WL", None], "row 2"), ([np.nan, 1.0, np.nan], "row 1 and 1 more")])
def test_labels_refuses_a_missing_label(arms, rows):
    said = refusal(columns.labels, pd.DataFrame({"arm": arms}), "arm")

    assert said == f"arm has no value in {rows}; every row needs one."


def test_labels_refuses_an_infinite_code():
    said = refusal(columns.labels, pd.DataFrame({"arm": [0.0, np.inf]}), "arm")

    assert said == "arm has an infinite value in row 2; correct it or leave it empty."


def test_labels_refuses_complex_codes():
    said = refusal(columns.labels, pd.DataFrame({"arm": [1j, 2]}), "arm")

    assert said == "arm has complex numbers; use numbers or text."


def test_labels_refuses_a_table_without_rows():
    said = refusal(columns.labels, pd.DataFrame({"arm": []}), "arm", error=TooFewObservations)

    assert said == "arm is empty: the table has no rows."


@pytest.mark.parametrize(("levels", "has"), [(["WL"], "1 arm ('WL')"), ([], "no arm")])
def test_two_or_more_refuses_less(levels, has):
    said = refusal(columns.two_or_more, levels, "Group", "arm", error=TooFewObservations)

    assert said == f"Group has {has}; a comparison needs two."


def test_one_row_each_names_both_rows():
    frame = pd.DataFrame({"id": ["p1", "p2", "p2", "p2"], "time": [1.0, 3.0, 2.0, 3.0]})

    said = refusal(columns.one_row_each, frame, "id", "time")

    assert said == "Participant 'p2' has two rows at time 3 (rows 2 and 4); keep one."


def test_one_row_each_without_a_time_allows_one_row():
    said = refusal(columns.one_row_each, pd.DataFrame({"id": [1, 2, 1]}), "id")

    assert said == "Participant 1 has two rows (rows 1 and 3); keep one."


def test_one_arm_each_refuses_a_participant_of_two_arms():
    frame = pd.DataFrame({"id": [1, 2, 2], "arm": ["WL", "WL", "CCT"]})

    assert refusal(columns.one_arm_each, frame, "id", "arm") == (
        "Participant 2 is in two arms, 'WL' and 'CCT'; each person needs one arm and a code of their own."
    )
