from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class PackForm(forms.Form):
    """A file to be checked, or to be checked and stored. Its size is judged where it is read."""

    upload = forms.FileField(
        label=gettext_lazy("Wording pack (.csv or .xlsx)"),
        help_text=gettext_lazy("One row for each text; the columns are instrument, item, language and text."),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
    )

    def clean_upload(self):
        upload = self.cleaned_data["upload"]
        if "\0" in upload.name:
            raise forms.ValidationError(_("The file's name cannot be read. Rename it."))
        return upload


class AdoptionForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Needed once the trial is running. It stands in the audit trail."),
    )


class SignatureForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why they may be used"),
        max_length=500,
        help_text=gettext_lazy("One or two sentences. They stand in the audit trail beside your name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_signed = forms.BooleanField(
        label=gettext_lazy("I answer for asking these questionnaires in working wordings, or provisionally"),
        error_messages={"required": gettext_lazy("Tick this sentence if you answer for it.")},
    )
