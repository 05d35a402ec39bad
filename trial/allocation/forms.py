"""What is asked of whoever draws, opens, checks, or tries a design out before it stands in a protocol."""

from collections.abc import Sequence
from typing import Any

from allauth.mfa.base.forms import ReauthenticateForm
from django import forms
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trial.allocation.assessment import Assessment, assess
from trial.allocation.shares import ArmShare, DesignImpossible
from trial.enrolment.wording import everything_signed, wording
from trial.people.forms import ReasonForm
from trial.people.models import Participant
from trial.protocol.models import Trial
from trial.protocol.rules_enrolment import PARAMETERS, TWO_EQUAL_ARMS
from trial.protocol.schema import Protocol
from trial.protocol.schema_enrolment import Randomisation

LARGEST_OPENING_BYTES = 2_000_000
METHODS = (
    ("cohort_draw", gettext_lazy("Cohort draw: a closed cohort at once")),
    ("maximal", gettext_lazy("Maximal procedure: every list within the tolerance equally likely")),
    ("big_stick", gettext_lazy("Big stick: a coin, except at the tolerance")),
    ("permuted_blocks", gettext_lazy("Permuted blocks")),
    ("simple", gettext_lazy("Simple: a coin or a die for each person")),
)
MOST_PARTICIPANTS = 1_000
LARGEST_BLOCK = 100
LARGEST_TOLERANCE = 50
MOST_ARMS = 6
LARGEST_RATIO = 20
LETTERS = "ABCDEF"


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


class GoLiveForm(ReasonForm):
    """Whoever opens a trial to people says that what they sign is approved: these texts, and no others."""

    is_approved = forms.BooleanField()
    approved = forms.CharField(widget=forms.HiddenInput)

    field_order = ("is_approved", "reason")

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any) -> None:
        kwargs["initial"] = {"approved": everything_signed(protocol)}
        super().__init__(*args, **kwargs)
        said = _("“%(title)s”, version %(version)s of %(day)s")
        texts = [
            said % {"title": each.title, "version": each.version, "day": date_format(each.dated, _("j F Y"))}
            for each in (wording(protocol, document, get_language() or "en") for document in protocol.consent_documents)
        ]
        approved = _("The ethics committee has approved what people read and sign: %(texts)s.")
        self.fields["is_approved"].label = approved % {"texts": "; ".join(texts)}


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


class NumbersField(forms.CharField):
    """Whole numbers with anything between them: “2:1:1”, “4, 6, 8”."""

    def __init__(self, *, largest: int, most: int, **kwargs) -> None:
        self.largest, self.most = largest, most
        super().__init__(max_length=60, **kwargs)

    def clean(self, value: str) -> tuple[int, ...]:
        words = super().clean(value).replace(":", " ").replace(",", " ").split()
        if not all(word.isascii() and word.isdigit() and 1 <= int(word) <= self.largest for word in words):
            raise forms.ValidationError(
                _("Write whole numbers from 1 to %(largest)s with a colon or a comma between them.")
                % {"largest": self.largest}
            )
        if len(words) > self.most:
            raise forms.ValidationError(_("At most %(most)s numbers.") % {"most": self.most})
        return tuple(int(word) for word in words)


class DesignForm(forms.Form):
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=METHODS)
    participants = forms.IntegerField(
        label=gettext_lazy("Participants"), min_value=1, max_value=MOST_PARTICIPANTS, initial=44
    )
    ratio = NumbersField(
        label=gettext_lazy("Ratio of the arms"),
        help_text=gettext_lazy("1:1 for two equal arms, 2:1:1 for three."),
        largest=LARGEST_RATIO,
        most=MOST_ARMS,
        initial="1:1",
    )
    mti = forms.IntegerField(
        label=gettext_lazy("Tolerance"),
        help_text=gettext_lazy("For the maximal procedure and the big stick: by how much the arms may differ."),
        min_value=1,
        max_value=LARGEST_TOLERANCE,
        required=False,
        initial=4,
    )
    block_sizes = NumbersField(
        label=gettext_lazy("Block sizes"),
        help_text=gettext_lazy("For permuted blocks: one size, or several with a comma between them."),
        largest=LARGEST_BLOCK,
        most=MOST_ARMS,
        required=False,
        initial="4, 6, 8",
    )
    in_groups = forms.BooleanField(label=gettext_lazy("Participants start in groups"), required=False)

    def clean_ratio(self) -> tuple[ArmShare, ...]:
        ratios = self.cleaned_data["ratio"]
        if len(ratios) < 2:
            raise forms.ValidationError(_("A trial has two arms or more."))
        return tuple(ArmShare(letter, ratio) for letter, ratio in zip(LETTERS, ratios, strict=False))

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        method, arms = cleaned.get("method"), cleaned.get("ratio")
        if self.errors or not method or not arms:
            return cleaned
        if method in TWO_EQUAL_ARMS and [arm.ratio for arm in arms] not in _equal_pairs():
            self.add_error("ratio", _("This method is for two arms with equal ratios. Take 1:1, or another method."))
        for key in ("mti", "block_sizes"):
            if key in PARAMETERS[method] and not cleaned.get(key):
                self.add_error(key, _("This method needs a value here."))
        if method == "permuted_blocks":
            self._check_blocks(arms, cleaned.get("block_sizes") or ())
        return cleaned

    def _check_blocks(self, arms: Sequence[ArmShare], sizes: Sequence[int]) -> None:
        total = sum(arm.ratio for arm in arms)
        if any(size % total for size in sizes):
            self.add_error(
                "block_sizes",
                _("A block holds the arms in their ratio, so its size is a multiple of %(total)s.") % {"total": total},
            )

    def assessment(self) -> Assessment | None:
        """The figures, or None with an error on the form for a design that cannot be."""
        given = self.cleaned_data
        wanted, participants = PARAMETERS[given["method"]], given["participants"]
        plan = Randomisation(
            method=given["method"],
            after_wave="",
            mti=given["mti"] if "mti" in wanted else None,
            block_sizes=given["block_sizes"] if "block_sizes" in wanted else (),
            list_length=participants if "list_length" in wanted else None,
        )
        try:
            return assess(plan, given["ratio"], participants, in_cohorts=given["in_groups"])
        except DesignImpossible as problem:
            self.add_error(None, str(problem))
            return None


def _equal_pairs() -> list[list[int]]:
    return [[ratio, ratio] for ratio in range(1, LARGEST_RATIO + 1)]
