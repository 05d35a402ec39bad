from django import forms
from django.utils.translation import gettext_lazy as _

from trial.people.forms import ReasonForm


class ExtensionForm(ReasonForm):
    last_day = forms.DateField(
        label=_("Open until the end of"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as year-month-day, such as 2026-12-23.")},
    )

    field_order = ("last_day", "reason")
