"""What a column must be: refusals name the column, what was found and where."""

import numpy as np
import pandas as pd
import pytest

from analysis.stats import columns
from analysis.stats.errors import BadInput, TooFewObservations


def refusal(function, *arguments, **named):
    with pytest.raises(BadInput) as caught:
        function(*arguments, **named)
    return str(caught.value)


def test_require_columns_names_what_is_missing_and_what_is_there():
    frame = pd.DataFrame({"id": [1], "arm": ["WL"]})

    assert refusal(columns.require_columns, frame, ["time"]) == ("There is no column 'time'. The columns are: id, arm.")


def test_require_columns_refuses_a_list():
    assert refusal(columns.require_columns, [1, 2], ["id"]) == ("A pandas DataFrame is needed; list was given.")


def test_require_columns_refuses_twins():
    frame = pd.DataFrame([[1, 2]], columns=["id", "id"])

    assert refusal(columns.require_columns, frame, ["id"]) == ("The column 'id' is there 2 times. Keep one of them.")


def test_require_columns_refuses_the_same_name_twice():
    frame = pd.DataFrame({"id": [1]})

    assert refusal(columns.require_columns, frame, ["id", "id"]) == (
        "A column is asked for twice: id, id. Name each column once."
    )


def test_numbers_refuses_text_and_shows_it():
    frame = pd.DataFrame({"stress": ["three", "4"]})

    assert refusal(columns.numbers, frame, "stress") == (
        "The column 'stress' must hold numbers; found str, such as 'three'. Convert it first."
    )


@pytest.mark.parametrize(
    "values",
    [[True, False], [1 + 2j, 3j], pd.to_datetime(["2021-01-01", "2021-01-02"]), [None, None]],
    ids=["truth", "complex", "dates", "objects"],
)
def test_numbers_refuses_what_is_not_a_number(values):
    with pytest.raises(BadInput):
        columns.numbers(pd.DataFrame({"stress": values}), "stress")


def test_numbers_names_the_row_of_an_infinite_value():
    frame = pd.DataFrame({"stress": [1.0, -np.inf, np.inf]}, index=["p1", "p2", "p3"])

    assert refusal(columns.numbers, frame, "stress") == (
        "The column 'stress' holds an infinite value in row 'p2' (2 in all). Mark it as missing or correct it."
    )


def test_numbers_reads_nullable_integers():
    frame = pd.DataFrame({"stress": pd.array([3, None, 5], dtype="Int64")})

    assert np.array_equal(columns.numbers(frame, "stress"), [3.0, np.nan, 5.0], equal_nan=True)


def test_labels_orders_numbers_by_code_and_text_by_first_appearance():
    frame = pd.DataFrame({"time": [3, 1, 2], "arm": ["WL", "CCT", "ACT"]})

    assert columns.labels(frame, "time") == [1, 2, 3]
    assert columns.labels(frame, "arm") == ["WL", "CCT", "ACT"]


def test_labels_orders_a_categorical_by_its_categories_and_drops_the_unused():
    column = pd.Categorical(["post", "pre", "pre"], categories=["pre", "never", "post"])

    assert columns.labels(pd.DataFrame({"time": column}), "time") == ["pre", "post"]


def test_labels_refuses_an_unknown_reference():
    frame = pd.DataFrame({"arm": ["WL", "CCT"]})

    assert refusal(columns.labels, frame, "arm", "TAU") == ("'TAU' is not in the column 'arm', which has 'WL', 'CCT'.")


def test_labels_refuses_a_missing_label():
    frame = pd.DataFrame({"arm": ["WL", None]})

    assert refusal(columns.labels, frame, "arm") == (
        "The column 'arm' has no value in row 1 (1 in all). Fill in the label or leave the row out."
    )


def test_two_or_more_refuses_a_single_arm():
    with pytest.raises(TooFewObservations, match="'arm' has 'WL': a comparison needs two or more"):
        columns.two_or_more(["WL"], "arm")


def test_unique_rows_names_the_duplicate():
    frame = pd.DataFrame({"id": [1, 2, 2], "time": [1, 3, 3]})

    assert refusal(columns.unique_rows, frame, ["id", "time"]) == (
        "There is more than one row for id 2, time 3. Keep one row for each."
    )


def test_one_arm_each_refuses_a_participant_of_two_arms():
    frame = pd.DataFrame({"id": [1, 2, 2], "arm": ["WL", "WL", "CCT"]})

    assert refusal(columns.one_arm_each, frame, "id", "arm") == (
        "Participant 2 is in more than one arm: 'WL', 'CCT'. Each belongs to one."
    )


@pytest.mark.parametrize("value", [1, 2.0, "2", True, None])
def test_whole_number_refuses(value):
    with pytest.raises(BadInput, match="total_n must be a whole number of at least 2"):
        columns.whole_number(value, "total_n", least=2)


@pytest.mark.parametrize("value", [0, 1, -0.1, float("nan"), "0.5", True, None])
def test_number_between_refuses_ends_and_what_is_no_number(value):
    with pytest.raises(BadInput, match=r"level must be a number in \(0, 1\)"):
        columns.number_between(value, "level", 0, 1)


def test_number_between_takes_the_ends_when_closed():
    assert columns.number_between(1, "epsilon", 0, 1, closed=True) == 1.0
