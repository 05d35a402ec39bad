"""The report's figures are R's, by value and as they are printed; the same data and plan give the same bytes."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from django.utils import translation

from analysis.frames import TrialFrames
from analysis.report.files import report_files
from analysis.report.writing import write_document
from analysis.results import OutcomeResult, set_results
from tests.analysis.cct_frames import COLUMN_OF, cct_frames, cct_plan, cct_protocol
from tests.analysis.published import R_SAYS

R_WAVE = {"2": "post", "3": "follow_up"}
FEW = replace(cct_plan(), outcomes=(cct_plan().outcome("stress"), cct_plan().outcome("anxiety")))


@pytest.fixture(scope="module")
def results():
    return set_results(cct_frames(), cct_plan(), "as_published")


@pytest.fixture(scope="module")
def document():
    with translation.override("en"):
        return written(cct_frames())


def written(frames: TrialFrames, plan=None):
    plan = plan or cct_plan()
    return write_document(cct_protocol(), plan, frames, set_results(frames, plan, "as_published"), "Equipoise")


def table(document, id: str):
    return next(block for part in document.parts for block in part.blocks if getattr(block, "id", "") == id)


def rows_of(document, id: str, heading: str) -> list[tuple[str, ...]]:
    return [row for group in table(document, id).groups if group.heading == heading for row in group.rows]


def r_interaction(outcome: str, wave: str) -> dict:
    term = f"Group1:Time{wave}"
    return next(row for row in R_SAYS[COLUMN_OF[outcome]]["fixed"] if row["term"] == term)


@pytest.mark.parametrize("outcome", COLUMN_OF)
def test_contrasts_of_every_outcome_are_rs(results, outcome):
    found = results.outcomes[outcome].contrasts.set_index("contrast")

    for wave, contrast in R_WAVE.items():
        r, ours = r_interaction(outcome, wave), found.loc[contrast]
        said = [
            r["estimate"],
            r["profile_low"],
            r["profile_high"],
            r["se"],
            r["df_satterthwaite"],
            r["p_satterthwaite"],
        ]
        np.testing.assert_allclose(ours[["estimate", "low", "high", "se", "df", "p"]], said, rtol=2e-4, atol=1e-6)


def test_kenward_roger_where_the_plan_asks_for_it():
    analysis = replace(cct_plan().analysis, degrees_of_freedom="kenward_roger")
    plan = replace(cct_plan(), analysis=analysis, outcomes=(cct_plan().outcome("stress"),))

    found = set_results(cct_frames(), plan, "as_published").outcomes["stress"].contrasts.iloc[0]
    r = r_interaction("stress", "2")
    np.testing.assert_allclose(found[["se", "df", "p"]].astype(float), [r["se_kr"], r["df_kr"], r["p_kr"]], rtol=1e-5)


def test_printed_contrasts_are_rs_rounded(document):
    assert rows_of(document, "contrasts-primary", "Stress") == [
        ("After the programme", "−2.83", "[−5.15, −0.50]", "1.20", "−2.35", "70.4", ".022"),
        ("Two months later", "−1.34", "[−3.69, 1.00]", "1.21", "−1.11", "70.8", ".271"),
    ]
    assert rows_of(document, "contrasts-primary", "Anxiety")[0][1:4] == ("−3.94", "[−6.19, −1.68]", "1.17")
    assert rows_of(document, "contrasts-primary", "Well-being")[0][1:4] == ("6.77", "[−0.61, 14.15]", "3.82")
    assert rows_of(document, "contrasts-exploratory", "Self-compassion, total")[0][1:3] == ("0.65", "[0.23, 1.06]")


def test_printed_changes_within_groups_are_rs_turned_to_later_less_earlier(document):
    said = R_SAYS["DASS_Stress"]["posthoc_within_group_tukey"]
    r = next(row for row in said if (row["Group"], row["contrast"]) == ("1", "Time1 - Time2"))
    first = rows_of(document, "within-table", "Stress")[0]

    assert first[0] == "CCT: First questionnaires → Second questionnaires"
    printed = (f"−{r['estimate']:.2f}", f"{r['p.value']:.3f}".removeprefix("0"))
    assert (first[1], first[6]) == printed


def test_printed_scores_are_the_files_own(document):
    frames = cct_frames().scores
    found = frames.loc[(frames["arm"] == "cct") & (frames["wave"] == "post"), "stress"].dropna()

    printed = {row[0]: row[1:] for row in rows_of(document, "scores-table", "Stress")}["CCT"]
    assert printed[2:4] == (f"{found.mean():.2f} ({found.std():.2f})", str(len(found)))


def test_flow_and_missing_data_of_the_published_set(document):
    assert [row for group in table(document, "flow-table").groups for row in group.rows] == [
        ("Randomised", "18", "22"),
        ("Answered: Second questionnaires", "17", "20"),
        ("Answered: Third questionnaires", "17", "20"),
        ("Analysed", "18", "22"),
    ]
    assert rows_of(document, "missing-table", "Stress")[1] == ("WL", "0 (0 %)", "2 (9 %)", "3 (14 %)")


def test_reliable_change_says_its_criteria_and_compares_the_groups(document):
    rows = rows_of(document, "change-table", "Stress (reliable from 2.72, cut-off 13.13)")

    assert [row[:3] for row in rows] == [
        ("Recovered", "12 (71 %)", "6 (30 %)"),
        ("Improved", "0 (0 %)", "0 (0 %)"),
        ("Unchanged", "5 (29 %)", "9 (45 %)"),
        ("Deteriorated", "0 (0 %)", "5 (25 %)"),
        ("A score is missing", "1 (6 %)", "2 (9 %)"),
    ]
    assert rows[0][3] == "χ²(2) = 7.95, *p* = .019; exact .019"


def test_tests_at_baseline_stand_only_where_the_plan_asks_for_them(document):
    silent = replace(FEW, analysis=replace(cct_plan().analysis, tests_baseline_differences=False))

    with translation.override("en"):
        quiet = written(cct_frames(), silent)
    assert table(document, "baseline").columns[-2:] == ("Test", "*p*")
    assert table(quiet, "baseline").columns[-1] == "Difference in SD"


def test_outcome_that_cannot_be_analysed_says_why_and_stops_no_other():
    frames = cct_frames()
    scores = frames.scores.assign(stress=np.where(frames.scores["wave"] == "post", np.nan, frames.scores["stress"]))
    results = set_results(replace(frames, scores=scores), FEW, "as_published")

    assert results.outcomes["stress"] == (
        "stress has no value in arm 'waitlist' at time 'post'; the model needs at least one in every arm at every time."
    )
    assert isinstance(results.outcomes["anxiety"], OutcomeResult)


def test_set_without_anybody_of_one_arm_is_written_all_the_same():
    frames = cct_frames()
    only = tuple(frames.participants.loc[frames.participants["arm"] == "waitlist", "participant"])

    with translation.override("en"):
        found = written(replace(frames, sets={"as_published": only}), FEW)
    assert {group.why_not for group in table(found, "contrasts-primary").groups} == {
        "arm has 1 arm ('waitlist'); a comparison needs two."
    }


def test_order_of_the_rows_changes_nothing():
    frames = cct_frames()
    mixed = replace(
        frames,
        scores=frames.scores.sample(frac=1, random_state=3).reset_index(drop=True),
        participants=frames.participants.sample(frac=1, random_state=3).reset_index(drop=True),
    )

    with translation.override("en"):
        assert mixed.sha256 == frames.sha256
        assert written(mixed, FEW).parts == written(frames, FEW).parts


@pytest.fixture(scope="module")
def small():
    """One outcome of the rehearsal, whole."""
    plan = replace(cct_plan(), outcomes=(cct_plan().outcome("stress"),))
    frames = replace(cct_frames(), labels="shuffled", sets={"as_published": cct_frames().sets["as_published"]})
    return frames, plan, list(report_files(cct_protocol(), frames, plan, "Equipoise"))


def test_same_data_and_plan_twice_are_the_same_bytes(small):
    frames, plan, files = small

    assert list(report_files(cct_protocol(), frames, plan, "Equipoise")) == files


def inside(file) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_file_of_a_rehearsal_says_so(small):
    _, _, files = small
    packed = {
        f"{file.name}/{name}": content
        for file in files
        if file.name.endswith(".zip")
        for name, content in inside(file).items()
    }

    assert {file.name.split("-")[0] for file in files if file.kind != "document"} == {"rehearsal"}
    tables = [content for name, content in packed.items() if name.endswith(".csv")]
    assert {set(pd.read_csv(io.BytesIO(content))["labels"]).pop() for content in tables} == {
        "rehearsal: shuffled labels"
    }
    drawings = [content.decode() for name, content in packed.items() if name.endswith(".svg")]
    words = ("Rehearsal: shuffled labels", "Simulacro: etiquetas barajadas")
    assert [svg for svg in drawings if not any(said in svg for said in words)] == []


@pytest.mark.parametrize("labels", ["shuffled", "real"])
def test_every_file_of_a_simulated_trial_says_so(small, labels):
    frames, plan, _ = small
    made_up = replace(frames, labels=labels, is_simulated=True)
    files = list(report_files(cct_protocol(), made_up, plan, "Equipoise"))

    assert {file.name.split("-")[0] for file in files if file.kind != "document"} == {"simulated"}
    packed = [each for file in files if file.name.endswith(".zip") for each in inside(file).items()]
    tables = [pd.read_csv(io.BytesIO(content)) for name, content in packed if name.endswith(".csv")]
    assert all(label.startswith("simulated, ") for table in tables for label in table["labels"])
    words = ("Simulated: none of these people exist", "Simulado: ninguna de estas personas existe")
    drawings = [content.decode() for name, content in packed if name.endswith(".svg")]
    documents = [json.loads(file.content)["simulated"] for file in files if file.kind == "document"]
    assert [text for text in drawings + documents if not any(said in text for said in words)] == []
    assert made_up.sha256 != replace(frames, labels=labels).sha256


def test_arms_of_a_rehearsal_have_no_colour(small):
    _, _, files = small
    pages = [file.content.decode() for file in files if file.kind == "document"]

    assert [page.count("arm-1") - page.count(".arm-1 {") for page in pages] == [0, 0]


def test_negative_estimates_are_numbers_in_the_tables(small):
    _, _, files = small
    tables = inside(next(file for file in files if file.kind == "tables"))

    found = pd.read_csv(io.BytesIO(tables["contrasts.csv"]))
    assert (found["estimate"].dtype, found["estimate"].round(4).tolist()) == (np.float64, [-2.8275, -1.3446])
