"""When a printed figure agrees with a computed one."""

import pandas as pd
import pytest

from analysis.datafile import Table, read_table
from analysis.replication import compare_with_published
from analysis.stats.errors import BadInput
from tests.analysis.published import published_analysis


def compare(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return compare_with_published(published_analysis(), read_table(path))


# CCT against WL at pre, FFMQ_Observing: b = 0.58207.
@pytest.mark.parametrize(
    ("printed", "agrees"),
    [
        ("0.58", True),
        ("0.59", True),
        ("0.57", False),
        ("0.582", True),
        ("0.584", False),
        ("0.6", True),
        ("-0.58", False),
    ],
)
def test_a_coefficient_agrees_within_a_unit_of_its_last_decimal(tmp_path, printed, agrees):
    [cell] = compare(tmp_path, f"outcome,term,b\nFFMQ_Observing,Group1,{printed}\n")

    assert cell.agrees is agrees


@pytest.mark.parametrize("term", ["Group1:Time2", "GroupCCT:TimePost", "Group1:TimePost"])
def test_terms_may_be_written_with_codes_or_labels(tmp_path, term):
    [cell] = compare(tmp_path, f"outcome,term,b,se\nFFMQ_Observing,{term},0.48,0.17\n")

    assert [figure.computed for figure in cell.figures] == pytest.approx([0.47743868, 0.17277033], rel=1e-6)
    assert cell.mark == "agree"


# WL, pre to post, DASS_Stress: p = 0.93556.
@pytest.mark.parametrize(
    ("printed", "agrees"),
    [
        (".935", True),
        (".936", True),
        ("0.936", True),
        (".937", False),
        ("<.936", True),
        ("<.001", False),
        (".94", True),
    ],
)
def test_a_p_agrees_rounded_or_cut(tmp_path, printed, agrees):
    [cell] = compare(tmp_path, f"outcome,arm,time_a,time_b,p\nDASS_Stress,WL,Pre,Post,{printed}\n")

    assert cell.agrees is agrees


def test_an_outcome_that_was_not_analysed_differs(tmp_path):
    [cell] = compare(tmp_path, "outcome,term,b\nCortisol,Group1,0.5\n")

    assert (cell.mark, cell.figures[0].computed) == ("differ", None)


@pytest.mark.parametrize(
    "text",
    [
        "term,b\nGroup1,0.5\n",
        "outcome,b\nBRS_TOTAL,0.5\n",
        "outcome,term\nBRS_TOTAL,Group1\n",
        "outcome,term,b\nBRS_TOTAL,Gruppe1,0.5\n",
        "outcome,term,b\nBRS_TOTAL,Group1,about a half\n",
        "outcome,arm,time_a,time_b,p\nBRS_TOTAL,XX,Pre,Post,.5\n",
        "outcome,arm,time_a,time_b,p\nBRS_TOTAL,WL,Pre,Pre,.5\n",
        "outcome,arm,time_a,time_b,p\nBRS_TOTAL,WL,Pre,Post,n.s.\n",
    ],
)
def test_a_table_that_cannot_be_matched_is_refused(tmp_path, text):
    with pytest.raises(BadInput):
        compare(tmp_path, text)


def test_an_empty_cell_of_the_published_table_is_not_compared():
    frame = pd.DataFrame({"outcome": ["BRS_TOTAL"], "term": ["Group1"], "b": [0.04], "se": [float("nan")]})

    [cell] = compare_with_published(published_analysis(), Table("table.csv", frame, {}))

    assert [figure.name for figure in cell.figures] == ["b"]
