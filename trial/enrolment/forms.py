"""The forms of enrolment. Questions come from the protocol, in the language of the page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trial.enrolment.answers import Stored, is_asked
from trial.enrolment.services import Choice, Signed
from trial.enrolment.wording import Wording
from trial.protocol.kinds import Text
from trial.protocol.schema_enrolment import Question
from trial.protocol.screening import Answer

# No id of an option looks like this. An empty value would be the one chosen before anybody answers.
PREFER_NOT = ("-", _("I prefer not to answer"))
RADIO = {"class": "form-check-input"}
INPUT = {"class": "form-control"}


class ConsentForm(forms.Form):
    """A consent document's statements and the typed name. The text is named by its hash, as it was shown."""

    name = forms.CharField(
        label=_("Your first and last name"),
        max_length=120,
        help_text=_("Typing it is your signature. It is stored encrypted, apart from your answers."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    text_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    document = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, shown: Wording) -> None:
        super().__init__(data, initial={"text_sha256": shown.sha256, "document": shown.document})
        self.ticks = {f"tick_{tick.id}": tick.id for tick in shown.ticks}
        for tick in shown.ticks:
            self.fields[f"tick_{tick.id}"] = forms.BooleanField(
                label=tick.words if tick.is_required else _("%(words)s (optional)") % {"words": tick.words},
                required=tick.is_required,
                error_messages={"required": _("Tick this sentence if you agree. You may also leave without agreeing.")},
            )
        self.order_fields([*self.ticks, "name"])

    def signed(self) -> Signed:
        given = self.cleaned_data
        ticked = tuple(id for field, id in self.ticks.items() if given[field])
        return Signed(given["document"], given["text_sha256"], ticked, given["name"])


class SignUpForm(ConsentForm):
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("We send your copy and your personal link there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class QuestionsForm(forms.Form):
    """Questions of the protocol on one page. Those with a condition are shown with it, and read if it is met.

    `earlier` are answers given on other pages: a question that they rule out is not on the page.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        questions: tuple[Question, ...],
        all_required: bool = False,
        earlier: Mapping[str, Stored] | None = None,
    ) -> None:
        super().__init__(data)
        self.earlier = dict(earlier or {})
        self.questions = {each.id: each for each in questions if self._may_concern(each)}
        self.all_required = all_required
        for question in self.questions.values():
            self.fields[question.id] = _field(question, is_optional=not self._must_be_answered(question))

    def _may_concern(self, question: Question) -> bool:
        settled = question.shown_if is not None and question.shown_if.question in self.earlier
        return not settled or is_asked(question, self.earlier)

    def _must_be_answered(self, question: Question) -> bool:
        return self.all_required or not question.may_be_skipped

    def clean(self) -> dict[str, Any]:
        """Forget what does not concern the person; ask for what does and was left open."""
        given: dict[str, Any] = {}
        for id, question in self.questions.items():
            if not is_asked(question, {**self.earlier, **given}):
                self.errors.pop(id, None)
                continue
            answer = self.cleaned_data.get(id)
            given[id] = None if answer in ("", PREFER_NOT[0]) else answer
            if self._must_be_answered(question) and given[id] is None and id not in self.errors:
                self.add_error(id, _("This one is open. Please answer it."))
        return given

    def answers(self) -> Mapping[str, Answer | None]:
        return self.cleaned_data

    def rows(self) -> list[tuple[forms.BoundField, Question, str]]:
        """Each field with its question and, if it concerns some people only, the words that say whom."""
        return [(self[id], question, _condition(self.questions, question)) for id, question in self.questions.items()]


def _spoken(text: Text) -> str:
    return text.in_language(get_language() or "en")


def _field(question: Question, *, is_optional: bool) -> forms.Field:
    words: dict[str, Any] = {
        "label": _spoken(question.text),
        "help_text": _spoken(question.hint) if question.hint else "",
        "required": False,  # whether it is depends on the answers before it: see QuestionsForm.clean
    }
    if question.answers:
        choices = [*_options(question), *([PREFER_NOT] if is_optional else [])]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect(attrs=RADIO), **words)
    if question.kind == "number":
        limits: dict[str, Any] = {"min_value": question.lowest, "max_value": question.highest}
        if question.is_whole:
            whole: dict[str, Any] = {key: None if limit is None else int(limit) for key, limit in limits.items()}
            return forms.IntegerField(widget=forms.NumberInput(attrs=INPUT), **whole, **words)
        return forms.FloatField(widget=forms.NumberInput(attrs=INPUT), **limits, **words)
    if question.kind == "date":
        widget = forms.DateInput(format="%Y-%m-%d", attrs={**INPUT, "type": "date"})
        return forms.DateField(widget=widget, **words)
    return forms.CharField(max_length=2000, widget=forms.Textarea(attrs={**INPUT, "rows": 3}), **words)


def _options(question: Question) -> list[tuple[str, Any]]:
    if question.kind == "yes_no":
        return [("yes", _("Yes")), ("no", _("No"))]
    return [(option.id, _spoken(option.text)) for option in question.options]


def _condition(questions: Mapping[str, Question], question: Question) -> str:
    """“Only if you answered “Yes” to “Have you meditated before?””."""
    condition = question.shown_if
    if condition is None or condition.question not in questions:
        return ""
    asked = questions[condition.question]
    words = [str(label) for id, label in _options(asked) if id in condition.answers]
    said = {"answer": " / ".join(words), "question": _spoken(asked.text)}
    return str(_("Only if you answered “%(answer)s” to “%(question)s”") % said)


class LeavingForm(forms.Form):
    choice = forms.ChoiceField(
        label=_("What do you want to leave?"), choices=Choice.choices, widget=forms.RadioSelect(attrs=RADIO)
    )

    def clean_choice(self) -> Choice:
        return Choice(self.cleaned_data["choice"])


class JudgementForm(forms.Form):
    criterion = forms.CharField(max_length=40)
    is_met = forms.TypedChoiceField(choices=[("yes", ""), ("no", "")], coerce=lambda answer: answer == "yes")
