"""Files as programs write them."""

import pandas as pd
import pyreadstat
import pytest

from analysis.datafile import read_table, trial_data
from analysis.stats.errors import BadInput
from tests.analysis.reference.make_designs import synthetic_trial

ROLES = {"participant": "person", "arm": "arm", "time": "wave"}


@pytest.fixture
def frame():
    return synthetic_trial(seed=51, arm_sizes=(5, 6), n_times=2, sd_subject=1.0)


@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", ","), (";", "."), ("\t", ".")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_of_every_spreadsheet_gives_the_same_numbers(tmp_path, frame, separator, decimal, encoding):
    path = tmp_path / "data.csv"
    frame.to_csv(path, index=False, sep=separator, decimal=decimal, encoding=encoding)

    pd.testing.assert_frame_equal(read_table(path).frame, frame, check_dtype=False)


@pytest.mark.parametrize("missing", ["", "NA", "NaN", ".", "#NULL!"])
def test_every_sign_of_a_missing_value_is_known(tmp_path, missing):
    path = tmp_path / "data.csv"
    path.write_text(f"person,y\n1,2.5\n2,{missing}\n3,4\n")

    assert read_table(path).frame["y"].isna().tolist() == [False, True, False]


def test_rows_without_any_value_are_left_out(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("person,y\n1,2.5\n,\n3,4\n\n,\n")

    assert read_table(path).frame["person"].tolist() == [1, 3]


def test_sav_brings_its_value_labels(tmp_path, frame):
    path = tmp_path / "data.sav"
    pyreadstat.write_sav(frame, path, variable_value_labels={"arm": {0: "WL", 1: "CCT"}})

    data = trial_data(read_table(path), **ROLES, reference_arm="CCT")

    assert data.design.arms == (1, 0)
    assert [data.arm_label(code) for code in data.design.arms] == ["CCT", "WL"]
    assert data.time_label(2.0) == "2"


def test_a_code_goes_before_a_label_that_looks_like_it(tmp_path, frame):
    path = tmp_path / "data.sav"
    pyreadstat.write_sav(frame, path, variable_value_labels={"arm": {0: "1", 1: "0"}})

    assert trial_data(read_table(path), **ROLES, reference_arm="1").design.arms == (1, 0)


def test_columns_of_text_are_no_outcomes(tmp_path, frame):
    path = tmp_path / "data.csv"
    frame.assign(note="said that it helped", z=frame["y"]).to_csv(path, index=False)

    assert trial_data(read_table(path), **ROLES).outcomes == ("y", "z")


def test_a_few_words_among_numbers_are_told(tmp_path, frame):
    path = tmp_path / "data.csv"
    frame.assign(z=frame["y"].astype(object).where(frame.index != 3, "ill")).to_csv(path, index=False)

    with pytest.raises(BadInput, match=r"^z in data.csv has text in row 4 \('ill'\); it must hold numbers.$"):
        trial_data(read_table(path), **ROLES)


def test_a_file_without_outcomes_is_refused(tmp_path, frame):
    path = tmp_path / "data.csv"
    frame.drop(columns="y").to_csv(path, index=False)

    with pytest.raises(BadInput, match=r"data.csv has no column of numbers besides arm, person, wave"):
        trial_data(read_table(path), **ROLES)
