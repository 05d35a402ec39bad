from django import forms

from analysis.models import Kind


class AskForm(forms.Form):
    """Which report the page offered, so that a page that has grown old asks for nothing else."""

    kind = forms.ChoiceField(choices=Kind)
