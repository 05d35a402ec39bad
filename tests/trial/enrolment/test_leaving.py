"""Leaving: from any point, at once, without a reason; staff see that, and never from what."""

import re

import pytest
from django.core import mail as outbox
from django.test import Client

from tests import factories
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.enrolment.models import Level, Withdrawal
from trial.messages import services as messages
from trial.messages.models import OutgoingMail
from trial.people.models import Role
from trial.protocol import services as protocols
from trial.protocol.models import Stage

S, Q, D = Level.SESSIONS, Level.QUESTIONNAIRES, Level.DATA


def levels(participant) -> list[str]:
    return list(participant.withdrawals.order_by("pk").values_list("level", flat=True))


@pytest.mark.parametrize(
    ("choice", "left"),
    [("sessions", [S]), ("questionnaires", [Q]), ("study", [S, Q]), ("study_and_data", [S, Q, D])],
)
def test_choice_is_in_force_at_once(participant, choice, left):
    client = factories.open_pages(Client(), participant)

    home = client.post("/me/leave-study/", {"choice": choice}, follow=True).content.decode()

    assert levels(participant) == left
    assert "You have left the " in home


def test_questionnaires_under_way_say_that_they_were_left_and_take_nothing_more(participant):
    sitting = factories.make_sitting(factories.respondent_of(participant))
    sheet = f"/q/{sitting.key}/sheets/dass_21/"
    client = factories.open_pages(Client(), participant)
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.QUESTIONNAIRES)

    page = client.get(sheet, follow=True)
    refused = client.post(sheet, {"q-1": "2"})

    sentence = "You have left the questionnaires, so nothing more is asked of you. What you answered before is kept."
    assert (page.request["PATH_INFO"], page.status_code, refused.status_code) == (f"/q/{sitting.key}/", 200, 409)
    assert [sentence in each.content.decode() for each in (page, refused)] == [True, True]
    assert client.get(f"/q/{sitting.key}/answers/").status_code == 200


def close(trial):
    return protocols.move_to(trial=trial, stage=Stage.CLOSED, actor=None)


def test_without_a_choice_nothing_is_left(participant):
    page = factories.open_pages(Client(), participant).post("/me/leave-study/", {})

    assert page.status_code == 200
    assert Withdrawal.objects.count() == 0


@pytest.mark.parametrize("move_on", [close, factories.lock, factories.unmask], ids=["closed", "locked", "unmasked"])
def test_leaving_is_open_at_every_stage(trial, participant, move_on):
    move_on(trial)

    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)

    assert levels(participant) == [S, Q]


def test_leaving_twice_adds_what_is_new_and_mails_for_that(participant):
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.SESSIONS)
    again = enrolment.withdraw(participant=participant, choice=enrolment.Choice.SESSIONS)
    more = enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)

    assert (again, more) == ((), (Q,))
    assert AuditEntry.objects.filter(action="participant.withdrew").count() == 2


def test_waiting_mail_is_not_sent_after_leaving_and_the_confirmation_is(participant):
    waiting = messages.ask_for_personal_link(participant)
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)

    assert messages.send_due_mail() == 1
    waiting.refresh_from_db()
    assert (waiting.sent_at, waiting.dropped_at is None) == (None, False)
    assert outbox.outbox[0].subject == "What you have left: Compassion study"
    assert "You have left the sessions and the questionnaires." in outbox.outbox[0].body


def test_waiting_mail_is_sent_to_somebody_who_left_the_sessions_only(participant):
    messages.ask_for_personal_link(participant)
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.SESSIONS)

    assert messages.send_due_mail() == 2


def test_link_in_the_confirmation_opens_the_page_that_says_it(participant):
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY_AND_DATA)
    messages.send_due_mail()
    link = re.search(r"http://localhost:8000(/l/\S+)", outbox.outbox[0].body).group(1)
    client = Client()

    page = client.post(link, follow=True).content.decode()

    assert "You have left the sessions, the questionnaires and the use of data not yet analysed" in page


def test_link_asked_for_after_leaving_is_sent(participant):
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)
    OutgoingMail.objects.update(sent_at="2026-10-05T12:00:00Z")
    messages.ask_for_personal_link(participant)

    assert messages.send_due_mail() == 1


@pytest.mark.parametrize("choice", enrolment.Choice.values)
def test_staff_see_withdrawn_and_the_same_page_whatever_was_left(trial, eligible, as_staff, choice):
    """Compared with somebody who left nothing but the sessions."""
    other = factories.make_participant(trial, "second@example.org")
    factories.give_consent(other)
    enrolment.submit_screening(participant=other, answers=factories.SUITABLE)
    enrolment.withdraw(participant=eligible, choice=enrolment.Choice(choice))
    enrolment.withdraw(participant=other, choice=enrolment.Choice.SESSIONS)

    def page(client, person) -> str:
        text = client.get(f"/t/{trial.slug}/participants/{person.code}/").content.decode()
        text = re.sub(r'value="\w{64}"', "", text).replace("second@example.org", "first@example.org")
        return text.replace(person.code, "P")

    for role in (Role.PI, Role.RECRUITER, Role.DATA_MANAGER, Role.MONITOR, Role.CLINICIAN):
        client = as_staff(factories.make_member(trial, role))
        assert page(client, eligible) == page(client, other)
        assert "Withdrawn" in page(client, eligible)
        assert (
            client.get(f"/t/{trial.slug}/participants/").content.decode().count("Withdrawn") == 3
        )  # the filter offers it, too


def test_trail_says_withdrawn_and_never_from_what(trial, participant):
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY_AND_DATA)

    entry = AuditEntry.objects.get(action="participant.withdrew")
    assert (entry.data, entry.reason, entry.participant) == ({}, "", participant)
