"""The published data as frames of a report, with the names of the shipped protocol."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.datafile import read_table
from analysis.frames import TrialFrames
from analysis.plan import Plan, plan_of
from questionnaires import catalogue
from tests.shared import DATA_FILE
from trial.flow.counts import Enrolment, Exit
from trial.protocol.reading import read
from trial.protocol.schema import Protocol

ROOT = Path(__file__).resolve().parents[2]
COLUMN_OF = {
    "compassion_for_others": "CSP_TOTAL",
    "self_kindness": "SCS_SelfKidness_TOT",
    "common_humanity": "SCS_CommonHumanity_TOT",
    "mindful_self_compassion": "SCS_Mindfulness_TOT",
    "empathic_concern": "IRI_EmpathicConcern",
    "stress": "DASS_Stress",
    "depression": "DASS_Depression",
    "anxiety": "DASS_Anxiety",
    "well_being": "PHI_TOTAL",
    "observing": "FFMQ_Observing",
    "describing": "FFMQ_Describing",
    "acting_with_awareness": "FFMQ_ActingAwareness",
    "non_judging": "FFMQ_NonJudgment",
    "non_reactivity": "FFMQ_NonReactivity",
    "exhaustion": "MBI_Exhastion",
    "cynicism": "MBI_Cynicsm",
    "academic_efficacy": "MBI_AcademicEffectiv",
    "inattention": "DERS_Desatencion",
    "confusion": "DERS_Confusion",
    "rejection": "DERS_Rechazo",
    "interference": "DERS_Interferencia",
    "lack_of_control": "DERS_Descontrol",
    "resilience": "BRS_TOTAL",
    "covid_concern": "COVID_1",
    "self_compassion_total": "SCS_TOTAL",
    "mindfulness_total": "FFMQ_TOTAL",
    "emotion_dysregulation_total": "DERS_TOTAL",
}


@cache
def cct_protocol() -> Protocol:
    source = (ROOT / "trial" / "protocols" / "cct.toml").read_bytes()
    return read(source, instruments=catalogue.score_ranges())


@cache
def cct_plan() -> Plan:
    return plan_of(cct_protocol())


@cache
def cct_frames() -> TrialFrames:
    """The 40 of the open data as all randomised. Ages, answers to single items and exits are made up."""
    table = read_table(DATA_FILE).frame
    scores = pd.DataFrame(
        {
            "participant": [f"P-{int(id):03d}" for id in table["id"]],
            "wave": table["Time"].map({1: "pre", 2: "post", 3: "follow_up"}),
            "arm": table["Group"].map({0: "waitlist", 1: "cct"}),
        }
        | {outcome: table[column].to_numpy(dtype=float) for outcome, column in COLUMN_OF.items()}
    )
    participants = scores.loc[scores["wave"] == "pre", ["participant", "arm"]].reset_index(drop=True)
    rng = np.random.default_rng(7)
    count = len(participants)
    about = {
        "age": rng.integers(18, 30, count).astype(float),
        "gender": rng.choice(["woman", "man"], count),
        "nationality": rng.choice(["spanish", "other"], count),
        "marital_status": ["single"] * count,
        "study_year": rng.integers(1, 7, count).astype(float),
        "meditated_before": rng.choice(["yes", "no"], count),
        "meditation_minutes": np.where(rng.random(count) < 0.5, np.nan, rng.integers(10, 100, count)),
    }
    about = {id: values for id, values in about.items() if id in {each.id for each in cct_plan().characteristics}}
    codes = tuple(participants["participant"])
    return TrialFrames(
        labels="real",
        scores=scores,
        participants=participants.assign(**about),
        items={"dass_21": _dass_answers(codes, rng)},
        sets={"all_randomised": codes, "as_published": codes},
        unavailable={"per_protocol": "not_recorded"},
        enrolment=Enrolment(61, (Exit("adult", 11), Exit("declined", 4), Exit("baseline_unfinished", 6)), 40),
    )


def _dass_answers(codes: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    rows = [(code, wave) for code in codes for wave in ("pre", "post", "follow_up")]
    severity = rng.normal(1, 0.8, (len(rows), 1))
    answers = np.clip(np.round(severity + rng.normal(0, 0.6, (len(rows), 21))), 0, 3)
    frame = pd.DataFrame(rows, columns=["participant", "wave"])
    return frame.join(pd.DataFrame(answers, columns=[str(number) for number in range(1, 22)]))
