"""Forms about mails: a trial's own words, and the hour that a participant prefers."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from trial.messages.models import LEDGER_KINDS, State


class MailTextForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=150)
    body = forms.CharField(
        label=_("Text"), max_length=4000, widget=forms.Textarea(attrs={"rows": 12}), help_text=_("Plain text.")
    )

    def clean_body(self) -> str:
        return self.cleaned_data["body"].replace("\r\n", "\n")


KINDS = [("", _("every kind")), *((kind.value, kind.label) for kind in LEDGER_KINDS)]
STATES = [("", _("every state")), *State.choices]


class LedgerForm(forms.Form):
    """What of the ledger is shown. Anything that cannot be read shows everything."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=KINDS)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    code = forms.CharField(label=_("Code"), required=False, max_length=12)

    def chosen(self) -> dict[str, str]:
        given = self.cleaned_data if self.is_valid() else {}
        names = {"kind": "kind", "state": "state", "code": "participant__code__iexact"}
        return {lookup: given[name].strip() for name, lookup in names.items() if given.get(name)}


class MailHourForm(forms.Form):
    hour = forms.TypedChoiceField(
        label=_("When shall our mails come?"),
        coerce=int,
        required=False,
        empty_value=None,
    )

    def __init__(self, data: Any = None, *, hours: tuple[int, ...], usual: str, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        as_the_study = ("", _("At the hour of the study, %(usual)s") % {"usual": usual})
        choices = [as_the_study, *((str(hour), f"{hour:02}:00") for hour in hours)]
        cast(forms.ChoiceField, self.fields["hour"]).choices = choices
