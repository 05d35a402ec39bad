"""The hour that a participant prefers, and links in mails, which change nothing when they are opened."""

import re

import pytest
from django.test import Client

from tests import factories
from tests.trial.messages.test_outbox import sent
from trial.audit.models import AuditEntry
from trial.messages import services as messages
from trial.messages.models import MailHour, OutgoingMail
from trial.messages.services import MailRefused
from trial.people.models import ParticipantSession, PersonalLink


@pytest.fixture
def person(db):
    return factories.make_participant(factories.make_model_trial(), "first@example.org")


def test_hour_is_chosen_changed_and_given_back(person):
    client, at = factories.open_pages(Client(), person), "/me/messages/"
    kept = []
    for hour in ("18", "8", ""):
        assert client.post(at, {"hour": hour}).headers["Location"] == at
        kept.append(list(MailHour.objects.values_list("participant", "hour")))

    assert kept == [[(person.pk, 18)], [(person.pk, 8)], []]
    assert AuditEntry.objects.filter(action="mail.hour_chosen").count() == 3


@pytest.mark.parametrize("hour", ["7", "21", "24", "-1", "noon"])
def test_quiet_hour_and_what_is_no_hour_are_refused(person, hour):
    client = factories.open_pages(Client(), person)

    answer = client.post("/me/messages/", {"hour": hour})

    assert (answer.status_code, MailHour.objects.count()) == (200, 0)


def test_service_refuses_a_quiet_hour_whatever_the_page_offers(person):
    with pytest.raises(MailRefused) as refusal:
        messages.choose_mail_hour(participant=person, hour=3)

    assert (refusal.value.guard, MailHour.objects.count()) == ("quiet", 0)


def test_link_in_a_mail_changes_nothing_when_it_is_opened(person, mailbox):
    """Mail scanners open links."""
    messages.ask_for_personal_link(person)
    messages.send_due_mail()
    text = sent(mailbox)[0].get_body(("plain",)).get_content()
    at = re.search(r"http://localhost:8000(/l/\S+)", text).group(1)

    def everything() -> list:
        tables = (AuditEntry, PersonalLink, ParticipantSession, OutgoingMail)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    before = everything()
    answers = [Client().get(at), Client().head(at)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [set(answer.cookies) - {"csrftoken"} for answer in answers] == [set(), set()]
    assert everything() == before
