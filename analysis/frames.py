"""What an analysis is computed from: tidy frames of one trial, already masked or opened. Pure.

`analysis.datasets` makes them from the database; a test makes them from a file.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from analysis.csv_text import csv_text
from analysis.stats.errors import BadInput
from trial.flow.counts import Enrolment

Labels = Literal["shuffled", "closed", "real"]


@dataclass(frozen=True, eq=False)
class TrialFrames:
    """A trial's data at one moment.

    Attributes
    ----------
    labels : "shuffled", "closed" or "real"
        Where the column `arm` comes from. Shuffled labels say nothing about anybody; closed ones are letters for the
        real arms.
    scores : DataFrame
        One row a participant and wave of the protocol: participant (code), wave (id), arm (id), and one column of
        floats an outcome; NaN where the score is missing.
    participants : DataFrame
        One row a participant, in order of code: participant, arm, and one column a characteristic of the plan.
    items : dict of instrument to DataFrame
        One row a participant and wave that was answered: participant, wave, and one column of raw codes an item.
    sets : dict of analysis set to codes
        Who belongs to it.
    unavailable : dict of analysis set to reason
        Why a set of the plan cannot be told yet: "masked" (it follows from records of the programme, which follow the
        arms), "hints" (under letters, it would hint at them) or "not_recorded".
    left_out : dict of analysis set to dict of code to reason
        Why somebody who was randomised is not in it: a criterion's id, or one of `trial.flow.counts.REASONS`.
    enrolment : Enrolment or None
        What happened before randomisation, where it is known.
    is_simulated : bool
        Whether nobody in it exists.
    """

    labels: Labels
    scores: pd.DataFrame
    participants: pd.DataFrame
    items: Mapping[str, pd.DataFrame]
    sets: Mapping[str, tuple[str, ...]]
    unavailable: Mapping[str, str]
    left_out: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    enrolment: Enrolment | None = None
    is_simulated: bool = False

    def of_set(self, set_id: str) -> "TrialFrames":
        """Return the data of one analysis set.

        Raises
        ------
        BadInput
            The set is not known, or cannot be told yet.
        """
        if set_id not in self.sets:
            raise BadInput(f"The analysis set {set_id!r} cannot be told: {self.unavailable.get(set_id, 'unknown')}.")
        codes = set(self.sets[set_id])
        return replace(
            self,
            scores=_of(self.scores, codes),
            participants=_of(self.participants, codes),
            items={slug: _of(frame, codes) for slug, frame in self.items.items()},
        )

    @property
    def sha256(self) -> str:
        """The hash of everything above, whatever computed it; the order of the given rows does not matter."""
        digest = hashlib.sha256()
        digest.update(f"equipoise-data 1\n{self.labels}\n".encode())
        frames = {"scores": self.scores, "participants": self.participants, **self.items}
        for name in sorted(frames):
            digest.update(f"{name}\n".encode() + csv_text(_in_order(frames[name])))
        for name in sorted(self.sets):
            digest.update(f"{name}: {' '.join(sorted(self.sets[name]))}\n".encode())
        digest.update(f"{self.enrolment}\n".encode())
        if self.is_simulated:
            digest.update(b"simulated\n")
        return digest.hexdigest()


def _of(frame: pd.DataFrame, codes: set[str]) -> pd.DataFrame:
    return frame[frame["participant"].isin(codes)].reset_index(drop=True)


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in ("participant", "wave") if name in frame.columns]
    return frame.sort_values(keys, kind="stable", ignore_index=True)
