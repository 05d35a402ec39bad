"""Asking for one's link tells nobody who takes part, and cannot be used to flood a mailbox."""

import re

from django.test import Client

from trial.messages.models import OutgoingMail


def ask(address: str, place: str = "192.0.2.1"):
    return Client(REMOTE_ADDR=place).post("/my-link/", {"email": address})


def without_token(answer) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def test_answer_is_the_same_for_a_known_and_an_unknown_address(participant):
    known, unknown = ask("first@example.org"), ask("nobody@example.org")

    assert without_token(known) == without_token(unknown)
    assert [mail.participant for mail in OutgoingMail.objects.all()] == [participant]


def test_one_address_gets_3_links_an_hour(participant):
    for place in range(10):
        ask("first@example.org", f"192.0.2.{place}")
        OutgoingMail.objects.filter(sent_at=None).update(sent_at="2026-10-05T12:00:00Z")

    assert OutgoingMail.objects.count() == 3


def test_one_place_may_ask_30_times_an_hour(participant, other_trial):
    for number in range(31):
        ask(f"{number}@example.org")
    ask("first@example.org")

    assert OutgoingMail.objects.count() == 0


def test_address_without_an_at_sign_is_told_beside_the_field(db):
    page = ask("first.example.org").content.decode()

    assert "Enter a valid email address." in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_email_error"' in page
