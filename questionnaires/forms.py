"""What the pages send: one answer by the script, or a whole page by the browser itself."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from questionnaires.instrument import Instrument

SKIP = "skip"  # "I prefer not to answer"
LONGEST_WAIT_MS = 60 * 24 * 3600 * 1000
NOT_AN_ANSWER = _("This is not one of the answers to choose from. Please choose one of them.")


def code_of(value: str) -> int | None:
    """The code that a radio button says; None for "I prefer not to answer"."""
    if value == SKIP:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and str(int(value)) == value):
        raise ValidationError(NOT_AN_ANSWER)
    return int(value)


class AnswerForm(forms.Form):
    """One answer. `waited` is for how many milliseconds it waited in the page: browsers' clocks are not trusted."""

    item = forms.CharField(max_length=20, strip=False)
    code = forms.CharField(max_length=4, strip=False)
    key = forms.UUIDField()
    waited = forms.IntegerField(min_value=0, max_value=LONGEST_WAIT_MS)

    def clean_code(self) -> int | None:
        return code_of(self.cleaned_data["code"])


def changed_on_page(instrument: Instrument, posted: Mapping[str, str]) -> dict[str, int | None]:
    """Return, by item, what was changed on a page since it was shown.

    Each group of radio buttons `i-<key>` has a hidden `was-<key>` beside it. Without that, a page that stayed open
    in one tab would take back what was answered later in another.

    Raises
    ------
    ValidationError
        For a value that no button has.
    """
    changed = {}
    for item in instrument.items:
        value = posted.get(f"i-{item.key}", "")
        if value and value != posted.get(f"was-{item.key}", ""):
            changed[item.key] = code_of(value)
    return changed
