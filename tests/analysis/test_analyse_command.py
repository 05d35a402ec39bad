"""`manage.py analyse`: the JSON contract, the text, the replication, the refusals."""

import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from tests.analysis.published import DATA_FILE, FIGURE_2, R_SAYS, TEXT_P
from tests.analysis.reference.make_designs import synthetic_trial

ROOT = Path(__file__).resolve().parents[2]
ROLES = ["--id", "id", "--arm", "Group", "--time", "Time"]
FIXED_KEYS = [
    "arm",
    "time",
    "estimate",
    "se",
    "se_kr",
    "df_satterthwaite",
    "df_kr",
    "t",
    "p_satterthwaite",
    "p_kr",
    "wald_low",
    "wald_high",
    "profile_low",
    "profile_high",
]


def run(*arguments):
    """As a user does. Port 1 answers nobody: a command that asked a database would fail."""
    return subprocess.run(
        [sys.executable, "manage.py", "analyse", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
    )


def text(*arguments):
    """What it prints, in this process."""
    output = io.StringIO()
    call_command("analyse", *map(str, arguments), stdout=output)
    return output.getvalue()


def as_json(*arguments):
    return parsed(text(*arguments, "--format", "json"))


def parsed(output):
    return json.loads(output, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def refusal(*arguments):
    with pytest.raises(CommandError) as raised:
        text(*arguments)
    assert raised.value.returncode == 2
    return str(raised.value)


@pytest.fixture(scope="module")
def published():
    done = run(DATA_FILE, *ROLES, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    return parsed(done.stdout)


@pytest.fixture
def trial_csv(tmp_path):
    frame = synthetic_trial(seed=41, arm_sizes=(8, 7, 9), n_times=3, sd_subject=1.0)
    frame = frame.rename(columns={"person": "id", "arm": "Group", "wave": "Time"})

    def write(**changes):
        path = tmp_path / "trial.csv"
        frame.assign(**changes).to_csv(path, index=False)
        return path

    return write


def test_json_says_what_the_data_are(published):
    assert published["data"] == {
        "n_rows": 120,
        "arms": ["0", "1"],
        "times": ["1", "2", "3"],
        "reference_arm": "0",
        "reference_time": "1",
    }
    assert list(published["outcomes"]) == list(R_SAYS)


def test_json_has_the_promised_keys(published):
    outcome = published["outcomes"]["DASS_Stress"]

    assert list(outcome) == [
        "n_obs",
        "n_subjects",
        "singular",
        "reml_criterion",
        "sd_subject",
        "sd_residual",
        "fixed",
        "means",
        "posthoc",
        "between",
        "joint",
    ]
    assert list(outcome["fixed"][0]) == FIXED_KEYS
    assert list(outcome["means"][0]) == ["arm", "time", "mean", "se", "df", "low", "high"]
    assert list(outcome["posthoc"][0]) == ["arm", "time_a", "time_b", "estimate", "se", "df", "t", "p_tukey"]
    pair = ["time", "arm_a", "arm_b", "estimate", "se", "df", "t", "p", "p_tukey", "low", "high"]
    assert list(outcome["between"][0]) == pair
    assert list(outcome["joint"][0]) == ["term", "f", "num_df", "den_df", "p"]


def test_json_places_each_term(published):
    outcome = published["outcomes"]["DASS_Stress"]

    fixed = [(row["arm"], row["time"]) for row in outcome["fixed"]]
    assert fixed == [(None, None), ("1", None), (None, "2"), (None, "3"), ("1", "2"), ("1", "3")]
    assert [row["term"] for row in outcome["joint"]] == ["arm", "time", "arm:time"]
    assert [(row["arm"], row["time_a"], row["time_b"]) for row in outcome["posthoc"]][:3] == [
        ("0", "1", "2"),
        ("0", "1", "3"),
        ("0", "2", "3"),
    ]


def test_json_numbers_are_those_of_r(published):
    for name, expected in R_SAYS.items():
        ours = published["outcomes"][name]
        assert ours["reml_criterion"] == pytest.approx(expected["reml_criterion"], rel=1e-8)
        for row, said in zip(ours["fixed"], expected["fixed"], strict=True):
            assert row["estimate"] == pytest.approx(said["estimate"], rel=1e-5)
            assert row["df_kr"] == pytest.approx(said["df_kr"], rel=1e-5)


def test_text_is_a_table_with_labels():
    lines = text(DATA_FILE, *ROLES, "--outcomes", "FFMQ_Observing").splitlines()

    assert "CCT x Post    0.48  0.17   [0.14, 0.81]   2.76  70.7   .007" in lines
    assert "CCT   Post  4.19  0.18  [3.83, 4.55]" in lines
    assert "arm:time     4.28  2, 70.6   .018" in lines


def test_references_may_be_labels_or_codes():
    by_label = as_json(
        DATA_FILE, *ROLES, "--reference-arm", "CCT", "--reference-time", "Seg", "--outcomes", "BRS_TOTAL"
    )
    by_code = as_json(DATA_FILE, *ROLES, "--reference-arm", "1", "--reference-time", "3", "--outcomes", "BRS_TOTAL")

    assert by_label == by_code
    assert by_label["data"]["arms"] == ["1", "0"]
    assert by_label["data"]["times"] == ["3", "1", "2"]


def test_text_codes_keep_the_order_of_the_file(trial_csv):
    path = trial_csv(
        Group=lambda rows: rows["Group"].map({0: "WL", 1: "CCT", 2: "active"}),
        Time=lambda rows: rows["Time"].map({1: "pre", 2: "post", 3: "later"}),
    )

    said = as_json(path, *ROLES, "--reference-arm", "CCT")["data"]

    assert said["arms"] == ["CCT", "WL", "active"]
    assert said["times"] == ["pre", "post", "later"]


def test_output_goes_to_a_file(trial_csv, tmp_path):
    printed = text(trial_csv(), *ROLES, "--format", "json", "--output", tmp_path / "result.json")

    assert printed == ""
    assert json.loads((tmp_path / "result.json").read_text())["data"]["arms"] == ["0", "1", "2"]


def test_outcomes_that_cannot_be_analysed_say_so_and_the_others_come_out(trial_csv):
    path = trial_csv(same=5, empty=None, huge=lambda rows: rows["y"].where(rows.index != 4, math.inf))

    said = as_json(path, *ROLES, "--outcomes", "same", "empty", "huge", "y")["outcomes"]

    assert said["same"] == {"error": "same is constant: all 72 values are 5."}
    assert said["empty"] == {"error": "empty is empty: no row has a value."}
    assert said["huge"] == {"error": "huge has an infinite value in row 5; correct it or leave it empty."}
    assert said["y"]["n_obs"] == 72


def test_text_says_why_an_outcome_is_missing(trial_csv):
    printed = text(trial_csv(same=5), *ROLES, "--outcomes", "same")

    assert printed.splitlines()[-1] == "Not analysed: same is constant: all 72 values are 5."


def test_json_holds_null_and_a_note_where_a_joint_test_is_not_possible(tmp_path):
    frame = synthetic_trial(seed=3589, arm_sizes=(2, 3), n_times=4, sd_subject=0.0, scattered=0.2)
    frame.to_csv(tmp_path / "few.csv", index=False)

    said = as_json(tmp_path / "few.csv", "--id", "person", "--arm", "arm", "--time", "wave")["outcomes"]["y"]

    assert said["joint"][1] == {"term": "time", "f": None, "num_df": 3, "den_df": None, "p": None}
    assert len(said["notes"]) == 2


def test_a_covariate_has_a_row_of_its_own(trial_csv):
    path = trial_csv(age=lambda rows: rows["id"] * 7 % 40 + 20)

    fixed = as_json(path, *ROLES, "--outcomes", "y", "--covariates", "age")["outcomes"]["y"]["fixed"]

    assert [row.get("covariate") for row in fixed] == [None, None, None, None, None, "age", None, None, None, None]
    assert list(fixed[0]) == FIXED_KEYS


def test_replicating_figure_2_agrees_in_102_of_115_cells():
    said = as_json(DATA_FILE, *ROLES, "--replicate", FIGURE_2)["replication"]
    paper = pd.read_csv(FIGURE_2)["agrees_within_rounding"]

    assert (said["cells"], said["agree"], said["differ"]) == (115, 102, 13)
    assert [row["mark"] for row in said["rows"]] == ["agree" if agrees else "differ" for agrees in paper]


def test_replicating_the_text_agrees_in_42_of_44_p():
    said = as_json(DATA_FILE, *ROLES, "--replicate", TEXT_P)["replication"]

    assert (said["cells"], said["agree"]) == (44, 42)
    assert [row["outcome"] for row in said["rows"] if row["mark"] == "differ"] == [
        "DERS_Desatencion",
        "DERS_Descontrol",
    ]


def test_replication_as_text_marks_each_cell():
    lines = text(DATA_FILE, *ROLES, "--replicate", FIGURE_2).splitlines()

    assert lines[-1] == "102 of 115 cells agree, 13 differ (a figure that differs has a *)."
    marked = [line.split()[-1] for line in lines[-116:-1]]
    assert (marked.count("agree"), marked.count("differ")) == (102, 13)


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
