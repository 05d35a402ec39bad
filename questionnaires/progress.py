"""How far somebody is, and how long the rest takes. Pure."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from questionnaires.instrument import Instrument, Item


@dataclass(frozen=True)
class Progress:
    """`answered` of `total` items; "prefer not to answer" counts. `seconds_left` for the rest, by our estimates."""

    answered: int
    total: int
    seconds_left: float

    @property
    def minutes_left(self) -> int:
        """Whole minutes, rounded up: a promise that is kept."""
        return math.ceil(round(self.seconds_left / 60, 6))

    @property
    def is_complete(self) -> bool:
        return self.answered == self.total

    def __add__(self, other: "Progress") -> "Progress":
        return Progress(
            self.answered + other.answered, self.total + other.total, self.seconds_left + other.seconds_left
        )


NOTHING = Progress(0, 0, 0.0)


def seconds_each(instrument: Instrument) -> float:
    """How long one of its items takes."""
    return instrument.minutes * 60 / len(instrument.items)


def of_sheet(instrument: Instrument, answered: Collection[str | int]) -> Progress:
    """Return the progress of one sheet; `answered` are the keys of its answered items."""
    total, done = len(instrument.items), len(set(answered) & set(instrument.by_key))
    return Progress(done, total, (total - done) * seconds_each(instrument))


def open_items(instrument: Instrument, answered: Collection[str | int]) -> tuple[Item, ...]:
    """Return the items without an answer, in the order of the page."""
    return tuple(item for item in instrument.items if item.key not in answered)
