from django import forms
from django.utils.translation import gettext_lazy as _

from trial.flow.services import Progress


class CodesForm(forms.Form):
    """Codes of participants, separated by spaces."""

    codes = forms.CharField(max_length=200)

    def clean_codes(self) -> list[str]:
        return self.cleaned_data["codes"].split()


class ParticipantSearchForm(forms.Form):
    """Whom to list: by a part of the code, by where they are, or the people in one box of the flow."""

    code = forms.CharField(label=_("Code"), max_length=12, required=False)
    state = forms.ChoiceField(
        label=_("Where they are"), choices=[("", _("Everybody")), *Progress.choices], required=False
    )
    box = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    arm = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
