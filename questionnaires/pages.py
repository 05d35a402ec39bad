"""What a sheet's page shows, item by item. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from questionnaires.asking import Asked, Definition, Value, asked, in_own_words
from questionnaires.instrument import Instrument, Item, Part, Text
from questionnaires.own_questions import OwnQuestion, OwnSheet, Words

IN_OWN_WORDS = Part(
    "words",
    Text("In your own words", "Con tus palabras"),
    Text("As much or as little as you like.", "Tanto o tan poco como quieras."),
)


@dataclass(frozen=True)
class Choice:
    """A radio button; `label` is None where the number alone is shown."""

    code: int
    label: Text | Words | None
    is_chosen: bool


@dataclass(frozen=True)
class Question:
    """An item as it stands on the page. `value` is what is chosen now, as its radio button says it: "" for nothing.

    `text` stands in the field of a question that is answered in writing, `had` is what is in force there, `mistake`
    what is wrong with the text. `depends_on` names the item and the values of its buttons with which it is asked.
    """

    item: Asked
    choices: tuple[Choice, ...]
    value: str
    text: str = ""
    had: str = ""
    mistake: str = ""
    is_asked: bool = True
    depends_on: tuple[str, str] | None = None

    @property
    def is_open(self) -> bool:
        return self.value == "" and self.text == ""

    @property
    def is_numeric(self) -> bool:
        """Whether some choices are bare numbers, so that the two ends are explained above them."""
        return any(choice.label is None for choice in self.choices)

    @property
    def is_own(self) -> bool:
        return isinstance(self.item, OwnQuestion)

    @property
    def may_be_skipped(self) -> bool:
        return not isinstance(self.item, OwnQuestion) or self.item.may_be_skipped


@dataclass(frozen=True)
class Section:
    """The questions under one heading."""

    part: Part
    questions: tuple[Question, ...]

    @property
    def is_own(self) -> bool:
        """Whether they are own questions: a section has these alone, or an instrument's items alone."""
        return any(question.is_own for question in self.questions)


def sections(
    definition: Definition,
    answers: Mapping[str, Value],
    *,
    skip: str,
    texts: Mapping[str, str] | None = None,
    mistakes: Mapping[str, str] | None = None,
) -> tuple[Section, ...]:
    """Return the page of a sheet with the answers in force; `skip` is the value of "prefer not to answer".

    `texts` are written but not in force, because of the `mistakes` in some of them.
    """
    own = _own_questions(definition, answers, skip=skip, texts=texts or {}, mistakes=mistakes or {})
    if isinstance(definition, OwnSheet):
        return (Section(definition.part, own),)
    return (*_of_instrument(definition, answers, skip), *([Section(IN_OWN_WORDS, own)] if own else []))


def _of_instrument(instrument: Instrument, answers: Mapping[str, Value], skip: str) -> tuple[Section, ...]:
    def question(item: Item) -> Question:
        code = answers.get(item.key)
        choices = tuple(Choice(option.code, option.label, option.code == code) for option in item.scale.options)
        return Question(item, choices, _button(item.key, answers, str(code), skip))

    return tuple(
        Section(part, tuple(question(item) for item in instrument.items if item.part == part.key))
        for part in instrument.parts
    )


def _button(key: str, answers: Mapping[str, Value], chosen: str, skip: str) -> str:
    if key not in answers:
        return ""
    return skip if answers[key] is None else chosen


def _own_questions(
    definition: Definition,
    answers: Mapping[str, Value],
    *,
    skip: str,
    texts: Mapping[str, str],
    mistakes: Mapping[str, str],
) -> tuple[Question, ...]:
    shown = {each.key: each for each in asked(definition, answers)}
    found = definition.questions if isinstance(definition, OwnSheet) else in_own_words(definition)
    places = {each.key: each.option_ids() for each in found}

    def question(item: OwnQuestion) -> Question:
        value = answers.get(item.key)
        had = str(value) if item.is_typed and value is not None else ""
        place = str(item.option_ids().index(str(value))) if item.options and value is not None else ""
        return Question(
            item=shown.get(item.key, item),
            choices=tuple(
                Choice(number, option.text, option.id == value) for number, option in enumerate(item.options)
            ),
            value=_button(item.key, answers, place, skip),
            text=texts.get(item.key, had),
            had=had,
            mistake=mistakes.get(item.key, ""),
            is_asked=item.key in shown,
            depends_on=_condition(item, places),
        )

    return tuple(question(item) for item in found)


def _condition(item: OwnQuestion, places: Mapping[str, tuple[str, ...]]) -> tuple[str, str] | None:
    if item.shown_if is None:
        return None
    key, answers = item.shown_if
    return key, " ".join(str(places[key].index(answer)) for answer in answers)
