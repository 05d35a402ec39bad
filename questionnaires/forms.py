"""What the pages send: one answer by the script, or a whole page by the browser itself."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from questionnaires.asking import Asked, Definition, Value, by_key, everything
from questionnaires.instrument import Item
from questionnaires.own_questions import OwnQuestion

SKIP = "skip"  # "I prefer not to answer"
LONGEST_WAIT_MS = 60 * 24 * 3600 * 1000
NOT_AN_ANSWER = _("This is not one of the answers to choose from. Please choose one of them.")
WRITTEN_NUMBER = re.compile(r"[+-]?[0-9]{1,12}([.,][0-9]{1,9})?")


def code_of(value: str) -> int | None:
    """The code that a radio button says; None for "I prefer not to answer"."""
    if value == SKIP:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and str(int(value)) == value):
        raise ValidationError(NOT_AN_ANSWER)
    return int(value)


def chosen(item: Asked | None, button: str) -> Value:
    """What a radio button stands for: of an own question, the option at that place, counted from 0."""
    code = code_of(button)
    if not isinstance(item, OwnQuestion) or code is None:
        return code
    if code >= len(item.options):
        raise ValidationError(NOT_AN_ANSWER)
    return item.options[code].id


def written(item: Asked | None, text: str) -> Value:
    """What was written in a field: text as it is, a number in its plain form, None for an empty field."""
    if not isinstance(item, OwnQuestion) or not item.is_typed:
        raise ValidationError(NOT_AN_ANSWER)
    if item.kind in ("number", "date"):
        text = text.strip()
    # A whole number with a point stays as it is, to be refused: 1.000 is a thousand to some.
    if item.kind == "number" and WRITTEN_NUMBER.fullmatch(text) and not (item.is_whole and {*",."} & {*text}):
        return f"{Decimal(text.replace(',', '.')).normalize() + 0:f}"
    return text if text.strip() else None


class AnswerForm(forms.Form):
    """One answer, as the `code` of a radio button or as `text`. `waited` is for how many milliseconds it waited in
    the page: browsers' clocks are not trusted."""

    item = forms.CharField(max_length=40, strip=False)
    code = forms.CharField(max_length=4, strip=False, required=False)
    text = forms.Field(required=False)  # as it is: what cannot be kept is refused in words of our own
    key = forms.UUIDField()
    waited = forms.IntegerField(min_value=0, max_value=LONGEST_WAIT_MS)

    def __init__(self, data: Any, *, definition: Definition) -> None:
        super().__init__(data)
        self.definition = definition

    def clean(self) -> dict[str, Any]:
        """Add the `value` that the code or the text stands for."""
        said = self.cleaned_data
        if "item" in said and "code" in said:
            item = by_key(self.definition).get(said["item"])
            said["value"] = chosen(item, said["code"]) if said["text"] is None else written(item, said["text"])
        return said


def changed_on_page(definition: Definition, posted: Mapping[str, str]) -> dict[str, Value]:
    """Return, by item, what was changed on a page since it was shown.

    Each group of radio buttons `i-<key>` has a hidden `was-<key>` beside it, and each field `t-<key>` a hidden
    `had-<key>`. Without them, a page that stayed open in one tab would take back what was answered later in another.

    Raises
    ------
    ValidationError
        For a value that no button has.
    """
    changed: dict[str, Value] = {}
    for item in everything(definition):
        button = posted.get(f"i-{item.key}", "")
        field = posted.get(f"t-{item.key}")
        if button and button != posted.get(f"was-{item.key}", ""):
            changed[item.key] = chosen(item, button)
        elif field is not None and field != posted.get(f"had-{item.key}", ""):
            changed[item.key] = written(item, field)
    return changed


def written_on_page(definition: Definition, posted: Mapping[str, str]) -> dict[str, str]:
    """What stands in the fields of a page, by item, so that a page with a mistake shows it again."""
    fields = {item.key: posted.get(f"t-{item.key}") for item in everything(definition) if not isinstance(item, Item)}
    return {key: text for key, text in fields.items() if text is not None}
