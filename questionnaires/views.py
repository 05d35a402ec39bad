"""The pages on which somebody answers. Opening one changes nothing; forms and the script do."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from questionnaires import clock, services
from questionnaires.asking import Definition, newly_asked
from questionnaires.forms import SKIP, AnswerForm, changed_on_page, written_on_page
from questionnaires.guards import mistakes_in, stopped_sentence
from questionnaires.models import Sheet, Sitting
from questionnaires.own_copy import Line, as_csv, lines
from questionnaires.own_questions import OwnSheet
from questionnaires.pages import sections
from questionnaires.permissions import RespondentRequest, for_respondents
from questionnaires.progress import NOTHING, seconds_each
from questionnaires.refusals import AnswerRefused, OutsideCodes, UnknownItem, Unreadable
from questionnaires.wordings import services as wordings

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _wording(sheet: Sheet) -> str:
    language = get_language() or "en"
    return f"own-{language}" if sheet.questions else wordings.name_of(sheet.wordings, language)


def _as_shown(sheet: Sheet) -> Definition:
    """The sheet in the wording that is read in the language of the page."""
    definition = sheet.definition
    if isinstance(definition, OwnSheet):
        return definition
    return wordings.as_worded(definition, sheet.wordings, get_language() or "en")


def _at(sheet: Sheet, item: str = "", *, say_open: bool = False) -> HttpResponseRedirect:
    """To a sheet, at an item; `say_open` has the page say which are open."""
    address = reverse("questionnaires:sheet", args=[sheet.sitting_id, sheet.instrument])
    return HttpResponseRedirect(f"{address}{'?open=1' if say_open else ''}{f'#item-{item}' if item else ''}")


def to_resume(sitting: Sitting) -> HttpResponseRedirect:
    """To where the person goes on: the first item that is open, else the review."""
    place = services.where_to_resume(sitting)
    return _at(*place) if place else redirect("questionnaires:review", sitting.key)


def _refused(
    request: HttpRequest, sitting: Sitting, sentence: str, *, status: int = 409, sheet: Sheet | None = None
) -> HttpResponse:
    words = {"sitting": sitting, "sheet": sheet, "sentence": sentence}
    return render(request, "questionnaires/refused.html", words, status=status)


def _takes_answers(sitting: Sitting, now: datetime) -> bool:
    return sitting.respondent.stopped_at is None and sitting.takes_answers(now)


@for_respondents
@get_or_post
def overview(request: RespondentRequest, sitting: Sitting) -> HttpResponse:
    """The sheets of a wave and how long they take; its button begins, or goes on where one was."""
    if sitting.submitted_at is not None:
        return redirect("questionnaires:receipt", sitting.key)
    if request.method == "POST":
        try:
            return to_resume(services.open_sitting(sitting, by=request.respondent_key))
        except AnswerRefused as refusal:
            return _refused(request, sitting, str(refusal))
    now, has_stopped = clock.now(), sitting.respondent.stopped_at is not None
    rows = services.standings(sitting)
    words = {
        "sitting": sitting,
        "name": sitting.name_in(get_language() or "en"),
        "rows": rows,
        "progress": sum((row.progress for row in rows), start=NOTHING),
        "state": sitting.state(now),
        "stopped": stopped_sentence() if has_stopped else "",
        "may_begin": not has_stopped and sitting.may_open(now),
        "under_way": _takes_answers(sitting, now),
        "in_grace": now >= sitting.ends_at,
    }
    return render(request, "questionnaires/overview.html", words)


# Compressed, since a sheet is by far the largest page. What a guesser would have to put in it stands in no address of
# ours, the form's token is masked anew each time, and Django adds bytes at random.
@for_respondents
@gzip_page
@get_or_post
def sheet(request: RespondentRequest, sitting: Sitting, found: Sheet) -> HttpResponse:
    """One instrument, whole; the script shows six items of it at a time and saves each as it is given."""
    if request.method == "POST":
        return _take_page(request, sitting, found)
    if not _takes_answers(sitting, clock.now()) or found.submitted_at is not None:
        return redirect("questionnaires:overview", sitting.key)
    words = _sheet_words(sitting, found, say_open="open" in request.GET)
    return render(request, "questionnaires/sheet.html", words)


def _sheet_words(
    sitting: Sitting, found: Sheet, *, say_open: bool = False, **kept: dict[str, str]
) -> dict[str, object]:
    """`kept` are texts that could not be taken, and the mistakes in them."""
    here, sheets = services.standing_of(found), sitting.sheets.count()
    first = here.open_items[0] if here.open_items else None
    definition = _as_shown(found)
    shown = sections(definition, here.answers, skip=SKIP, **kept)
    return {
        "sitting": sitting,
        "sheet": found,
        "sheets": sheets,
        "is_last": found.position == sheets,
        "instrument": definition,
        "sections": shown,
        "skip": SKIP,
        "progress": here.progress,
        "first_open": first,
        "here": first.number if first else here.progress.total,
        "seconds_each": seconds_each(definition),
        "say_open": say_open,
        "mistakes": kept.get("mistakes"),
        "has_own_questions": any(section.is_own for section in shown),
        "saved_at": here.saved_at,
    }


def _take_page(request: RespondentRequest, sitting: Sitting, found: Sheet) -> HttpResponse:
    posted, definition = request.POST.dict(), found.definition
    before = services.answers_of(found)
    try:
        given = changed_on_page(definition, posted)
        mistakes = {key: said for key, said in mistakes_in(definition, given).items() if f"t-{key}" in posted}
        taken = {key: value for key, value in given.items() if key not in mistakes}
        services.save_page(found, taken, by=request.respondent_key, wording=_wording(found))
    except ValidationError as error:
        return _refused(request, sitting, error.messages[0], status=400, sheet=found)
    except AnswerRefused as refusal:
        return _refused(request, sitting, str(refusal), status=_status(refusal), sheet=found)
    if mistakes:
        texts = written_on_page(definition, posted)
        words = _sheet_words(sitting, found, texts=texts, mistakes=mistakes)
        return render(request, "questionnaires/sheet.html", words, status=400)
    if "stop" in posted:
        return redirect("questionnaires:overview", sitting.key)
    new = newly_asked(definition, before, {**before, **taken})
    return _at(found, new[0]) if new else _after_page(sitting, found, told="told" in posted)


def _after_page(sitting: Sitting, found: Sheet, *, told: bool) -> HttpResponseRedirect:
    rows = services.standings(sitting)
    still_open = rows[found.position - 1].open_items
    if still_open and not told:
        return _at(found, still_open[0].key, say_open=True)
    if found.position == len(rows):
        return redirect("questionnaires:review", sitting.key)
    following = rows[found.position]
    return _at(following.sheet, following.open_items[0].key if following.open_items else "")


def _status(refusal: AnswerRefused) -> int:
    return 400 if isinstance(refusal, UnknownItem | OutsideCodes | Unreadable) else 409


@for_respondents(by_script=True)
@require_POST
def answer(request: RespondentRequest, sitting: Sitting, found: Sheet) -> JsonResponse:
    """Take one answer from the script: 200 once it is kept, else 4xx with a sentence in "refused".

    "crossed" has the page show at once where there is help.
    """
    form = AnswerForm(request.POST, definition=found.definition)
    if not form.is_valid():
        sentence = next(error for errors in form.errors.values() for error in errors)
        return JsonResponse({"refused": str(sentence)}, status=400)
    said = form.cleaned_data
    try:
        kept = services.save_answer(
            found,
            said["item"],
            said["value"],
            by=request.respondent_key,
            key=said["key"],
            waited=timedelta(milliseconds=said["waited"]),
            wording=_wording(found),
        )
    except AnswerRefused as refusal:
        return JsonResponse({"refused": str(refusal)}, status=_status(refusal))
    is_watched = any(rule["instrument"] == found.instrument for rule in sitting.thresholds)
    return JsonResponse({"stored_at": kept.stored_at.isoformat(), "crossed": is_watched and sitting.has_crossed})


@for_respondents
@get_or_post
def review(request: RespondentRequest, sitting: Sitting) -> HttpResponse:
    """What is answered and what is open, before it is handed in."""
    if request.method == "POST":
        try:
            services.submit_sitting(sitting, by=request.respondent_key)
        except AnswerRefused as refusal:
            return _refused(request, sitting, str(refusal))
        return redirect("questionnaires:receipt", sitting.key)
    if sitting.submitted_at is not None or not _takes_answers(sitting, clock.now()):
        return redirect("questionnaires:overview", sitting.key)
    rows = services.standings(sitting)
    words = {"sitting": sitting, "name": sitting.name_in(get_language() or "en"), "rows": rows}
    return render(request, "questionnaires/review.html", words)


@for_respondents
@require_safe
def receipt(request: RespondentRequest, sitting: Sitting) -> HttpResponse:
    """That it was handed in, when, and how much of it was answered."""
    if sitting.submitted_at is None:
        return redirect("questionnaires:overview", sitting.key)
    words = {
        "sitting": sitting,
        "name": sitting.name_in(get_language() or "en"),
        "progress": services.progress(sitting),
    }
    return render(request, "questionnaires/receipt.html", words)


def _own_copy(sitting: Sitting) -> list[tuple[str, tuple[Line, ...]]]:
    """The sheets by name, with every question and its answer in the words of the page."""
    language = get_language() or "en"

    def of(row: services.Standing) -> tuple[Line, ...]:
        shown = sections(_as_shown(row.sheet), row.answers, skip=SKIP)
        return lines(shown, row.stored_at, language=language, skipped=_("I prefer not to answer"))

    return [(row.sheet.definition.construct.in_language(language), of(row)) for row in services.standings(sitting)]


@for_respondents
@gzip_page
@require_safe
def answers(request: RespondentRequest, sitting: Sitting) -> HttpResponse:
    """One's own answers, to read, and to take along as a file."""
    words = {
        "sitting": sitting,
        "name": sitting.name_in(get_language() or "en"),
        "progress": services.progress(sitting),
        "sheets": _own_copy(sitting),
    }
    return render(request, "questionnaires/answers.html", words)


@for_respondents
@require_safe
def answers_file(request: RespondentRequest, sitting: Sitting) -> HttpResponse:
    """The same for a spreadsheet, whose Spanish version wants semicolons between the cells."""
    head = [_("Sheet"), _("Question"), _("What was asked"), _("Your answer"), _("Saved")]
    rows = [
        [
            sheet,
            str(line.number),
            line.question,
            line.answer,
            f"{localtime(line.stored_at):%Y-%m-%d %H:%M}" if line.stored_at else "",
        ]
        for sheet, found in _own_copy(sitting)
        for line in found
    ]
    separator = ";" if get_language() == "es" else ","
    file = HttpResponse(as_csv(head, rows, separator=separator), content_type="text/csv; charset=utf-8")
    name = _("my answers")
    file.headers["Content-Disposition"] = f'attachment; filename="{slugify(name)}-{slugify(sitting.wave)}.csv"'
    return file
