"""The participant's page about our mails."""

from django.contrib import messages as said
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trial.audit.services import Refused
from trial.enrolment.public import words_of
from trial.messages.forms import MailHourForm
from trial.messages.hours import hours_to_choose
from trial.messages.models import MailHour
from trial.messages.services import choose_mail_hour
from trial.people.permissions import ParticipantRequest, for_participants


@for_participants
def mail_hour(request: ParticipantRequest) -> HttpResponse:
    """At which hour somebody wants our mails."""
    version = request.participant.trial.version_in_force()
    if version is None:
        return redirect("portal:home")
    asked, own = version.protocol.messages, MailHour.objects.filter(participant=request.participant).first()
    form = MailHourForm(
        request.POST or None,
        hours=hours_to_choose(asked),
        usual=f"{asked.send_at:%H:%M}",
        initial={"hour": own.hour if own else ""},
    )
    if request.method == "POST" and form.is_valid():
        try:
            choose_mail_hour(participant=request.participant, hour=form.cleaned_data["hour"])
        except Refused as refusal:
            form.add_error("hour", str(refusal))
        else:
            said.success(request, _("We have noted it. It holds from the next mail on."))
            return redirect("waves:mail_hour")
    return render(request, "trial/waves_mail_hour.html", {**words_of(request.participant.trial), "form": form})
