"""A form that is sent after its session has ended: nothing is taken, and nothing of it is lost."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from questionnaires import services as answering
from questionnaires.models import AnswerChange
from tests import factories
from trial.people.models import ParticipantSession

TEXT = '"><script>alert(1)</script>'


@pytest.fixture
def sheet(participant):
    return factories.make_sitting(factories.respondent_of(participant)).sheets.get(instrument="dass_21")


@pytest.fixture
def own(client, participant):
    """Somebody whose session ended a moment ago, unnoticed."""
    factories.open_pages(client, participant)
    ParticipantSession.objects.update(last_seen_at="2026-01-01T00:00Z")
    return client


def address(sheet):
    return reverse("questionnaires:sheet", args=[sheet.sitting_id, "dass_21"])


def fields_of(page: str) -> dict[str, str]:
    return {
        name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', page)
    }


def test_form_comes_back_with_all_that_was_sent_and_is_taken_once_the_link_was_opened(own, sheet, participant):
    sent = {f"i-{item}": "2" for item in range(1, 22)} | {"was-1": "", "next": "1"}
    page = own.post(address(sheet), sent)
    waiting = {name: value for name, value in fields_of(page.content.decode()).items() if "csrf" not in name}
    before = AnswerChange.objects.count()
    again = factories.open_pages(own, participant).post(address(sheet), waiting)

    assert (page.status_code, page["Cache-Control"], waiting, before) == (401, "no-store", sent, 0)
    assert again.status_code == 302
    assert answering.answers_of(sheet) == {str(item): 2 for item in range(1, 22)}


def test_what_was_sent_is_shown_as_text_only(own, sheet):
    page = own.post(address(sheet), {"t-what": TEXT}).content.decode()

    assert "<script>alert" not in page
    assert fields_of(page)["t-what"] == TEXT


@pytest.mark.parametrize("name", ["overview", "review"])
def test_every_button_can_be_pressed_once_more(own, sheet, participant, name):
    at = reverse(f"questionnaires:{name}", args=[sheet.sitting_id])
    status = own.post(at).status_code

    assert (status, factories.open_pages(own, participant).post(at).status_code) == (401, 302)


def test_script_is_led_away_and_keeps_its_answer_by_itself(own, sheet):
    assert own.post(f"{address(sheet)}answer/", {"item": "1"}).status_code == 302


def test_form_of_another_site_is_not_shown_again(sheet):
    assert Client(enforce_csrf_checks=True).post(address(sheet), {"i-1": "2"}).status_code == 403
