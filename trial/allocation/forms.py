"""What is asked of whoever draws, opens or checks."""

from typing import Any

from allauth.mfa.base.forms import ReauthenticateForm
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.people.models import Participant
from trial.protocol.models import Trial

LARGEST_OPENING_BYTES = 2_000_000


class CohortDatesForm(forms.Form):
    programme_starts_on = forms.DateField(
        label=gettext_lazy("Start of the programme"),
        help_text=gettext_lazy("The day of the first session, as 2026-11-03."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    programme_ends_on = forms.DateField(
        label=gettext_lazy("End of the programme"),
        help_text=gettext_lazy("Leave it empty, and it is the day of the last session when none is moved."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        required=False,
    )


class CloseForm(forms.Form):
    settled = forms.BooleanField(label=gettext_lazy("Nobody else is waited for. Whoever is not ready stays out."))
    for_good = forms.BooleanField(label=gettext_lazy("I know that a closed cohort is not opened again."))


class DrawForm(forms.Form):
    settled = forms.BooleanField(label=gettext_lazy("I have looked at the list, and it is the one that was closed."))
    for_good = forms.BooleanField(label=gettext_lazy("I know that it is done once only, and not undone."))


class TellForm(forms.Form):
    all_at_once = forms.BooleanField(
        label=gettext_lazy("I know that everybody can read their group from then on, and gets a mail that says so.")
    )


class SlipForm(forms.Form):
    """No free text: it might repeat what slipped."""

    code = forms.CharField(
        label=gettext_lazy("Whose group it was, by code"),
        help_text=gettext_lazy("As P-014. Leave it empty if you do not know, or if it was more than one person."),
        max_length=12,
        required=False,
    )
    learner = forms.ChoiceField(
        label=gettext_lazy("Who learned it"),
        choices=[
            ("", gettext_lazy("Choose one")),
            ("me", gettext_lazy("I did")),
            ("team", gettext_lazy("Somebody else of the team")),
            ("participant", gettext_lazy("A participant, before it was told")),
        ],
    )
    way = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[
            ("", gettext_lazy("Choose one")),
            ("told", gettext_lazy("The person said it")),
            ("mail", gettext_lazy("In a mail or a message")),
            ("seen", gettext_lazy("Seen on a page, a screen or paper")),
            ("other", gettext_lazy("In another way")),
        ],
    )

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        self.trial = trial
        super().__init__(*args, **kwargs)

    def clean_code(self) -> Participant | None:
        code = self.cleaned_data["code"].strip().upper()
        if not code:
            return None
        found = self.trial.participants.filter(code=code).first()
        if found is None:
            raise forms.ValidationError(_("Nobody here has the code %(code)s. Check it once more.") % {"code": code})
        return found


class EmergencyForm(ReauthenticateForm):
    """The second factor once more, each time: one code opens one group."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("One sentence. It stands in the audit trail, so write no group into it."),
        max_length=500,
    )

    field_order = ("reason", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Six-digit code from your authenticator")
        code.help_text = _("So that the record shows that it was you. A recovery code does, too.")
        code.widget = forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input"}
        )


class OpeningForm(forms.Form):
    opening = forms.FileField(
        label=gettext_lazy("Opening file (.json)"),
        help_text=gettext_lazy("It is compared with the values above, and not kept."),
    )

    def clean_opening(self) -> bytes:
        upload = self.cleaned_data["opening"]
        if upload.size > LARGEST_OPENING_BYTES:
            raise forms.ValidationError(_("An opening has less than 2 MB. Is it the right file?"))
        content: bytes = upload.read()
        return content
