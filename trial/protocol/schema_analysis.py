"""What is measured, and how the trial will be analysed."""

from dataclasses import dataclass
from typing import Annotated, Literal

from trial.protocol.kinds import (
    ArmId,
    Between,
    Count,
    CriterionId,
    Entries,
    Id,
    Inside,
    Instrument,
    Line,
    MeasurementId,
    Number,
    Text,
    WaveId,
)

Positive = Annotated[float, Inside(0, 1_000_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A number that staff enter or import, such as a laboratory value, with its admissible range."""

    id: Id
    name: Text
    unit: Line
    lowest: Number
    highest: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    mean: Number
    sd: Positive
    source: Line
    n: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliableChange:
    """Jacobson and Truax (1991) for one outcome.

    `sd_from`: the standard deviation in the standard error of measurement is this trial's at the first of the
    two waves, all arms pooled, or that of a norm. `cut_off` a is the dysfunctional mean less or plus 2 SD, b
    the functional mean 2 SD towards dysfunction, c the point between the two; none leaves the categories
    without recovery.
    """

    reliability: Annotated[float, Inside(0, 1)]
    reliability_source: Line
    sd_from: Literal["baseline", "functional", "dysfunctional"]
    cut_off: Literal["a", "b", "c", "none"]
    functional: Norm | None = None
    dysfunctional: Norm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A score of an instrument or a measurement; `domain` is the heading under which it is reported."""

    id: Id
    name: Text
    domain: Text
    priority: Literal["primary", "secondary", "exploratory"]
    higher_is: Literal["better", "worse", "neither"]
    instrument: Instrument | None = None
    score: Id | None = None
    measurement: MeasurementId | None = None
    reliable_change: ReliableChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Difference between two arms in the change from the reference wave to `wave`: `arm` less `against`."""

    id: Id
    name: Text
    arm: ArmId
    against: ArmId
    wave: WaveId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSet:
    """All randomised but those whom a criterion in `leaves_out` excludes, who came to fewer sessions of their
    programme than `at_least_sessions`, or who left a wave in `answered` unanswered."""

    id: Id
    name: Text
    is_primary: bool = False
    leaves_out: tuple[CriterionId, ...] = ()
    at_least_sessions: Count | None = None
    answered: tuple[WaveId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCategories:
    """Between which waves reliable change is judged, and by which rule.

    `exhaustive`: recovered, improved, unchanged, deteriorated by reliable change, not classifiable;
    `rojas`: the literal rule of Rojas et al. (2023), where every worse score is a deterioration.
    """

    from_wave: WaveId
    to_wave: WaveId
    rule: Literal["exhaustive", "rojas"]
    critical_z: Annotated[float, Between(1, 4)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    model: Literal["random_intercept"]
    estimation: Literal["reml", "ml"]
    degrees_of_freedom: Literal["satterthwaite", "kenward_roger"]
    post_hoc: Literal["tukey", "holm", "none"]
    significance_level: Annotated[float, Inside(0, 0.5)]
    reference_arm: ArmId
    reference_wave: WaveId
    missing_values_test: Literal["little", "little_by_scale", "none"]
    tests_baseline_differences: bool
    reports_internal_consistency: bool
    contrasts: Annotated[tuple[Contrast, ...], Entries(1, 100)]
    sets: Annotated[tuple[AnalysisSet, ...], Entries(1, 20)]
    reliable_change: ChangeCategories | None = None
