"""The published data and what R says of them, as tests read them: an absent file fails, it never skips."""

import json
from functools import cache

from analysis.analyse import Analysis, analyse
from analysis.datafile import read_table, trial_data
from tests.shared import DATA_FILE, SHARED

FIGURE_2 = SHARED / "reference" / "paper_fig2.csv"
TEXT_P = SHARED / "reference" / "paper_text_p.csv"
R_SAYS = json.loads((SHARED / "reference" / "lme4_cct.json").read_text())["outcomes"]


@cache
def published_analysis() -> Analysis:
    """Our analysis of all outcomes, once a test run."""
    return analyse(trial_data(read_table(DATA_FILE), participant="id", arm="Group", time="Time"))
