"""The shipped trial, a second one unlike it, and what the reader is told about instruments."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trial.protocol.reading import read
from trial.protocol.schema import Protocol

ROOT = Path(__file__).parents[3]
INSTRUMENTS: dict[str, dict[str, tuple[float, float]]] = {
    "csp_24": {
        "kindness": (1, 5),
        "indifference_r": (1, 5),
        "common_humanity": (1, 5),
        "separation_r": (1, 5),
        "mindfulness": (1, 5),
        "disengagement_r": (1, 5),
        "total": (1, 5),
    },
    "scs_sf": {"self_kindness": (1, 5), "common_humanity": (1, 5), "mindfulness": (1, 5), "total": (1, 5)},
    "iri_28": {
        "perspective_taking": (1, 5),
        "fantasy": (1, 5),
        "empathic_concern": (1, 5),
        "personal_distress": (1, 5),
    },
    "dass_21": {"depression": (0, 21), "anxiety": (0, 21), "stress": (0, 21)},
    "phi": {"remembered_sum": (0, 110), "experienced": (0, 10), "combined": (0, 10)},
    "ffmq_20_provisional": {
        "observing": (1, 5),
        "describing": (1, 5),
        "acting_with_awareness": (1, 5),
        "non_judging": (1, 5),
        "non_reactivity": (1, 5),
        "total": (1, 5),
    },
    "mbi_ss_15": {"exhaustion": (0, 30), "cynicism": (0, 24), "academic_efficacy": (0, 36)},
    "ders_28": {
        "desatencion": (4, 20),
        "confusion": (4, 20),
        "rechazo": (7, 35),
        "interferencia": (4, 20),
        "descontrol": (9, 45),
        "total": (28, 140),
    },
    "brs_6": {"total": (1, 5)},
    "covid_concern": {"concern": (1, 4)},
    "satisfaction": {"overall_satisfaction": (0, 10)},
}


@pytest.fixture(scope="session")
def instruments() -> dict[str, dict[str, tuple[float, float]]]:
    return INSTRUMENTS


@pytest.fixture(scope="session")
def cct_text() -> str:
    return (ROOT / "trial/protocols/cct.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def cct(cct_text: str) -> Protocol:
    return read(cct_text.encode(), instruments=INSTRUMENTS)


@pytest.fixture(scope="session")
def three_arms_text() -> str:
    return (Path(__file__).parent / "three_arms.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def three_arms(three_arms_text: str) -> Protocol:
    return read(three_arms_text.encode(), instruments=INSTRUMENTS)


def edited(text: str, after: str, old: str, new: str) -> str:
    """The text with the first `old` behind the first `after` replaced."""
    at = text.index(old, text.index(after))
    return text[:at] + new + text[at + len(old) :]


@pytest.fixture(scope="session")
def edit() -> Callable[[str, str, str, str], str]:
    return edited
