"""The mails to participants: what comes next, what became of the others, and a trial's own words for them."""

from django.contrib import messages as said
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from trial.audit.services import Refused
from trial.desk.navigation import ROWS_A_PAGE, page
from trial.messages import services
from trial.messages.forms import LedgerForm, MailTextForm
from trial.messages.models import PLACEHOLDERS, Kind, MailText, OutgoingMail, State
from trial.messages.tasks import send_soon
from trial.messages.texts import services as texts
from trial.people import permissions as may
from trial.people.permissions import StaffRequest, for_roles
from trial.waves.services import coming_mails


@require_safe
@for_roles(may.SEES_WAVES)
def messages(request: StaffRequest) -> HttpResponse:
    form = LedgerForm(request.GET or None)
    ledger = OutgoingMail.objects.ledger(request.trial)
    chosen = ledger.filter(**form.chosen())
    version = request.trial.latest_version()
    words = {
        "coming": coming_mails(request.trial),
        "counts": _by_kind(ledger),
        "form": form,
        "rows": Paginator(chosen, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "protocol": version.protocol if version else None,
        "kinds": [(kind, kind.label) for kind in PLACEHOLDERS],
        "may_send": bool(request.roles & may.INVITES),
        "may_lead": bool(request.roles & may.LEADS),
    }
    return page(request, "trial/desk_messages.html", words)


def _by_kind(ledger: object) -> list[tuple[object, list[int]]]:
    """How many mails of each kind are in each state, in the order of `State` (one query)."""
    found: dict[str, dict[str, int]] = {}
    for row in ledger.order_by().values("kind", "state").annotate(number=Count("pk")):  # type: ignore[attr-defined]
        found.setdefault(row["kind"], {})[row["state"]] = row["number"]
    return [(kind.label, [found[kind].get(state, 0) for state in State]) for kind in Kind if kind in found]


@require_POST
@for_roles(may.INVITES)
def try_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Once more for a mail that failed too often."""
    try:
        mail = services.try_again(trial=request.trial, mail_pk=pk, actor=request.user)
    except Refused as refusal:
        said.error(request, str(refusal))
    else:
        send_soon()
        said.success(request, _("The mail to %(code)s is tried once more.") % {"code": mail.participant})
    return redirect("desk:messages", request.trial.slug)


@for_roles(may.LEADS)
def mail_text(request: StaffRequest, kind: str, language: str) -> HttpResponse:
    """A trial's own words for one kind of mail in one language, with a preview."""
    version = request.trial.latest_version()
    if version is None or kind not in PLACEHOLDERS or language not in version.protocol.languages:
        raise Http404
    if request.method == "POST" and "house" in request.POST:
        return _house_words(request, kind, language)
    shown = texts.words_in_force(request.trial, kind, language)
    form = MailTextForm(request.POST or None, initial={"subject": shown.subject, "body": shown.body})
    if request.method == "POST" and form.is_valid():
        shown = texts.Words(**form.cleaned_data, number=shown.number)
        wrong = texts.sentences(version, kind, shown.subject, shown.body)
        for sentence in wrong:
            form.add_error("body", sentence)
        if "save" in request.POST and not wrong:
            texts.write(trial=request.trial, kind=kind, language=language, actor=request.user, **form.cleaned_data)
            said.success(request, _("These words hold for every mail that leaves from now on."))
            return redirect("desk:mail_text", request.trial.slug, kind, language)
    words = {**_about(request, kind, language), "form": form, "example": texts.example(version, kind, language, shown)}
    return page(request, "trial/desk_mail_text.html", words)


def _about(request: StaffRequest, kind: str, language: str) -> dict[str, object]:
    versions = MailText.objects.filter(trial=request.trial, kind=kind, language=language)
    return {
        "kind": Kind(kind),
        "language": language,
        "is_own": texts.own_words(request.trial, kind, language) is not None,
        "placeholders": [f"{{{name}}}" for name in PLACEHOLDERS[Kind(kind)]],
        "versions": versions.select_related("written_by"),
    }


def _house_words(request: StaffRequest, kind: str, language: str) -> HttpResponse:
    try:
        texts.use_house_words(trial=request.trial, kind=kind, language=language, actor=request.user)
    except Refused as refusal:
        said.error(request, str(refusal))
    else:
        said.success(request, _("Our words hold again. Yours are kept."))
    return redirect("desk:mail_text", request.trial.slug, kind, language)
