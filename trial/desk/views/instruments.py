"""Instruments: the card of each, the wordings of the trial, packs, and the signature for what none of them words."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from questionnaires import catalogue
from questionnaires.instrument import LANGUAGES, Instrument
from questionnaires.wordings.models import WordingPack
from questionnaires.wordings.pack import PackInvalid, template
from questionnaires.wordings.services import as_worded, check_pack, in_force, what_changes
from questionnaires.wordings.texts import scales_of, texts_of
from trial.desk.navigation import page
from trial.people import permissions as may
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.wordings import services
from trial.protocol.wordings.forms import AdoptionForm, PackForm, SignatureForm

BOM = "\ufeff"  # by which spreadsheet programs know that a CSV file is UTF-8


def _by_instrument(request: StaffRequest) -> list[tuple[Instrument, list[services.WordingInForce]]]:
    rows: dict[str, list[services.WordingInForce]] = {}
    for wording in services.wordings_of(request.trial):
        rows.setdefault(wording.instrument.slug, []).append(wording)
    return [(wordings[0].instrument, wordings) for wordings in rows.values()]


@require_safe
@for_roles(may.EVERYBODY)
def instruments(request: StaffRequest) -> HttpResponse:
    rows = _by_instrument(request)
    asked = {each.slug for each, _wordings in rows}
    packs = services.packs_of(request.trial)
    words = {
        "rows": rows,
        "unsettled": [each for _instrument, wordings in rows for each in wordings if not each.is_settled],
        "others": [each for each in catalogue.all_instruments() if each.slug not in asked],
        "packs": [(pack, pack.number in packs) for pack in WordingPack.objects.defer("texts").order_by("-number")],
        "signatures": request.trial.wording_signatures.select_related("signed_by").order_by("-pk"),
        "may_lead": bool(request.roles & may.LEADS),
    }
    return page(request, "trial/desk_instruments.html", words)


@require_safe
@for_roles(may.EVERYBODY)
def instrument(request: StaffRequest, slug: str) -> HttpResponse:
    """The card: what the instrument is, how it is scored, what is known of it, and how it is worded here."""
    if slug not in catalogue.slugs():
        raise Http404
    shown = catalogue.load(slug)
    chosen = in_force(services.packs_of(request.trial)).get(slug, {})
    for language in chosen:
        shown = as_worded(shown, chosen, language)
    asked = [each for each in services.wordings_of(request.trial) if each.instrument.slug == slug]
    packs = {each.number: each for each in WordingPack.objects.filter(number__in=chosen.values()).defer("texts")}
    words = {
        "instrument": shown,
        "wordings": asked,
        "packs": packs,
        "texts": texts_of(shown),
        "scales": scales_of(shown),
        "languages": LANGUAGES,
    }
    return page(request, "trial/desk_instrument.html", words)


@require_safe
@for_roles(may.EVERYBODY)
def wordings_template(request: StaffRequest) -> HttpResponse:
    """A file with a row for every text that the trial's instruments have."""
    version = request.trial.latest_version()
    if version is None:
        raise Http404
    asked = [catalogue.load(slug) for slug in services.instruments_of(version.protocol)]
    text = template(asked, services.languages_of(version.protocol))
    answer = HttpResponse(BOM + text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{request.trial.slug}-wordings.csv"'
    return answer


@for_roles(may.LEADS)
def load_wordings(request: StaffRequest) -> HttpResponse:
    """Check a file and show what it would change; store it if that was asked for."""
    form = PackForm(request.POST or None, request.FILES or None)
    words: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["upload"]
        data = upload.read()
        try:
            if "store" in request.POST:
                pack = services.load_pack_in(trial=request.trial, data=data, file_name=upload.name, actor=request.user)
                messages.success(request, _("Pack %(number)d is stored. Nothing is asked in it yet.") % vars(pack))
                return redirect("desk:wording_pack", request.trial.slug, pack.number)
            words["differences"] = what_changes(check_pack(data), services.packs_of(request.trial))
        except PackInvalid as invalid:
            words["mistakes"] = invalid.mistakes
    return page(request, "trial/desk_load_wordings.html", words)


def _pack_page(request: StaffRequest, pack: WordingPack, form: AdoptionForm) -> HttpResponse:
    packs = services.packs_of(request.trial)
    words = {
        "pack": pack,
        "is_used": pack.number in packs,
        "is_last": packs[-1:] == [pack.number],
        "differences": what_changes(pack.texts, packs),
        "form": form if request.roles & may.LEADS else None,
    }
    return page(request, "trial/desk_wording_pack.html", words)


@require_safe
@for_roles(may.EVERYBODY)
def wording_pack(request: StaffRequest, number: int) -> HttpResponse:
    return _pack_page(request, get_object_or_404(WordingPack, number=number), AdoptionForm())


@require_POST
@for_roles(may.LEADS)
def use_wordings(request: StaffRequest, number: int) -> HttpResponse:
    pack, form = get_object_or_404(WordingPack, number=number), AdoptionForm(request.POST)
    if form.is_valid():
        try:
            services.adopt_pack(trial=request.trial, pack=pack, actor=request.user, reason=form.cleaned_data["reason"])
        except services.WordingRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("Pack %(number)d is used from now on. Questionnaires that are already open keep their wording.")
            messages.success(request, said % {"number": pack.number})
            return redirect("desk:instruments", request.trial.slug)
    return _pack_page(request, pack, form)


@for_roles(may.LEADS)
def sign_for_wordings(request: StaffRequest) -> HttpResponse:
    unsettled = [each for each in services.wordings_of(request.trial) if not each.is_settled]
    form = SignatureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.sign_for_wordings(trial=request.trial, actor=request.user, reason=form.cleaned_data["reason"])
        except services.WordingRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("You have signed. The wordings are settled."))
            return redirect("desk:instruments", request.trial.slug)
    return page(request, "trial/desk_sign_for_wordings.html", {"unsettled": unsettled, "form": form})
