"""The forms of the programme. Days and hours are local to the trial."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trial.people.forms import ReasonForm
from trial.people.models import Participant, User
from trial.programme.models import Attendance, Came
from trial.programme.services import Mark
from trial.protocol.schema_enrolment import Criterion

# What one taps; an exclusion needs its criterion and has a page of its own.
TAPPED = (Came.PRESENT, Came.LATE, Came.ABSENT, Came.EXCUSED)


class HourForm(forms.Form):
    at = forms.TimeField(
        label=_("Hour of every session"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        initial="18:00",
    )


class StartForm(HourForm):
    starts_on = forms.DateField(
        label=_("Day of the first session"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    field_order = ("starts_on", "at")


class LeadForm(forms.Form):
    join_link = forms.CharField(
        label=_("Link to join"),
        max_length=500,
        required=False,
        help_text=_("Stored encrypted. Only those of the group see it, on the day of each session."),
        widget=forms.URLInput(),
    )

    def __init__(self, *args: Any, instructors: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["instructor"] = forms.ModelChoiceField(instructors, label=_("Instructor"), required=False)
        self.order_fields(["instructor", "join_link"])


class MoveForm(ReasonForm):
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    at = forms.TimeField(label=_("Hour"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))

    field_order = ("day", "at", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("One sentence without code or name: masked people read the audit trail.")


class RollForm(forms.Form):
    """One question a person. Beside each answer stands what the page had shown, so that an old page takes nothing back.

    With `rest`, whoever has no answer is present.
    """

    rest = forms.CharField(max_length=8, required=False)

    def __init__(self, data: Any = None, *, people: list[Participant], known: dict[int, Attendance]) -> None:
        super().__init__(data)
        self.people, self.known = people, known
        for person in people:
            self.fields[person.code] = forms.ChoiceField(
                choices=[("", ""), *((came.value, came.label) for came in TAPPED)], required=False
            )
            self.fields[f"was-{person.code}"] = forms.CharField(max_length=8, required=False)

    def marks(self) -> dict[Participant, Mark]:
        given, marks = self.cleaned_data, {}
        for person in self.people:
            came = given[person.code]
            if came and came != given[f"was-{person.code}"]:
                marks[person] = Mark(came)
            elif not came and given["rest"] and not self.came(person):
                marks[person] = Mark(Came.PRESENT)
        return marks

    def came(self, person: Participant) -> str:
        row = self.known.get(person.pk)
        return row.came if row else ""

    def rows(self) -> list[tuple[Participant, str]]:
        """Each person with what is noted."""
        return [(person, self.came(person)) for person in self.people]

    def tally(self) -> dict[str, int]:
        """How many there are of each; "none" are those not marked."""
        came = [self.came(person) or "none" for person in self.people]
        return {key: came.count(key) for key in (*Came.values, "none")}


class ExclusionForm(forms.Form):
    """By which of the criteria that the instructor judges."""

    def __init__(self, data: Any = None, *, criteria: list[Criterion]) -> None:
        super().__init__(data)
        code = get_language() or "en"
        self.fields["criterion"] = forms.ChoiceField(
            label=_("Criterion"),
            choices=[(each.id, each.text.in_language(code)) for each in criteria],
        )


class CrossoverForm(forms.Form):
    """Some of those who wait."""

    def __init__(self, data: Any = None, *, waiting: list[Participant]) -> None:
        super().__init__(data)
        people = Participant.objects.filter(pk__in=[each.pk for each in waiting])
        self.fields["people"] = forms.ModelMultipleChoiceField(people)
