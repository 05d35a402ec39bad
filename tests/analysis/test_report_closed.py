"""Closed reports: for the committee alone, groups under letters, and nothing that says which letter is which."""

import io
import json
import re
import zipfile
from dataclasses import replace

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from analysis import computing, services
from analysis.closed import closed_protocol, has_unequal_ratio
from analysis.models import Failure, Kind, Report, Status
from analysis.plan import plan_of
from analysis.report.closed_words import closed_words
from analysis.stats.errors import BadInput
from questionnaires import catalogue
from tests import factories
from tests.analysis.cct_frames import cct_protocol
from tests.analysis.finished_trial import make_finished_trial
from tests.analysis.stored_report import move_to, store_report, waiting_report
from trial.allocation import visibility
from trial.allocation.models import Allocation
from trial.audit.models import AuditEntry
from trial.people.models import Role
from trial.protocol.models import Stage
from trial.protocol.reading import read

OTHERS = [role for role in Role if role != Role.COMMITTEE]
TOLD = re.compile(
    r"\b(?:cct|CCT|waitlist|WL|programme_start|compassion cultivation|cultivo de la compasión|waiting list|"
    r"lista de espera|after the programme|después del programa)\b",
    re.IGNORECASE,
)


@pytest.fixture
def masked(db):
    return make_finished_trial(people=8, stage=Stage.LOCKED)


@pytest.fixture
def committee(masked):
    return factories.make_member(masked, Role.COMMITTEE)


def compute(trial, actor, kind: Kind = Kind.CLOSED) -> Report:
    report = services.ask_for_report(trial=trial, kind=kind, actor=actor)
    computing.compute_report(report.pk)
    report.refresh_from_db()
    assert (report.status, report.detail) == (Status.DONE, "")
    return report


def three_arms():
    return read(factories.protocol_source().encode(), instruments=catalogue.score_ranges())


def inside(file) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bytes(file.content))) as archive:
        return {f"{file.name}/{name}": archive.read(name) for name in archive.namelist()}


def texts(report: Report) -> dict[str, str]:
    """All that can be read in its files. The PDF is made of the document alone."""
    found = {file.name: bytes(file.content) for file in report.files.filter(kind="document")}
    for file in report.files.exclude(kind__in=["document", "pdf"]):
        found |= {name: content for name, content in inside(file).items() if not name.endswith(".png")}
    return {name: content.decode() for name, content in found.items()}


# The letters.
def test_letters_are_the_real_groups_and_the_same_each_time(masked):
    arms = dict(Allocation.objects.values_list("participant__code", "arm"))

    first, second = (visibility.labels_for_committee(masked) for _ in range(2))
    pairs = {(arms[code], letter) for code, letter in first.by_code.items()}
    assert (first.kind, first, set(first.by_code)) == ("closed", second, set(arms))
    assert (len(pairs), {letter for _, letter in pairs}) == (2, {"X", "Y"})


def test_letters_follow_from_a_key_outside_of_the_database(masked, settings):
    seen = set()
    for number in range(20):
        settings.ALLOCATION_KEY = f"key {number}"
        seen.add(visibility.labels_for_committee(masked).by_code["P-001"])

    assert seen == {"X", "Y"}


def test_once_unmasked_there_are_no_letters(masked):
    assert visibility.labels_for_committee(move_to(masked, Stage.UNMASKED)).kind == "real"


# The protocol that a closed report is written from.
@pytest.mark.parametrize("protocol", [cct_protocol(), three_arms()], ids=["cct", "three arms"])
def test_protocol_under_letters_is_the_same_whichever_arm_is_which(protocol):
    first, *others = protocol.arms
    turned = [replace(each, arm=each.against, against=each.arm) for each in protocol.analysis.contrasts]
    analysis = replace(protocol.analysis, reference_arm=first.id, contrasts=tuple(turned))

    exchanged = replace(protocol, arms=(*others, first), analysis=analysis)
    assert closed_protocol(exchanged) == closed_protocol(protocol)
    assert plan_of(closed_protocol(exchanged)).sha256 == plan_of(closed_protocol(protocol)).sha256


def test_every_pair_of_letters_is_compared_so_that_no_comparator_stands_out():
    contrasts = closed_protocol(three_arms()).analysis.contrasts

    assert [(each.arm, each.against, each.wave) for each in contrasts] == [
        ("Y", "X", "week_12"),
        ("Z", "X", "week_12"),
        ("Z", "Y", "week_12"),
    ]


@pytest.mark.parametrize(("protocol", "is_unequal"), [(cct_protocol(), False), (three_arms(), True)])
@pytest.mark.parametrize(("language", "said"), [("en", "unequal size"), ("es", "tamaño desigual")])
def test_unequal_ratio_is_said_to_tell_the_letters(protocol, is_unequal, language, said):
    closed = closed_protocol(protocol)
    with translation.override(language):
        words = " ".join(lead for lead, _ in closed_words("", closed))

    assert (has_unequal_ratio(closed), said in words) == (is_unequal, is_unequal)


# What is in it.
def test_no_file_and_no_page_says_what_a_letter_received(masked, committee, as_staff):
    report = compute(masked, committee)
    found = texts(report)
    client = as_staff(committee)
    client.cookies["django_language"] = "en"
    for document in report.files.filter(kind="document", language="en"):
        for part in json.loads(bytes(document.content))["parts"]:
            address = reverse("analysis:report_part", args=[masked.slug, report.name, document.set_id, part["id"]])
            answer = client.get(address)
            assert answer.status_code == 200
            found[address] = answer.content.decode().replace(f"/t/{masked.slug}/", "/")

    # 1 set of 3: the others follow from sessions
    assert sorted(report.files.values_list("kind", flat=True)) == [
        *["document"] * 2, *["figures"] * 2, *["pdf"] * 2, "plan", "tables",
    ]  # fmt: skip
    assert {name: told for name, text in found.items() if (told := TOLD.findall(text))} == {}
    assert len(found) > 30
    assert [name for name, text in found.items() if "P-00" in text] == []
    drawn = [name for name, text in found.items() if re.search(r'class="[^"]*arm-\d', text)]
    assert drawn == []


def test_every_page_and_file_says_that_it_is_for_the_committee(masked, committee):
    report = compute(masked, committee)

    words = ("Closed report: for the data monitoring committee only", "Informe cerrado: solo para el comité")
    found = texts(report)
    silent = [name for name, text in found.items() if name.endswith((".svg", ".json")) and "plan" not in name]
    assert [name for name in silent if not any(said in found[name] for said in words)] == []
    tables = [pd.read_csv(io.StringIO(text)) for name, text in found.items() if name.endswith(".csv")]
    assert {label for table in tables for label in table["labels"]} == {"closed: groups under letters"}
    prefixes = {name.split("-")[0] for name in report.files.exclude(kind="document").values_list("name", flat=True)}
    assert prefixes == {"closed"}


def test_sets_that_follow_from_what_a_group_received_are_not_told(masked, committee):
    report = compute(masked, committee)

    document = json.loads(bytes(report.files.get(kind="document", language="en").content))
    assert [(id, bool(why)) for id, _, why in document["other_sets"]] == [
        ("as_published", True),
        ("per_protocol", True),
    ]


def contrasts(report: Report) -> pd.DataFrame:
    content = next(content for file in report.files.filter(set_id="all_randomised", kind="tables")
                   for name, content in inside(file).items() if name.endswith("/contrasts.csv"))  # fmt: skip
    return pd.read_csv(io.BytesIO(content))


def test_estimates_are_those_of_the_report_itself_but_for_the_letters(masked, committee):
    closed = contrasts(compute(masked, committee))
    arms = dict(Allocation.objects.values_list("participant__code", "arm"))
    letters = visibility.labels_for_committee(masked).by_code
    arm_of = {letters[code]: arm for code, arm in arms.items()}

    real = contrasts(compute(move_to(masked, Stage.UNMASKED), None, Kind.REAL))
    sign = 1 if arm_of["Y"] == "cct" else -1  # Y less X, and the course less the waiting list
    low, high = ("low", "high") if sign == 1 else ("high", "low")
    assert len(closed) == len(real) > 0
    assert closed["contrast"].map(lambda id: id.split("-")[2]).tolist() == real["contrast"].tolist()
    for ours, theirs in [("estimate", "estimate"), ("low", low), ("high", high), ("t", "t")]:
        assert closed[ours].to_numpy() == pytest.approx(sign * real[theirs].to_numpy(), rel=1e-4, abs=1e-6)
    for same in ("se", "df", "p"):
        assert closed[same].to_numpy() == pytest.approx(real[same].to_numpy(), rel=1e-4, abs=1e-6)


# For whom it is there.
def pages(trial) -> list[str]:
    name = "closed-1"
    return [
        reverse("analysis:report", args=[trial.slug, name]),
        reverse("analysis:report_part", args=[trial.slug, name, "as_published", "scores"]),
        reverse("analysis:report_progress", args=[trial.slug, name]),
        reverse("analysis:report_file", args=[trial.slug, name, "closed-plan.zip"]),
    ]


@pytest.mark.parametrize("stage", [Stage.RECRUITING, Stage.UNMASKED])
def test_closed_report_exists_for_the_committee_alone(trial, stage, as_staff):
    members = {role: factories.make_member(trial, role) for role in (Role.COMMITTEE, Role.STATISTICIAN)}
    store_report(trial, kind=Kind.CLOSED)
    move_to(trial, stage)
    members |= {role: factories.make_member(trial, role) for role in Role if role not in members}

    for page in pages(trial):
        found = {role: as_staff(member).get(page).status_code for role, member in members.items()}
        assert found.pop(Role.COMMITTEE) == 200
        assert set(found.values()) <= {403, 404}


@pytest.mark.parametrize("role", OTHERS)
def test_page_that_asks_for_a_closed_report_is_for_the_committee_alone(trial, role, as_staff):
    factories.make_member(trial, Role.COMMITTEE)
    client = as_staff(factories.make_member(trial, role))

    answer = client.post(reverse("analysis:ask_for_report", args=[trial.slug]), {"kind": "closed"})
    assert (answer.status_code, trial.reports.count()) == (403, 0)


@pytest.mark.parametrize("role", [*OTHERS, None])
def test_service_refuses_a_closed_report_to_everybody_else(trial, role):
    actor = factories.make_member(trial, role) if role else None

    with pytest.raises(services.ReportRefused, match="Only the data monitoring committee"):
        services.ask_for_report(trial=trial, kind=Kind.CLOSED, actor=actor)
    assert trial.reports.count() == 0


@pytest.mark.parametrize("role", OTHERS)
def test_whoever_works_in_the_trial_besides_has_no_closed_reports(trial, role, as_staff):
    committee = factories.make_member(trial, Role.COMMITTEE)
    store_report(trial, kind=Kind.CLOSED)
    factories.people.add_member(trial=trial, email=committee.email, name="", role=role, actor=None)

    with pytest.raises(services.ReportRefused):
        services.ask_for_report(trial=trial, kind=Kind.CLOSED, actor=committee)
    assert {as_staff(committee).get(page).status_code for page in pages(trial)} <= {403, 404}


@pytest.mark.parametrize("dry_run", [True, False])
def test_command_refuses_a_closed_report(masked, dry_run):
    with pytest.raises(CommandError, match="Only the data monitoring committee"):
        call_command("make_report", masked.slug, "--kind", "closed", dry_run=dry_run)
    assert masked.reports.count() == 0


def test_database_refuses_a_closed_report_that_nobody_of_the_committee_asked_for(masked):
    with pytest.raises(IntegrityError, match="closed_for_committee"), transaction.atomic():
        waiting_report(masked, kind=Kind.CLOSED)

    committee = factories.make_member(masked, Role.COMMITTEE)
    factories.people.add_member(trial=masked, email=committee.email, name="", role=Role.PI, actor=None)
    with pytest.raises(IntegrityError, match="closed_for_committee"), transaction.atomic():
        waiting_report(masked, kind=Kind.CLOSED)


def test_committee_asks_on_its_page_and_for_nothing_else(masked, committee, as_staff):
    client = as_staff(committee)
    offered = client.get(reverse("analysis:reports", args=[masked.slug])).content.decode()
    ask = reverse("analysis:ask_for_report", args=[masked.slug])

    assert "Compute the closed report" in offered
    assert client.post(ask, {"kind": "rehearsal"}).status_code == 403
    answer = client.post(ask, {"kind": "closed"})
    assert answer.headers["Location"] == reverse("analysis:report", args=[masked.slug, "closed-1"])


def test_others_do_not_notice_a_closed_report(masked, committee, as_staff):
    services.ask_for_report(trial=masked, kind=Kind.CLOSED, actor=committee)
    rehearsal = services.ask_for_report(trial=masked, kind=Kind.REHEARSAL, actor=None)

    client = as_staff(factories.make_member(masked, Role.STATISTICIAN))
    page = client.get(reverse("analysis:reports", args=[masked.slug])).content.decode()
    assert (rehearsal.number, rehearsal.name) == (1, "1")
    assert (page.count("Report 1"), "losed" in page) == (1, False)


# When.
def test_closed_report_of_nobody_is_refused(trial):
    with pytest.raises(services.ReportRefused, match="Nobody is randomised yet"):
        services.ask_for_report(trial=trial, kind=Kind.CLOSED, actor=factories.make_member(trial, Role.COMMITTEE))


def test_closed_report_is_refused_once_the_groups_are_open(masked, committee):
    opened = move_to(masked, Stage.UNMASKED)

    with pytest.raises(services.ReportRefused, match="no closed reports any more"):
        services.ask_for_report(trial=opened, kind=Kind.CLOSED, actor=committee)
    with pytest.raises(IntegrityError, match="closed_for_committee"), transaction.atomic():
        waiting_report(opened, kind=Kind.CLOSED)


def test_closed_report_that_waited_until_the_groups_were_opened_is_not_computed(masked, committee):
    report = services.ask_for_report(trial=masked, kind=Kind.CLOSED, actor=committee)
    move_to(masked, Stage.UNMASKED)

    computing.compute_report(report.pk)
    report.refresh_from_db()
    assert (report.status, report.failure, report.files.count()) == (Status.FAILED, Failure.OPENED, 0)


def test_trail_says_that_it_was_asked_for_and_not_what_became_of_it(masked, committee, monkeypatch):
    compute(masked, committee)
    monkeypatch.setattr(computing, "report_files", fail)
    report = services.ask_for_report(trial=masked, kind=Kind.CLOSED, actor=committee)
    computing.compute_report(report.pk)

    entries = AuditEntry.objects.filter(action__startswith="report.").order_by("pk")
    assert list(entries.values_list("action", "data")) == [
        ("report.asked_for", {"number": 1, "kind": "closed"}),
        ("report.asked_for", {"number": 2, "kind": "closed"}),
    ]


def fail(*given):
    raise BadInput("no two values differ in group Y")
