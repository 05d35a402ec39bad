"""How far somebody is, and how long the rest takes. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from questionnaires.asking import Asked, Definition, Value, asked, everything


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


def seconds_each(definition: Definition) -> float:
    """How long one of its items takes."""
    return definition.minutes * 60 / len(everything(definition))


def of_sheet(definition: Definition, given: Mapping[str, Value]) -> Progress:
    """Return the progress of one sheet with the answers in force."""
    total, left = len(asked(definition, given)), len(open_items(definition, given))
    return Progress(total - left, total, left * seconds_each(definition))


def open_items(definition: Definition, given: Mapping[str, Value]) -> tuple[Asked, ...]:
    """Return the items that are asked and have no answer, in the order of the page."""
    return tuple(item for item in asked(definition, given) if item.key not in given)


def counted(definition: Definition, answered: int) -> Progress:
    """Return the progress of a sheet that asks everybody the same, from the number of answers alone."""
    total = len(everything(definition))
    return Progress(answered, total, (total - answered) * seconds_each(definition))
