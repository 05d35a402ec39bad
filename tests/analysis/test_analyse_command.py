"""`manage.py analyse`: the JSON contract, the text, the replication."""

import json
import math

import pandas as pd
import pytest

from tests.analysis.command import ROLES, as_json, parsed, run, text
from tests.analysis.published import FIGURE_2, R_SAYS, TEXT_P
from tests.analysis.reference.make_designs import synthetic_trial
from tests.shared import DATA_FILE

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


@pytest.fixture(scope="module")
def published():
    done = run(DATA_FILE, *ROLES, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    return parsed(done.stdout)


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
