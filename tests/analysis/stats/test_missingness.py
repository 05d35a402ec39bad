"""Missing values by wave and arm: the published file's counts, laws and refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.errors import BadInput
from analysis.stats.missingness import across_waves, missing_by_wave_and_arm

SHARED = Path(__file__).parents[3].parent / "shared"
NAMES = {"participant": "id", "arm": "Group", "time": "Time"}

cells = st.lists(
    st.tuples(st.sampled_from(["WL", "CCT"]), *[st.one_of(st.none(), st.integers(0, 21))] * 3),
    min_size=1,
    max_size=15,
)


def cct():
    return pyreadstat.read_sav(str(SHARED / "data" / "cct-medical-students.sav"))[0]


def long(people):
    rows = [
        (who, arm, time, score)
        for who, (arm, *scores) in enumerate(people)
        for time, score in enumerate(scores, start=1)
    ]
    return pd.DataFrame(rows, columns=["id", "Group", "Time", "stress"]).astype({"stress": "Float64"})


def table(frame):
    found = missing_by_wave_and_arm(frame, **NAMES, outcomes=["stress"]).table
    return found.set_index(["arm", "time"])[["people", "missing"]].sort_index()


def test_published_anxiety_misses_2_and_1_at_post_and_3_and_1_at_follow_up():
    # R 4.2.2: table(d$Group, d$Time, is.na(d$DASS_Anxiety))
    found = missing_by_wave_and_arm(cct(), **NAMES, outcomes=["DASS_Anxiety"]).table

    assert found["missing"].tolist() == [0, 0, 2, 1, 3, 1]
    assert found["people"].tolist() == [22, 18] * 3


def test_published_file_misses_182_of_3240_values():
    # R 4.2.2: sum(is.na(d[, 4:30])); prod(dim(d[, 4:30]))
    outcomes = [name for name in cct().columns if name not in ("id", "Group", "Time")]

    found = missing_by_wave_and_arm(cct(), **NAMES, outcomes=outcomes)

    assert (found.missing, found.expected, found.proportion) == (182, 3240, 182 / 3240)


@given(cells)
def test_a_missing_row_is_as_missing_as_an_empty_cell(people):
    frame = long(people)
    # every participant and every time must still be known
    shorter = frame[frame["stress"].notna() | (frame["Time"] == 1) | (frame["id"] == 0)]

    assert table(shorter).equals(table(frame))


@given(cells, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_count(people, random):
    frame = long(people)
    order = list(frame.index)
    random.shuffle(order)

    assert table(frame.loc[order]).equals(table(frame))


@given(cells)
def test_one_participant_more_without_a_value_is_one_more_missing_at_each_time(people):
    frame, more = long([("WL", 1, 1, 1), *people]), long([("WL", 1, 1, 1), *people, ("WL", None, None, None)])

    assert (table(more) - table(frame)).loc["WL"].to_numpy().tolist() == [[1, 1]] * 3


def test_references_come_first():
    found = missing_by_wave_and_arm(
        long([("CCT", 1, 1, 1), ("WL", 1, 1, 1)]),
        **NAMES,
        outcomes=["stress"],
        reference_arm="WL",
        reference_time=2,
    ).table

    assert found[["time", "arm"]].head(2).to_numpy().tolist() == [[2, "WL"], [2, "CCT"]]


def test_across_waves_has_one_row_a_participant():
    frame = pd.DataFrame({"id": ["b", "b", "a"], "Time": [1.0, 2.0, 2.0], "stress": [3, 4, 5]})

    wide = across_waves(frame, participant="id", time="Time", outcomes=["stress"])

    assert wide.columns.tolist() == ["stress at 1", "stress at 2"]
    assert np.array_equal(wide.loc[["b", "a"]], [[3, 4], [np.nan, 5]], equal_nan=True)


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ([], "No outcome is named: outcomes must be a list of names"),
        ("stress", "outcomes must be a list of names; 'stress' was given"),
    ],
)
def test_outcomes_must_be_a_list(outcomes, sentence):
    with pytest.raises(BadInput, match=sentence):
        missing_by_wave_and_arm(long([("WL", 1, 1, 1)]), **NAMES, outcomes=outcomes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"Time": 1}, "Participant 0 has two rows at time 1"),
        ({"stress": np.inf}, "stress has an infinite value in row 1 and 2 more"),
        ({"stress": "low"}, "stress has text in row 1"),
        ({"Group": ["WL", "WL", "CCT"]}, "Participant 0 is in two arms, 'WL' and 'CCT'"),
        ({"Group": None}, "Group has no value in row 1 and 2 more"),
    ],
)
def test_bad_frames_are_refused(change, sentence):
    with pytest.raises(BadInput, match=sentence):
        missing_by_wave_and_arm(long([("WL", 1, 1, 1)]).assign(**change), **NAMES, outcomes=["stress"])
