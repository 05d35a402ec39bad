"""Questions that belong to no instrument: their whole definition travels with the sheet as data. Pure.

The data are a list of plain dicts, one a question, in the order in which they are asked:

    {"id": "what", "kind": "text", "text": {"en": "What was it?", "es": "¿Qué fue?"},
     "shown_if": {"question": "event", "answers": ["yes"]}}

`id`, `kind` (one of `KINDS`) and `text` are always there; a text is a dict of languages, the default first. Besides,
where they apply: `hint` and `unit` (texts), `options` (of a choice: a list of {"id", "text"}), `lowest`, `highest` and
`is_whole` (of a number; whole unless said otherwise), `may_be_skipped` (whether "I prefer not to answer" is offered;
yes unless said otherwise) and `shown_if` (asked of those who gave one of `answers` to an earlier question).

An answer is an option's id, "yes" or "no", a number or an ISO date as text, or the text that was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from questionnaires.instrument import Part, Text

KINDS = ("choice", "yes_no", "number", "date", "text")
SLUG = "own_questions"  # what a sheet of such questions has in the place of an instrument
LONGEST_TEXT = 2000
SECONDS_EACH = 12  # our estimate
TITLE = Text("A few more questions", "Unas preguntas más")
PART = Part("own", TITLE, Text("These are the study's own.", "Son las del propio estudio."))
FIELDS = {
    "id",
    "kind",
    "text",
    "hint",
    "options",
    "unit",
    "lowest",
    "highest",
    "is_whole",
    "may_be_skipped",
    "shown_if",
}


@dataclass(frozen=True)
class Words:
    """A text in the languages of whoever asks, the default first."""

    versions: tuple[tuple[str, str], ...]

    def in_language(self, language: str) -> str:
        """The text in `language`, else in its main language, else in the default."""
        known = dict(self.versions)
        return known.get(language) or known.get(language.split("-")[0]) or self.versions[0][1]


@dataclass(frozen=True)
class Option:
    id: str
    text: Words


YES_NO = (
    Option("yes", Words((("en", "Yes"), ("es", "Sí")))),
    Option("no", Words((("en", "No"), ("es", "No")))),
)


@dataclass(frozen=True)
class OwnQuestion:
    """One question. `options` are those of a choice and of yes or no; `shown_if` its condition, a key and answers."""

    key: str
    number: int
    kind: str
    wording: Words | Text
    hint: Words | None = None
    options: tuple[Option, ...] = ()
    unit: Words | None = None
    lowest: float | None = None
    highest: float | None = None
    is_whole: bool = True
    may_be_skipped: bool = True
    shown_if: tuple[str, tuple[str, ...]] | None = None

    @property
    def is_typed(self) -> bool:
        return not self.options

    def option_ids(self) -> tuple[str, ...]:
        return tuple(option.id for option in self.options)


@dataclass(frozen=True)
class OwnSheet:
    """A sheet of such questions, in the place of an instrument."""

    questions: tuple[OwnQuestion, ...]
    slug: str = SLUG
    construct: Text = TITLE
    part: Part = PART

    @property
    def minutes(self) -> float:
        return len(self.questions) * SECONDS_EACH / 60

    def asked(self, given: Mapping[str, Any]) -> tuple[OwnQuestion, ...]:
        """The questions that concern whoever gave these answers, numbered as they follow each other."""
        asked: dict[str, OwnQuestion] = {}
        for question in self.questions:
            if _is_met(question.shown_if, asked, given):
                asked[question.key] = replace(question, number=len(asked) + 1)
        return tuple(asked.values())


def _is_met(
    condition: tuple[str, tuple[str, ...]] | None, asked: Mapping[str, OwnQuestion], given: Mapping[str, Any]
) -> bool:
    return condition is None or (condition[0] in asked and given.get(condition[0]) in condition[1])


def own_sheet(data: Sequence[Mapping[str, Any]]) -> OwnSheet:
    """Return the sheet that `data` describe (see the module's docstring).

    Raises
    ------
    ValueError
        For what cannot be asked, with the question and what is wrong with it.
    """
    questions: list[OwnQuestion] = []
    for each in data:
        question = _question(each, len(questions) + 1)
        _check(question, {earlier.key: earlier for earlier in questions})
        questions.append(question)
    return OwnSheet(tuple(questions))


def _question(data: Mapping[str, Any], number: int) -> OwnQuestion:
    place = f"Question {data.get('id', number)!r}"
    if unknown := sorted(set(data) - FIELDS):
        raise ValueError(f"{place} has {', '.join(unknown)}; its fields are {', '.join(sorted(FIELDS))}.")
    if missing := [field for field in ("id", "kind", "text") if not data.get(field)]:
        raise ValueError(f"{place} has no {' and no '.join(missing)}.")
    options = tuple(Option(each["id"], _words(each["text"], place)) for each in data.get("options") or ())
    condition = data.get("shown_if")
    return OwnQuestion(
        key=data["id"],
        number=number,
        kind=data["kind"],
        wording=_words(data["text"], place),
        hint=_words(data["hint"], place) if data.get("hint") else None,
        options=YES_NO if data["kind"] == "yes_no" else options,
        unit=_words(data["unit"], place) if data.get("unit") else None,
        lowest=data.get("lowest"),
        highest=data.get("highest"),
        is_whole=data.get("is_whole", True),
        may_be_skipped=data.get("may_be_skipped", True),
        shown_if=(condition["question"], tuple(condition["answers"])) if condition else None,
    )


def _words(versions: Mapping[str, str], place: str) -> Words:
    if not versions or not all(isinstance(text, str) and text.strip() for text in versions.values()):
        raise ValueError(f"{place} has an empty text.")
    return Words(tuple(versions.items()))


def _check(question: OwnQuestion, earlier: Mapping[str, OwnQuestion]) -> None:
    place = f"Question {question.key!r}"
    if question.kind not in KINDS:
        raise ValueError(f"{place} is of kind {question.kind!r}; the kinds are {', '.join(KINDS)}.")
    if question.key in earlier:
        raise ValueError(f"{place} is there twice.")
    if question.kind == "choice" and (len(question.options) < 2 or len(set(question.option_ids())) < 2):
        raise ValueError(f"{place} is a choice and needs two or more options.")
    if question.shown_if is None:
        return
    key, answers = question.shown_if
    if key not in earlier or not set(answers) <= set(earlier[key].option_ids()) or not answers:
        raise ValueError(f"{place} depends on {list(answers)} to {key!r}, which no earlier question can be answered.")
