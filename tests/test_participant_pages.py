"""Every page of a participant: light enough for a phone, and gone when the computer is somebody else's."""

import re
import zlib
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Request

from questionnaires import clock
from questionnaires import services as answering
from tests import factories
from tests.questionnaires.test_own_questions import QUESTIONS
from tests.test_permissions import url_names
from trial.allocation.visibility import crosses_over_to, takes_programme
from trial.enrolment import services as enrolment
from trial.people import services as people
from trial.people.models import Role
from trial.programme import services as programme
from trial.waves.questions import plain

ROOT = Path(__file__).resolve().parent.parent
LIGHT = 100_000
# Pages of the same rooms that are for everybody and hold nothing of a person.
FOR_EVERYBODY = {"study", "information", "take_part", "signed_up", "closed", "my_link"}
NOT_ASKED_BY_GET = {"enrolment:leave_device", "questionnaires:answer", "portal:begin_wave"}
NOT_THERE_BEFORE_A_GROUP = {"portal:calendar"}
OWN = sorted(
    name
    for name in url_names()
    if name.startswith(("enrolment:", "questionnaires:", "portal:"))
    and name.partition(":")[2] not in FOR_EVERYBODY
    and name not in NOT_ASKED_BY_GET | NOT_THERE_BEFORE_A_GROUP
)
SLUGS = [each.slug for each in factories.askable_instruments()]


def everything_of(person) -> dict[str, object]:
    """A wave of all instruments that is answered to the end, and one that was handed in."""
    respondent = factories.respondent_of(person)
    begun = factories.make_sitting(respondent, wave="begun", instruments=SLUGS)
    done = factories.make_sitting(respondent, wave="done", instruments=SLUGS)
    for sheet in (*begun.sheets.all(), *done.sheets.all()):
        given = {item.key: item.scale.highest for item in sheet.definition.items}
        answering.save_page(sheet, given, by=respondent.key)
    answering.submit_sitting(done, by=respondent.key)
    return {"begun": begun, "done": done}


def address(name: str, person, sittings) -> str:
    if name == "enrolment:link":
        return reverse(name, args=[people.issue_link(participant=person)])
    if name == "enrolment:consent_copy":
        return reverse(name, args=[person.consents.first().pk])
    if not name.startswith("questionnaires:"):
        return reverse(name)
    which = sittings["done" if name == "questionnaires:receipt" else "begun"].key
    return reverse(name, args=[which, "ders_28"] if name == "questionnaires:sheet" else [which])


@pytest.mark.parametrize("name", OWN)
def test_page_is_not_kept_by_a_browser(name, trial, participant):
    factories.give_consent(participant)
    reply = factories.open_pages(Client(), participant).get(address(name, participant, everything_of(participant)))

    assert reply.status_code in (200, 302)
    assert "no-store" in reply["Cache-Control"]


def test_no_script_of_ours_knows_a_store_of_the_browser():
    scripts = [
        path for folder in ("trial/static/trial", "questionnaires/static") for path in (ROOT / folder).rglob("*.js")
    ]
    stores = re.compile(r"localStorage|sessionStorage|indexedDB|\bcaches\b|serviceWorker|document\.cookie")

    found = {path.name: stores.findall(path.read_text()) for path in scripts if "vendor" not in path.parts}
    assert [used for used in found.values() if used] == []
    assert len(found) >= 2


@pytest.fixture
def person(committed_db):
    """In the model trial, whose participants answer every criterion themselves."""
    return factories.make_participant(factories.make_model_trial(), "phone@example.org")


@pytest.fixture
def weigh(device, site):
    """`weigh(address)`: what opening it carries in all: files as compressed beforehand, the page as it came.

    `by`: in the session of another participant.
    """
    page, heard = device(), []
    page.on("requestfinished", lambda each: heard.append(each))

    def carried(request: Request) -> int:
        if "/static/" in request.url:
            return len(zlib.compress(page.request.get(request.url).body(), 9))
        return request.sizes()["responseBodySize"]

    def of(at: str, *, by=None) -> int:
        if by is not None:
            cookie = {"name": "participant", "value": factories.session_of(by), "url": site}
            page.context.add_cookies([cookie])
        heard.clear()
        assert page.goto(at, wait_until="networkidle").status == 200
        return sum(carried(request) for request in list(heard))

    return of


@pytest.mark.browser
def test_every_page_of_a_wave_is_under_100_kilobytes_with_all_its_files(weigh, person):
    sittings = everything_of(person)
    pages = [f"/q/{sittings['begun'].key}/{at}" for at in ("", "review/", "answers/")]
    pages += [f"/q/{sittings['begun'].key}/sheets/{slug}/" for slug in SLUGS]
    weights = {at: weigh(at) for at in (*pages, f"/q/{sittings['done'].key}/receipt/")}

    assert {at: weight for at, weight in weights.items() if weight >= LIGHT} == {}


@pytest.mark.browser
def test_every_page_before_the_first_wave_is_under_100_kilobytes_with_all_its_files(weigh, person):
    weights = [weigh(f"/l/{people.issue_link(participant=person)}/"), weigh("/me/consent/")]
    factories.give_consent(person)
    weights += [weigh("/me/"), weigh("/me/screening/")]
    enrolment.submit_screening(participant=person, answers=factories.SUITABLE)
    weights += [weigh(at) for at in ("/me/", "/me/about-you/", "/me/leave-study/")]

    assert [weight for weight in weights if weight >= LIGHT] == []


@pytest.mark.browser
def test_every_page_of_a_study_for_everybody_is_under_100_kilobytes_with_all_its_files(weigh, person):
    slug = person.trial.slug
    pages = [reverse(f"enrolment:{name}", args=[slug]) for name in ("study", "information", "take_part", "signed_up")]
    weights = {at: weigh(at) for at in (*pages, "/closed/", "/my-link/", "/")}

    assert {at: weight for at, weight in weights.items() if weight >= LIGHT} == {}


@pytest.mark.browser
def test_own_questions_and_messages_are_under_100_kilobytes_with_all_their_files(weigh, person):
    """The sheet has all questions of the waves and one of each kind besides, and a long text among the answers."""
    version = person.trial.version_in_force()
    asked = {id: plain(version.protocol.question(id)) for wave in version.protocol.waves for id in wave.questions}
    respondent = factories.respondent_of(person)
    sitting = factories.make_sitting(respondent, questions=[*asked.values(), *QUESTIONS])
    given = {"event": "yes", "what": "So much happened. " * 110, "care": "visit", "days": "3"}
    answering.save_page(sitting.sheets.get(instrument="own_questions"), given, by=respondent.key)
    pages = (f"/q/{sitting.key}/sheets/own_questions/", f"/q/{sitting.key}/answers/", reverse("waves:mail_hour"))
    weights = {at: weigh(at) for at in pages}

    assert {at: weight for at, weight in weights.items() if weight >= LIGHT} == {}


@pytest.mark.browser
def test_home_after_the_draw_was_told_is_under_100_kilobytes_with_all_its_files(weigh, person):
    """Of who takes the course, with its sessions and the link to join, and of who waits."""
    trial = person.trial
    cohort = factories.make_drawn_cohort(trial, 4)
    at = clock.now().astimezone(trial.version_in_force().zone).time()
    (group,) = programme.form_groups(trial=trial, cohort=cohort, at=at, actor=None)
    instructor = factories.make_member(trial, Role.INSTRUCTOR)
    link = "https://meet.example.org/room"
    programme.lead_group(trial=trial, group=group, instructor=instructor, join_link=link, actor=None)
    people_of = {"takes": takes_programme(cohort, "cct")[0], "waits": crosses_over_to(cohort, "cct")[0]}
    weights = {who: weigh("/me/", by=participant) for who, participant in people_of.items()}

    assert {who: weight for who, weight in weights.items() if weight >= LIGHT} == {}
