"""What `manage.py analyse` refuses, with the sentence that it says."""

import pytest

from tests.analysis.command import ROLES, refusal, run


def test_a_refusal_is_one_sentence_on_stderr_and_status_2(trial_csv):
    done = run(trial_csv(), "--id", "id", "--arm", "Gruppe", "--time", "Time")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "CommandError: There is no column Gruppe in trial.csv, which has: id, Group, Time, y.\n"


def test_a_missing_column_is_refused(trial_csv):
    said = refusal(trial_csv(), "--id", "id", "--arm", "Gruppe", "--time", "Time")

    assert said == "There is no column Gruppe in trial.csv, which has: id, Group, Time, y."


def test_one_arm_is_refused(trial_csv):
    said = refusal(trial_csv(Group=1), *ROLES)

    assert said == "trial.csv: Group has 1 arm (1); a comparison needs two."


def test_text_where_numbers_belong_is_refused(trial_csv):
    path = trial_csv(y=lambda rows: rows["y"].astype(object).where(rows.index != 9, "often"))

    assert refusal(path, *ROLES) == ("y in trial.csv has text in row 10 ('often'); it must hold numbers.")


def test_duplicate_rows_are_refused(trial_csv):
    path = trial_csv(Time=lambda rows: rows["Time"].where(rows.index != 1, 1))

    assert refusal(path, *ROLES) == ("trial.csv: Participant 1 has two rows at time 1 (rows 1 and 2); keep one.")


def test_an_empty_cell_of_the_design_is_refused(trial_csv):
    path = trial_csv(Time=lambda rows: rows["Time"].where(~((rows["Group"] == 2) & (rows["Time"] == 3)), 4))

    assert refusal(path, *ROLES) == (
        "trial.csv has no row with Group 0 and Time 4; every arm needs data at every time."
    )


def test_a_file_that_is_no_sav_is_refused(tmp_path):
    path = tmp_path / "notes.sav"
    path.write_text("minutes of the meeting")

    said = refusal(path, *ROLES)

    assert said.startswith("notes.sav is not an SPSS .sav file that can be read")
    assert said.count("\n") == 0


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "There is no file"),
        ("data.xlsx", b"PK", "data.xlsx is neither a .csv nor a .sav file"),
        ("empty.csv", b"", "empty.csv cannot be read as CSV"),
        ("header.csv", b"id,Group,Time,y\n", "header.csv has no rows of data."),
        ("ragged.csv", b"id,Group\n1,2\n1,2,3,4\n", "ragged.csv cannot be read as CSV: Expected 2 fields in line 3"),
        ("latin.csv", "id,Groupé\n".encode("latin-1"), "latin.csv is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    said = refusal(tmp_path / name, *ROLES)

    assert said.startswith(sentence)
    assert said.count("\n") == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--reference-arm", "CCT"], "trial.csv: CCT is not a value of Group, which has: 0, 1, 2."),
        (["--outcomes", "Group"], "The column Group is named for two roles; each column has one."),
        (["--outcomes", "z"], "There is no column z in trial.csv, which has: id, Group, Time, y."),
        (["--output", "/no/such/folder/x"], "/no/such/folder/x: No such file or directory."),
    ],
)
def test_arguments_that_do_not_fit_the_data_are_refused(trial_csv, arguments, sentence):
    assert refusal(trial_csv(), *ROLES, *arguments) == sentence


def test_a_published_table_with_an_unknown_term_is_refused(trial_csv, tmp_path):
    (tmp_path / "table.csv").write_text("outcome,term,b\ny,Group7,1.5")

    said = refusal(trial_csv(), *ROLES, "--replicate", tmp_path / "table.csv")

    assert said.startswith("table.csv has the term Group7, which is not one of the model: Group1, Group2")
