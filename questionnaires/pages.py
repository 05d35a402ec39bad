"""What a sheet's page shows, item by item. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from questionnaires.instrument import Instrument, Item, Part, Text


@dataclass(frozen=True)
class Choice:
    """A radio button; `label` is None where the number alone is shown."""

    code: int
    label: Text | None
    is_chosen: bool


@dataclass(frozen=True)
class Question:
    """An item as it stands on the page. `value` is what is chosen now, as its radio button says it: "" for nothing."""

    item: Item
    choices: tuple[Choice, ...]
    value: str

    @property
    def is_open(self) -> bool:
        return self.value == ""

    @property
    def is_numeric(self) -> bool:
        """Whether some choices are bare numbers, so that the two ends are explained above them."""
        return any(choice.label is None for choice in self.choices)


@dataclass(frozen=True)
class Section:
    """The questions under one heading."""

    part: Part
    questions: tuple[Question, ...]


def sections(instrument: Instrument, answers: Mapping[str | int, int | None], *, skip: str) -> tuple[Section, ...]:
    """Return the page of an instrument with the answers in force; `skip` is the value of "prefer not to answer"."""

    def question(item: Item) -> Question:
        code = answers.get(item.key)
        value = "" if item.key not in answers else skip if code is None else str(code)
        choices = tuple(Choice(option.code, option.label, option.code == code) for option in item.scale.options)
        return Question(item, choices, value)

    return tuple(
        Section(part, tuple(question(item) for item in instrument.items if item.part == part.key))
        for part in instrument.parts
    )
