from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LARGEST_FILE_BYTES = 1024 * 1024


class ProtocolDraftForm(forms.Form):
    """The text of a protocol, typed or as a file; the file wins."""

    alternatives = ("upload", "source")  # one of the two, so neither is called optional

    upload = forms.FileField(
        label=gettext_lazy("Protocol file (.toml)"),
        help_text=gettext_lazy("The file or the text below: one of the two. The file wins."),
        required=False,
    )
    source = forms.CharField(
        label=gettext_lazy("Or the text itself"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for the amendment"),
        help_text=gettext_lazy("It stands in the audit trail and the report."),
        max_length=500,
    )

    def __init__(self, *args, needs_reason: bool = False, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not needs_reason:
            del self.fields["reason"]

    def clean_upload(self):
        upload = self.cleaned_data["upload"]
        if upload and upload.size > LARGEST_FILE_BYTES:
            raise forms.ValidationError(
                _("The file has %(size).1f MB. A protocol has at most 1 MB of text; is it the right file?")
                % {"size": upload.size / LARGEST_FILE_BYTES}
            )
        return upload

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        if not self.errors and not cleaned.get("upload") and not cleaned.get("source", "").strip():
            raise forms.ValidationError(_("Choose a file or write the text of the protocol."))
        return cleaned

    def showing(self, source: bytes) -> "ProtocolDraftForm":
        """The same form with this text in its box: after a refusal, the box holds what the mistakes speak of."""
        initial = {"source": source.decode("utf-8", "replace"), "reason": self.cleaned_data.get("reason", "")}
        return ProtocolDraftForm(needs_reason="reason" in self.fields, initial=initial)

    def protocol_source(self) -> bytes:
        upload = self.cleaned_data.get("upload")
        if upload:
            return upload.read()
        return self.cleaned_data["source"].replace("\r\n", "\n").encode()
