"""One table: every url, who may open it, and what everybody else gets. A url without a row fails."""

from dataclasses import dataclass, field

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from questionnaires.wordings.services import load_pack
from tests import factories
from tests.analysis.stored_report import store_report
from tests.crawling import taken_back
from trial.people.models import SECOND_PERSON, Role

EVERYBODY = set(Role)
PARTICIPANT_PAGES = {Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN}
COHORT_PAGES = {Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR}
SAFETY = {Role.CLINICIAN, Role.PI}
REPORTS = {Role.PI, Role.STATISTICIAN}  # before unmasking; after it see tests/analysis/test_report_pages.py
COMMITTEE = {Role.COMMITTEE}  # has closed reports alone; the rest of that in tests/analysis/test_report_closed.py
WAVE_PAGES = {Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR}
EXTENDS = {Role.PI, Role.RECRUITER}
FLAGS_ERRORS = {Role.PI, Role.RECRUITER, Role.DATA_MANAGER}
SIGN_IN = "/account/login/"
SET_UP = "/account/2fa/totp/activate/"


@dataclass(frozen=True)
class Row:
    """A page of a trial: `allowed` roles get `status`, other members 403, everybody else learns nothing.

    To roles in `missing` the page exists and this object does not.
    """

    name: str
    allowed: set[Role]
    method: str = "get"
    of: str = ""  # the object in the address besides the trial
    status: int = 200
    missing: set[Role] = field(default_factory=set)


DESK = [
    Row("desk:trial", EVERYBODY),
    Row("desk:see_withdrawals", {Role.RECRUITER}, "post", status=302),
    Row("desk:flow", EVERYBODY - {Role.INSTRUCTOR, Role.PROGRAMME}),
    Row("desk:setup", EVERYBODY),
    Row("desk:move_stage", {Role.PI}),
    Row("desk:participants", PARTICIPANT_PAGES),
    Row("desk:new_participant", {Role.RECRUITER}),
    Row("desk:participant", PARTICIPANT_PAGES, of="participant"),
    Row("desk:correct_contact", {Role.RECRUITER, Role.CLINICIAN}, of="participant"),
    Row("desk:send_link", {Role.RECRUITER}, "post", of="participant", status=302),
    Row("desk:revoke_links", {Role.RECRUITER}, "post", of="participant", status=302),
    Row("desk:judge_criterion", {Role.RECRUITER, Role.CLINICIAN}, "post", of="participant", status=302),
    Row("desk:reopen_screening", {Role.RECRUITER}, "post", of="participant", status=302),
    Row("desk:send_test_mail", {Role.PI}, "post", status=302),
    Row("desk:confirm_unmasking", SECOND_PERSON),
    Row("desk:report_slip", EVERYBODY),
    Row("desk:emergency", {Role.CLINICIAN}, of="participant"),
    Row("desk:cohorts", COHORT_PAGES),
    Row("desk:new_cohort", {Role.PI, Role.RECRUITER}),
    Row("desk:verify_script", COHORT_PAGES),
    Row("desk:cohort", COHORT_PAGES, of="cohort"),
    Row("desk:close_cohort", {Role.PI, Role.RECRUITER}, "post", of="cohort"),
    Row("desk:draw_cohort", {Role.PI, Role.RECRUITER}, "post", of="cohort"),
    Row("desk:tell_cohort", {Role.PI, Role.RECRUITER}, "post", of="cohort"),
    Row("desk:receipt_file", COHORT_PAGES, of="cohort", status=404),
    Row("desk:safety", SAFETY),
    Row("desk:safety_case", SAFETY, of="case"),
    Row("desk:take_case", SAFETY, "post", of="case", status=302),
    Row("desk:hand_over_case", SAFETY, "post", of="case", status=302),
    Row("desk:note_attempt", SAFETY, "post", of="case", status=302),
    Row("desk:close_case", SAFETY, "post", of="case", status=302),
    Row("analysis:reports", REPORTS | COMMITTEE),
    Row("analysis:ask_for_report", REPORTS | COMMITTEE, "post", status=302),
    Row("analysis:report", REPORTS, of="report", missing=COMMITTEE),
    Row("analysis:report_progress", REPORTS, of="report", missing=COMMITTEE),
    Row("analysis:report_part", REPORTS, of="report part", missing=COMMITTEE),
    Row("analysis:report_file", REPORTS, of="report file", missing=COMMITTEE),
    Row("desk:entered_in_error", FLAGS_ERRORS, of="participant"),
    Row("desk:confirm_error", FLAGS_ERRORS, "post", of="participant", status=302),
    Row("desk:allocation", {Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR}),
    Row("desk:allocate", {Role.RECRUITER}, "post", status=302),
    Row("desk:seal_list", {Role.PI}),
    Row("desk:allocation_record", {Role.PI}),
    Row("desk:designs", {Role.PI, Role.STATISTICIAN}),
    Row("desk:waves", WAVE_PAGES),
    Row("desk:wave", WAVE_PAGES, of="wave"),
    Row("desk:extend_wave", EXTENDS, of="wave"),
    Row("desk:extend_wave_for", EXTENDS, of="wave of a participant"),
    Row("desk:messages", WAVE_PAGES),
    Row("desk:try_mail_again", {Role.RECRUITER}, "post", of="mail", status=302),
    Row("desk:mail_text", {Role.PI}, of="words"),
    Row("desk:protocol", EVERYBODY),
    Row("desk:protocol_file", {Role.PI, Role.STATISTICIAN}, of="version"),
    Row("desk:put_in_force", {Role.PI}, "post", status=302),
    Row("desk:discard_draft", {Role.PI}, "post", status=302),
    Row("desk:protocol_draft", {Role.PI}),
    Row("desk:instruments", EVERYBODY),
    Row("desk:instrument", EVERYBODY, of="instrument"),
    Row("desk:wordings_template", EVERYBODY),
    Row("desk:load_wordings", {Role.PI}),
    Row("desk:wording_pack", EVERYBODY, of="pack"),
    Row("desk:use_wordings", {Role.PI}, "post", of="pack"),
    Row("desk:sign_for_wordings", {Role.PI}),
    Row("desk:team", {Role.PI, Role.MONITOR}),
    Row("desk:send_invitation", {Role.PI}, "post", of="membership", status=302),
    Row("desk:end_member", {Role.PI}, of="membership"),
    Row("desk:trail", {Role.PI, Role.DATA_MANAGER, Role.MONITOR}),
]

PROGRAMME = {Role.PROGRAMME, Role.INSTRUCTOR}
# Pages that follow the arm: 404 to other members too. Each is opened by every role in trial/programme/test_pages.py.
HIDDEN = {
    "desk:programme": PROGRAMME,
    "desk:calendar": PROGRAMME,
    "desk:group": PROGRAMME,
    "desk:attendance": PROGRAMME,
    "desk:attendance_of": PROGRAMME,
    "desk:move_session": {Role.PROGRAMME},
    "desk:crossover": {Role.PROGRAMME},
}
HIDDEN_POSTS = {
    "desk:undo_attendance": PROGRAMME,
    "desk:form_groups": {Role.PROGRAMME},
    "desk:form_crossover": {Role.PROGRAMME},
}

# name -> (method, status for: nobody, a participant, staff without a second factor, staff)
OPEN = {
    "home": ("get", 200, 200, 200, 200),
    "healthz": ("get", 200, 200, 200, 200),
    "readyz": ("get", 200, 200, 200, 200),
    "language": ("post", 302, 302, 302, 302),
    "mailbox": ("get", 404, 404, 404, 404),
    "analysis:demo": ("get", 404, 404, 404, 404),
    "analysis:demo_participant": ("post", 404, 404, 404, 404),
    "enrolment:closed": ("get", 200, 302, 200, 200),
    "enrolment:my_link": ("get", 200, 200, 200, 200),
    "enrolment:link": ("get", 410, 410, 410, 410),
    "portal:home": ("get", 302, 200, 302, 302),
    "portal:begin_wave": ("post", 302, 302, 302, 302),
    "portal:calendar": ("get", 302, 404, 302, 302),
    "enrolment:study": ("get", 200, 200, 200, 200),
    "enrolment:information": ("get", 200, 200, 200, 200),
    "enrolment:take_part": ("get", 200, 200, 200, 200),
    "enrolment:signed_up": ("get", 200, 200, 200, 200),
    "allocation:proof": ("get", 200, 200, 200, 200),
    "allocation:verify_script": ("get", 200, 200, 200, 200),
    "allocation:opening": ("get", 404, 404, 404, 404),
    "enrolment:consent": ("get", 302, 200, 302, 302),
    "enrolment:consent_copy": ("get", 302, 404, 302, 302),
    "enrolment:screening": ("get", 302, 302, 302, 302),
    "enrolment:about_you": ("get", 302, 302, 302, 302),
    "waves:mail_hour": ("get", 302, 200, 302, 302),
    "enrolment:leave_study": ("get", 302, 200, 302, 302),
    "enrolment:leave_device": ("post", 302, 302, 302, 302),
    # Somebody else's sitting; its own respondent's pages are in tests/questionnaires/test_answering_pages.py.
    "questionnaires:overview": ("get", 302, 404, 302, 302),
    "questionnaires:sheet": ("get", 302, 404, 302, 302),
    "questionnaires:answer": ("post", 302, 404, 302, 302),
    "questionnaires:review": ("get", 302, 404, 302, 302),
    "questionnaires:receipt": ("get", 302, 404, 302, 302),
    "questionnaires:answers": ("get", 302, 404, 302, 302),
    "questionnaires:answers_file": ("get", 302, 404, 302, 302),
    "desk:trials": ("get", 302, 302, 302, 200),
    "account_login": ("get", 200, 200, 302, 302),
    "account_logout": ("get", 302, 302, 200, 200),
    "account_signup": ("get", 200, 200, 302, 302),
    "account_inactive": ("get", 200, 200, 200, 200),
    "account_reauthenticate": ("get", 302, 302, 200, 302),
    "account_change_password": ("get", 302, 302, 302, 200),
    "account_reset_password": ("get", 200, 200, 200, 200),
    "account_reset_password_done": ("get", 200, 200, 200, 200),
    "account_reset_password_from_key": ("get", 200, 200, 200, 200),
    "account_reset_password_from_key_done": ("get", 200, 200, 200, 200),
    "mfa_index": ("get", 302, 302, 302, 200),
    "mfa_authenticate": ("get", 302, 302, 302, 302),
    "mfa_reauthenticate": ("get", 302, 302, 302, 200),
    "mfa_activate_totp": ("get", 302, 302, 200, 302),
    "mfa_deactivate_totp": ("get", 302, 302, 302, 200),
    "mfa_view_recovery_codes": ("get", 302, 302, 302, 200),
    "mfa_generate_recovery_codes": ("get", 302, 302, 302, 200),
    "mfa_download_recovery_codes": ("get", 302, 302, 302, 200),
}
PACK = factories.pack_rows(("brs_6", "es"))
SOME_SITTING = "00000000-0000-4000-8000-000000000000"
ARGUMENTS = {
    "portal:begin_wave": ["pre"],
    "questionnaires:overview": [SOME_SITTING],
    "questionnaires:sheet": [SOME_SITTING, "dass_21"],
    "questionnaires:answer": [SOME_SITTING, "dass_21"],
    "questionnaires:review": [SOME_SITTING],
    "questionnaires:receipt": [SOME_SITTING],
    "questionnaires:answers": [SOME_SITTING],
    "questionnaires:answers_file": [SOME_SITTING],
    "enrolment:study": ["alpha"],
    "enrolment:information": ["alpha"],
    "enrolment:take_part": ["alpha"],
    "enrolment:signed_up": ["alpha"],
    "allocation:proof": ["alpha"],
    "allocation:verify_script": ["alpha"],
    "allocation:opening": ["alpha", "cohort", 1],
    "enrolment:consent_copy": [1],
    "enrolment:link": ["not-a-token"],
    "account_reset_password_from_key": ["1", "not-a-key"],
}


def url_names(resolver=None, prefix: str = "") -> set[str]:
    found = set()
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            found |= url_names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            found.add(f"{prefix}{entry.name}")
    return found


def test_every_url_has_a_row():
    assert url_names() == {row.name for row in DESK} | set(HIDDEN) | set(HIDDEN_POSTS) | set(OPEN)


def address(row: Row, trial) -> str:
    objects = {
        "": lambda: [],
        "version": lambda: [1],
        "instrument": lambda: ["brs_6"],
        "pack": lambda: [load_pack(data=factories.pack_file(PACK), file_name="pack.csv").number],
        "participant": lambda: [trial.participants.get().code],
        "cohort": lambda: [1],
        "membership": lambda: [trial.memberships.get(role=Role.STATISTICIAN).pk],
        "case": lambda: [trial.safety_cases.get().pk],
        "report": lambda: [1],
        "report part": lambda: [1, "as_published", "results"],
        "report file": lambda: [1, "data.zip"],
        "wave": lambda: [1, "start"],
        "wave of a participant": lambda: [trial.participants.get().code, "start"],
        "mail": lambda: [0],
        "words": lambda: ["wave_open", "en"],
    }
    return reverse(row.name, args=[trial.slug, *objects[row.of]()])


@pytest.fixture
def two_trials(trial, other_trial):
    """Two trials alike, each with a statistician, a participant and a cohort of its own."""
    for each in (trial, other_trial):
        factories.make_member(each, Role.STATISTICIAN)
        factories.make_cohort(each)
        factories.make_case(factories.make_participant(each, "first@example.org"))
        store_report(each)
    return trial, other_trial


def answers(client: Client, trial) -> dict[str, HttpResponse]:
    """What each page of that trial answers to this visitor."""
    found = {}
    for row in DESK:
        with taken_back():
            found[row.name] = getattr(client, row.method)(address(row, trial))
    return found


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_pages_of_a_trial_open_for_their_roles_only(role, two_trials, as_staff):
    own, other = two_trials
    client = as_staff(factories.make_member(own, role))

    expected = {row.name: row.status if role in row.allowed else 404 if role in row.missing else 403 for row in DESK}
    assert {name: answer.status_code for name, answer in answers(client, own).items()} == expected
    assert {answer.status_code for answer in answers(client, other).values()} == {404}


def test_pages_of_a_trial_are_closed_to_those_without_a_role(two_trials):
    own, _ = two_trials
    visitor, participant = Client(), factories.open_pages(Client(), own.participants.get())

    for answer in (*answers(visitor, own).values(), *answers(participant, own).values()):
        assert answer.headers["Location"].startswith(SIGN_IN)


def test_pages_of_a_trial_are_closed_without_a_second_factor(two_trials, as_staff):
    own, _ = two_trials
    client = as_staff(factories.make_member(own, Role.PI, second_factor=False))

    assert {answer.headers["Location"] for answer in answers(client, own).values()} == {SET_UP}


def test_objects_of_another_trial_are_not_found_under_ones_own(two_trials):
    own, other = two_trials
    factories.make_participant(other, "second@example.org")
    store_report(other)
    foreign = {
        "version": [2],
        "participant": ["P-002"],
        "membership": [other.memberships.get(role=Role.STATISTICIAN).pk],
        "case": [other.safety_cases.get().pk],
        "report": [2],
        "report part": [2, "as_published", "results"],
        "report file": [2, "data.zip"],
        "cohort": [2],
        "wave": [2, "start"],
        "wave of a participant": ["P-002", "start"],
        "words": ["wave_open", "fr"],
        "instrument": ["nothing"],
        "pack": [99],
    }
    clients = {role: factories.sign_in(Client(), factories.make_member(own, role)) for role in Role}
    found = {}
    for row in (row for row in DESK if row.of and row.of != "mail"):
        client = clients[next(iter(row.allowed))]
        with taken_back():
            found[row.name] = getattr(client, row.method)(reverse(row.name, args=[own.slug, *foreign[row.of]]))

    assert {name: answer.status_code for name, answer in found.items()} == dict.fromkeys(found, 404)
    assert {row.of for row in DESK} == {*foreign, "", "mail"}


@pytest.mark.parametrize("name", OPEN)
def test_page_outside_trials_answers_each_visitor_as_written(name, trial, participant):
    method, *expected = OPEN[name]
    at = reverse(name, args=ARGUMENTS.get(name, []))
    visitors = [Client(), factories.open_pages(Client(), participant), Client(), Client()]
    factories.sign_in(visitors[2], factories.make_member(trial, Role.PI, second_factor=False))
    factories.sign_in(visitors[3], factories.make_member(trial, Role.MONITOR))

    assert [getattr(visitor, method)(at).status_code for visitor in visitors] == expected


def test_role_ended_closes_the_page_with_the_next_request(trial, pi, recruiter, as_staff):
    client = as_staff(recruiter)
    before = client.get(reverse("desk:participants", args=[trial.slug])).status_code

    membership = trial.memberships.get(user=recruiter)
    membership.ended_at = membership.created_at
    membership.save(update_fields=["ended_at"])

    assert (before, client.get(reverse("desk:participants", args=[trial.slug])).status_code) == (200, 404)


def test_contact_details_are_shown_to_those_who_write_to_people_and_nobody_else(trial, participant, as_staff):
    at = reverse("desk:participant", args=[trial.slug, participant.code])
    shown = {
        role
        for role in PARTICIPANT_PAGES
        if "first@example.org" in as_staff(factories.make_member(trial, role)).get(at).content.decode()
    }

    assert shown == {Role.RECRUITER, Role.CLINICIAN}
