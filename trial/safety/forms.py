from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from trial.people.models import User
from trial.safety.models import Outcome


class AttemptForm(forms.Form):
    words = forms.CharField(
        label=_("What you did"),
        help_text=_("An attempt to reach the person, or what you agreed. Kept encrypted; it cannot be changed."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ClosingForm(forms.Form):
    outcome = forms.ChoiceField(label=_("How it ended"), choices=[("", _("Choose")), *Outcome.choices])
    note = forms.CharField(
        label=_("Closing note"),
        help_text=_("What was said and agreed, as short as it can be. Kept encrypted."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class HandOverForm(forms.Form):
    """`people` are those who may answer for a case, without the one who hands it over."""

    to = forms.ModelChoiceField(label=_("Hand the case over to"), queryset=User.objects.none(), empty_label=None)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["to"]).queryset = people
