"""The list of participants, searched and filtered, and the page of one: who sees what."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from tests import factories
from trial.audit.services import record
from trial.messages.models import Kind
from trial.people.models import Role

pytestmark = pytest.mark.django_db
SEEING = (Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN)


@pytest.fixture
def listed(client, running):
    """`listed("?state=ready")`: the codes of the list."""

    def of(query: str = "") -> list[str]:
        factories.sign_in(client, factories.make_member(running, Role.MONITOR))
        page = client.get(reverse("desk:participants", args=[running.slug]) + query).content.decode()
        return re.findall(r">(P-\d+)</a>", page)

    return of


@pytest.fixture
def page_of(client, running):
    """`page_of("P-001", Role.PI)`: the person's page as that role sees it."""

    def of(code: str, role: Role) -> str:
        factories.sign_in(client, factories.make_member(running, role))
        return client.get(reverse("desk:participant", args=[running.slug, code])).content.decode()

    return of


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?code=13", ["P-013"]),
        ("?code=p-00", [f"P-00{number}" for number in range(1, 10)]),
        ("?code=%20P-010%20", ["P-010"]),
        ("?code=nobody", []),
        ("?state=withdrawn", ["P-001", "P-006"]),
        ("?state=randomised", ["P-002", "P-003", "P-004", "P-005", "P-007", "P-008", "P-009"]),
        ("?state=not_eligible", ["P-011"]),
        ("?state=ready", ["P-010"]),
        ("?state=consented", ["P-012"]),
        ("?state=new", ["P-013"]),
        ("?state=waiting", []),
        ("?state=randomised&code=9", ["P-009"]),
        ("?box=not-randomised", ["P-010", "P-011"]),
        ("?box=wave-post", ["P-002", "P-003", "P-004"]),
        ("?box=without-consent", ["P-013"]),
    ],
)
def test_list_shows_whom_one_asks_for(query, expected, listed):
    assert listed(query) == expected


def test_list_with_an_unknown_state_shows_everybody(listed):
    assert len(listed("?state=no-such-state")) == 13


def test_box_that_does_not_exist_is_not_found(client, running, listed):
    listed()

    for query in ("?box=no-such-box", "?box=wave-none", "?box=randomised&arm=cct", "?box=randomised&arm=none"):
        assert client.get(reverse("desk:participants", args=[running.slug]) + query).status_code == 404


def test_box_of_an_unknown_arm_is_not_found_once_unmasked(client, running, listed):
    factories.unmask(running)
    listed()

    assert client.get(reverse("desk:participants", args=[running.slug]) + "?box=assessed&arm=none").status_code == 404


def steps(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<li class="is-(\w+)"[^>]*>.*?<h3>([\w ]+?)(?: <span.*?)?</h3>', page, re.DOTALL)


def test_page_shows_the_way_of_a_person(page_of):
    done = ["Registered", "Consent", "Screening", "Sheet about the person", "First questionnaires", "The draw"]

    assert steps(page_of("P-005", Role.MONITOR)) == [
        *(("done", step) for step in done),
        ("now", "Second questionnaires"),
        ("later", "Third questionnaires"),
    ]


def test_page_of_somebody_who_left_shows_what_was_done_and_never_from_what(page_of):
    page = page_of("P-006", Role.RECRUITER)

    assert steps(page)[-3:] == [("done", "First questionnaires"), ("done", "The draw"), ("done", "Withdrawn")]
    for level in ("the sessions", "the questionnaires", "the use of data"):
        assert level not in page


def test_contact_details_are_for_those_who_write_or_call(page_of):
    assert [role for role in SEEING if "person-5@example.org" in page_of("P-005", role)] == [
        Role.RECRUITER,
        Role.CLINICIAN,
    ]


def test_trail_of_a_person_is_for_those_who_read_the_trail(page_of):
    assert [role for role in SEEING if "Consent given, version 1.0: P-005" in page_of("P-005", role)] == [
        Role.PI,
        Role.DATA_MANAGER,
        Role.MONITOR,
    ]


def test_page_lists_mails_and_entries_that_tell_no_arm(running, page_of):
    person = running.participants.get(code="P-005")
    record("attendance.noted", trial=running, participant=person)

    page = page_of("P-005", Role.PI)

    assert "attendance.noted" not in page
    mails = re.findall(r"</span> ([\w ]+)<br>", page.split('id="mails"')[1].split("</section>")[0])
    assert mails == [str(Kind.ALLOCATION.label), str(Kind.CONSENT_COPY.label)]


def test_page_lists_every_version_that_was_signed(running, page_of):
    factories.amend(running, 'version = "1.0"', 'version = "1.1"')
    factories.give_consent(running.participants.get(code="P-005"))

    signed = page_of("P-005", Role.MONITOR).split('id="signed"')[1].split("</section>")[0]
    assert re.findall(r"<b>Version ([\d.]+)</b>", signed) == ["1.0", "1.1"]


def test_mails_after_a_withdrawal_would_tell_from_what_and_are_not_shown(running, page_of):
    person = running.participants.get(code="P-006")
    left_at = person.withdrawals.get().withdrawn_at
    for kind, days in ((Kind.ALLOCATION, -1), (Kind.WAVE_REMINDER, 1)):
        at = left_at + timedelta(days=days)
        person.mails.create(kind=kind, trial=running, created_at=at, claimed_at=at, sent_at=at)

    mails = page_of("P-006", Role.PI).split('id="mails"')[1].split("</section>")[0]

    assert re.findall(r"</span> ([\w ]+)<br>", mails) == [str(Kind.ALLOCATION.label), str(Kind.WITHDRAWAL.label)]
