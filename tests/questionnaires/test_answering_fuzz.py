"""What no page of ours sends: refused with a sentence, never a fault of ours; what was taken reads back equal, on the
page, in one's own file, in the data and in the scores of the trial's report."""

import csv
import html
import io
import random
import re
import zipfile
from datetime import timedelta

import pytest

from analysis import computing
from analysis import services as reports
from analysis.models import Kind, Report, Status
from analysis.plan import plan_of
from questionnaires import catalogue, clock
from questionnaires import services as answering
from questionnaires.models import AnswerChange, Sheet, Sitting
from questionnaires.own_questions import SLUG as OWN
from tests import factories
from tests.analysis.finished_trial import make_finished_trial
from tests.analysis.stored_report import move_to
from tests.questionnaires.fuzzing import SLUGS, Attempt
from tests.questionnaires.fuzzing_words import FuzzerOfWords
from tests.questionnaires.test_own_questions import QUESTIONS
from tests.soak import small_or_full
from tests.web import Reply, Visitor
from trial.people.models import Participant
from trial.protocol.models import Stage
from trial.waves.questions import questions_of

WAVE = "follow_up"


@pytest.fixture
def person(committed_db) -> Participant:
    """The last of a trial whose people are drawn and have answered everything, but for this one's last wave."""
    return make_finished_trial(people=12, absent=1, stage=Stage.RECRUITING).participants.latest("pk")


@pytest.fixture
def questions(person) -> list[dict]:
    """Those that the protocol has for the wave, from which a set of the analysis follows, and one of each kind."""
    protocol = person.trial.version_in_force().protocol
    wave = next(each for each in protocol.waves if each.id == WAVE)
    return [*questions_of(protocol, wave), *QUESTIONS]


def make_sittings(person: Participant, questions: list[dict]) -> dict[str, Sitting]:
    own, other = factories.respondent_of(person), factories.make_respondent()
    with clock.fixed(clock.now() - timedelta(days=60)):
        over = factories.make_sitting(own, wave="over")
    with clock.fixed(clock.now() + timedelta(days=60)):
        upcoming = factories.make_sitting(own, wave="upcoming", opened=False)
    submitted = factories.make_sitting(own, wave="submitted")
    answering.submit_sitting(submitted, by=own.key)
    return {
        "open": factories.make_sitting(own, wave=WAVE, instruments=SLUGS, questions=questions),
        "foreign": factories.make_sitting(other, wave="open"),
        "over": over,
        "upcoming": upcoming,
        "submitted": submitted,
    }


def sentence_of(reply: Reply) -> str:
    """What a person, or the script for them, is told."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", reply.body.decode("utf-8", "replace"))).strip()


def check_reply(reply: Reply, tried: Attempt) -> None:
    assert reply.status in tried.expected, (reply.status, tried, sentence_of(reply))
    assert reply.status in (200, 302) or len(sentence_of(reply)) > 20, (reply.status, tried, reply.body)


def chosen_on(page: str) -> dict[str, str]:
    """What the page shows as chosen, by item."""
    return dict(re.findall(r'name="i-([^"]+)" id="[^"]*" value="([^"]+)" checked', page))


def written_on(page: str) -> dict[str, str]:
    """What the page shows as written, by item."""
    areas = re.findall(r'<textarea [^>]*name="t-([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    fields = re.findall(r'<input class="form-control typed" name="t-([^"]+)" [^>]*?value="([^"]*)"', page)
    return {item: html.unescape(text) for item, text in (*areas, *fields) if text}


def own_file(visitor: Visitor, sitting: Sitting, separator: str = ",") -> list[list[str]]:
    """The rows of one's own answers as a table, without its head."""
    reply = visitor.get(f"/q/{sitting.key}/answers.csv")
    assert reply.status == 200
    return list(csv.reader(io.StringIO(reply.body.decode("utf-8-sig"), newline=""), delimiter=separator))[1:]


def written_in(rows: list[list[str]], keys: set[str]) -> dict[str, str]:
    """What the file has for those of QUESTIONS that are answered in writing."""
    return {key: row[3] for row in rows for key in keys if row[2] in (f"{key}?", f"¿{key}?") and row[3]}


def as_filed(value: object, skipped: str) -> str:
    """A text with the apostrophe that keeps a spreadsheet from running it."""
    if value is None:
        return skipped
    return f"'{value}" if str(value)[0] in "=+-@\t\r\n" else str(value)


def check_own_file(fuzzer: FuzzerOfWords, separator: str = ",", skipped: str = "I prefer not to answer") -> None:
    typed = fuzzer.asked() & {"what", "hours", "days", "since"}
    rows = own_file(fuzzer.visitor, fuzzer.sittings["open"], separator)
    said = fuzzer.in_force[OWN]
    assert written_in(rows, typed) == {key: as_filed(said[key], skipped) for key in typed & set(said)}


def check_read_back(fuzzer: FuzzerOfWords, slug: str, sheet: Sheet) -> None:
    in_force = fuzzer.in_force[slug]
    assert [(each.item, each.value) for each in AnswerChange.objects.filter(sheet=sheet)] == fuzzer.history[slug]
    assert answering.answers_of(sheet) == in_force
    page = fuzzer.visitor.get(fuzzer.at(slug)).text
    if slug != OWN:
        assert chosen_on(page) == {item: "skip" if code is None else str(code) for item, code in in_force.items()}
        assert set(answering.scores(sheet)) == {score.name for score in catalogue.load(slug).scores}
        return
    texts = {item: value for item, value in in_force.items() if item in ("what", "hours", "days", "since")}
    assert written_on(page) == {item: text for item, text in texts.items() if text is not None}
    assert {item for item, button in chosen_on(page).items() if button == "skip"} == {
        item for item, value in in_force.items() if value is None
    }


def tables_of(report: Report) -> dict[str, list[dict[str, str]]]:
    """Every table of the report's archives, by archive and file."""
    found = {}
    for file in report.files.filter(kind__in=("data", "tables")):
        with zipfile.ZipFile(io.BytesIO(bytes(file.content))) as archive:
            for name in archive.namelist():
                if name.endswith(".csv"):
                    text = io.TextIOWrapper(archive.open(name), "utf-8", newline="")
                    found[f"{file.name}/{name}"] = list(csv.DictReader(text))
    return found


def check_report(fuzzer: FuzzerOfWords, person: Participant) -> None:
    """The trial goes on to its report, whose data hold what was taken and the scores that follow from it."""
    trial = move_to(person.trial, Stage.UNMASKED)
    report = reports.ask_for_report(trial=trial, kind=Kind.REAL, actor=None)
    assert computing.compute_report(report.pk) is True
    report.refresh_from_db()
    plan, tables = plan_of(trial.version_in_force().protocol), tables_of(report)
    kinds = sorted(report.files.values_list("kind", flat=True))
    assert (report.status, report.failure) == (Status.DONE, "")
    assert kinds == ["data", *["document"] * 6, *["figures"] * 6, *["pdf"] * 6, *["tables"] * 3]

    sheets = {sheet.instrument: sheet for sheet in fuzzer.sittings["open"].sheets.all()}
    for slug in filter(fuzzer.in_force.get, SLUGS):
        row = _of(tables[f"data.zip/answers-{slug}.csv"], person)
        expected = {item: "" if code is None else str(code) for item, code in fuzzer.in_force[slug].items()}
        assert {item: text for item, text in row.items() if item in expected} == expected
    scored = _of(tables["data.zip/scores.csv"], person)
    for outcome in plan.outcomes:
        if outcome.instrument in sheets and outcome.score:
            found = float(scored[outcome.id]) if scored[outcome.id] else None
            assert found == answering.scores(sheets[outcome.instrument])[outcome.score]


def _of(rows: list[dict[str, str]], person: Participant) -> dict[str, str]:
    [row] = [row for row in rows if (row["participant"], row["wave"]) == (person.code, WAVE)]
    return row


@small_or_full(300, 10_000, minutes=6)
def test_fuzzed_submissions_are_no_fault_and_what_was_taken_reads_back_equal(n, site, person, questions):
    sittings = make_sittings(person, questions)
    visitor = factories.visitor(site, person)
    fuzzer = FuzzerOfWords(visitor, random.Random(n), sittings, questions)
    for _ in range(n):
        tried = fuzzer.attempt()
        check_reply(tried.send(), tried)
        fuzzer.note(tried)
        if tried.slug == OWN and tried.taken:
            check_own_file(fuzzer)

    assert AnswerChange.objects.exclude(sheet__sitting=sittings["open"]).count() == 0
    sheets = list(Sheet.objects.filter(sitting=sittings["open"]))
    assert {sheet.instrument for sheet in sheets} == {*SLUGS, OWN}
    for sheet in sheets:
        check_read_back(fuzzer, sheet.instrument, sheet)
    Participant.objects.filter(pk=person.pk).update(language="es")
    check_own_file(fuzzer, ";", "Prefiero no contestar")
    assert visitor.post(f"/q/{sittings['open'].key}/review/").status == 302
    check_report(fuzzer, person)
