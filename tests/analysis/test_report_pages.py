"""The pages of reports: who may, what a masked page says, the files behind them, and the bar without a script."""

import json

import pytest
from django.urls import reverse

from analysis.models import Kind
from tests import factories
from tests.analysis.stored_report import failed_report, move_to, store_report, waiting_report
from trial.people.models import Role
from trial.protocol.models import Stage

READERS = {Role.PI, Role.STATISTICIAN, Role.DATA_MANAGER, Role.MONITOR, Role.COMMITTEE}
PARTS = ["participants", "missing", "results", "scores", "within", "change"]


def at(name: str, trial, *more) -> str:
    return reverse(f"analysis:{name}", args=[trial.slug, *more])


@pytest.mark.parametrize(
    ("stage", "readers"), [(Stage.LOCKED, {Role.PI, Role.STATISTICIAN}), (Stage.UNMASKED, READERS)]
)
def test_roles_that_read_reports_at_a_stage(trial, stage, readers, as_staff):
    move_to(trial, stage)
    kind = Kind.REAL if stage == Stage.UNMASKED else Kind.REHEARSAL
    report = store_report(trial, kind=kind)
    pages = [
        at("report", trial, report.number),
        at("report_part", trial, 1, "as_published", "scores"),
        at("report_progress", trial, 1),
        at("report_file", trial, 1, "data.zip"),
    ]

    for page in pages:
        opens = {role for role in Role if as_staff(factories.make_member(trial, role)).get(page).status_code == 200}
        assert (page, opens) == (page, readers)


@pytest.mark.parametrize("stage", [Stage.LOCKED, Stage.UNMASKED])
def test_menu_offers_reports_to_those_who_may_read_them(trial, stage, as_staff):
    move_to(trial, stage)
    address = at("reports", trial)

    offered = {
        role
        for role in Role
        if f'href="{address}"' in as_staff(factories.make_member(trial, role)).get(f"/t/{trial.slug}/").content.decode()
    }
    assert offered == (READERS if stage == Stage.UNMASKED else {Role.PI, Role.STATISTICIAN, Role.COMMITTEE})


@pytest.mark.parametrize("part", PARTS)
def test_every_page_of_a_rehearsal_says_so(trial, pi, as_staff, part):
    store_report(trial)

    page = as_staff(pi).get(at("report_part", trial, 1, "as_published", part)).content.decode()
    # the main results begin with the same words
    assert page.count("<b>Rehearsal: shuffled labels.</b>") == (2 if part == "results" else 1)
    assert "arm-1" not in page


def test_page_shows_provenance_before_any_number(trial, as_staff):
    report = store_report(move_to(trial, Stage.UNMASKED), kind=Kind.REAL)

    page = as_staff(factories.make_member(trial, Role.PI)).get(at("report", trial, 1)).content.decode()
    places = [page.index(words) for words in ('class="provenance"', report.data_sha256[:8], 'class="apa-no"', "−2.83")]
    assert places == sorted(places)


def test_page_is_in_the_readers_language(trial, pi, as_staff):
    store_report(trial)
    pi.language = "es"
    pi.save(update_fields=["language"])

    page = as_staff(pi).get(at("report", trial, 1)).content.decode()
    assert ("Simulacro: etiquetas barajadas" in page, "report-as_published-es.pdf" in page) == (True, True)


def test_file_comes_as_it_was_stored_and_to_members_of_its_trial_alone(trial, other_trial, pi, as_staff):
    report = store_report(trial)
    stranger = factories.make_member(other_trial, Role.PI)
    address = at("report_file", trial, 1, "report-as_published-en.pdf")

    answer = as_staff(pi).get(address)
    assert answer.content == bytes(report.files.get(name="report-as_published-en.pdf").content)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="alpha-1-report-as_published-en.pdf"'
    assert as_staff(stranger).get(address).status_code == 404


@pytest.mark.parametrize("name", ["document-as_published-en.json", "no-such-file", "..", "%2e%2e%2fpasswd"])
def test_no_other_file_can_be_had(trial, pi, as_staff, name):
    store_report(trial)

    assert as_staff(pi).get(f"/t/{trial.slug}/report/1/file/{name}").status_code == 404


@pytest.mark.parametrize("place", [("no_set", "results"), ("as_published", "no_part")])
def test_part_or_set_that_does_not_exist_is_not_found(trial, pi, as_staff, place):
    store_report(trial)

    assert as_staff(pi).get(at("report_part", trial, 1, *place)).status_code == 404


def test_report_under_way_shows_its_bar_with_and_without_a_script(trial, pi, as_staff):
    report = waiting_report(trial)
    report.status, report.progress, report.doing = "running", 40, "models"
    report.save(update_fields=["status", "progress", "doing"])
    client = as_staff(pi)

    page = client.get(at("report", trial, 1)).content.decode()
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert '<progress id="report-progress" max="100" value="40"' in page
    told = client.get(at("report_progress", trial, 1)).json()
    assert told == {"progress": 40, "words": "The models are fitted.", "finished": False}


def test_failed_report_says_why_and_stops_loading_itself(trial, pi, as_staff):
    failed_report(trial)
    client = as_staff(pi)

    page = client.get(at("report", trial, 1)).content.decode()
    assert "Nobody is randomised yet, so there is nothing to analyse." in page
    assert "http-equiv" not in page
    assert json.loads(client.get(at("report_progress", trial, 1)).content)["finished"] is True


def test_asking_without_saying_for_what_changes_nothing(trial, pi, as_staff):
    answer = as_staff(pi).post(at("ask_for_report", trial), {"kind": "anything"}, follow=True)

    assert [str(message) for message in answer.context["messages"]] == [
        "Say which report you want; the button on this page does."
    ]
    assert trial.reports.count() == 0


def test_list_costs_the_same_queries_for_1_and_3_reports(trial, pi, as_staff, django_assert_num_queries):
    client = as_staff(pi)
    store_report(trial)
    client.get(at("reports", trial))
    with django_assert_num_queries(8):
        client.get(at("reports", trial))

    store_report(trial)
    failed_report(trial)
    with django_assert_num_queries(8):
        client.get(at("reports", trial))
