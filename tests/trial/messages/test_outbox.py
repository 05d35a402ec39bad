"""Mails leave once, by whichever worker is first, and nothing a killed worker held is lost."""

import email
import email.policy
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.template.loader import get_template
from django.test import Client
from django.utils.module_loading import import_string

from questionnaires import clock
from tests import factories
from trial.messages import services as messages
from trial.messages.models import Kind, OutgoingMail
from trial.people import services as people
from trial.people.models import PersonalLink, Role


def sent(folder: Path) -> list[email.message.EmailMessage]:
    """The mails in the folder, in the order in which they came."""
    files = sorted(folder.glob("*.log"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def test_mail_brings_the_personal_link_in_the_participants_language(participant, mailbox):
    type(participant).objects.filter(pk=participant.pk).update(language="es")
    messages.ask_for_personal_link(participant)

    assert messages.send_due_mail() == 1
    (mail,) = sent(mailbox)
    link = re.search(r"http://localhost:8000(/l/\S+)", mail.get_body(("plain",)).get_content()).group(1)
    assert mail["to"] == "first@example.org"
    assert mail["Message-ID"] == f"<{OutgoingMail.objects.get().message_id}@localhost>"
    assert Client().post(link).headers["Location"] == "/me/"


def test_asking_twice_before_it_has_gone_is_one_mail(participant, mailbox):
    messages.ask_for_personal_link(participant)
    messages.ask_for_personal_link(participant)

    assert [messages.send_due_mail(), messages.send_due_mail()] == [1, 0]
    assert len(sent(mailbox)) == 1


def test_database_refuses_a_second_waiting_mail(participant):
    first = messages.ask_for_personal_link(participant)
    with pytest.raises(IntegrityError, match="mail_waits_once"), transaction.atomic():
        OutgoingMail.objects.create(
            kind=first.kind, trial=participant.trial, participant=participant, created_at=clock.now()
        )


def test_mail_of_a_killed_worker_goes_out_after_ten_minutes_under_the_same_id(participant, mailbox):
    mail = messages.ask_for_personal_link(participant)
    OutgoingMail.objects.update(claimed_at=clock.now())
    start = clock.now()

    with clock.fixed(start + timedelta(minutes=9)):
        early = messages.send_due_mail()
    with clock.fixed(start + timedelta(minutes=11)):
        late = messages.send_due_mail()

    assert (early, late) == (0, 1)
    assert sent(mailbox)[0]["Message-ID"] == f"<{mail.message_id}@localhost>"


def test_12_mails_that_cannot_go_out_hold_up_no_other_and_leave_no_link(trial, participant, mailbox):
    broken = [factories.make_participant(trial, f"{number}@example.org\nBcc: x@example.org") for number in range(12)]
    for person in [*broken, participant]:
        messages.ask_for_personal_link(person)

    assert messages.send_due_mail() == 1
    assert [mail["to"] for mail in sent(mailbox)] == ["first@example.org"]
    assert PersonalLink.objects.filter(participant__in=broken).count() == 0


def test_mail_that_fails_is_tried_12_times_and_then_left(trial, mailbox):
    mail = messages.ask_for_personal_link(factories.make_participant(trial, "a@example.org\nBcc: x@example.org"))
    start = clock.now()

    for number in range(20):
        with clock.fixed(start + timedelta(minutes=11 * number)):
            messages.send_due_mail()

    mail.refresh_from_db()
    assert (mail.attempts, mail.sent_at, sent(mailbox)) == (12, None, [])


def test_link_that_was_asked_for_before_the_links_were_revoked_is_not_sent(participant, mailbox):
    people.issue_link(participant=participant)
    messages.ask_for_personal_link(participant)
    people.revoke_links(participant=participant, actor=None, reason="wrong hands")

    assert messages.send_due_mail() == 0
    assert sent(mailbox) == []


def test_20_workers_at_once_send_one_mail(committed_db, mailbox):
    participant = factories.make_participant(factories.make_trial("alpha"), "first@example.org")
    mail = messages.ask_for_personal_link(participant)

    def work(_):
        try:
            return messages.send(mail.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as workers:
        done = list(workers.map(work, range(20)))

    assert sorted(done) == [False] * 19 + [True]
    assert PersonalLink.objects.count() == 1
    assert len(sent(mailbox)) == 1


def test_new_member_gets_a_mail_that_sets_a_password(trial, pi, as_staff, mailbox):
    as_staff(pi).post(f"/t/{trial.slug}/team/", {"email": "New@example.org", "name": "New", "role": Role.MONITOR.value})
    messages.send_due_mail()
    (mail,) = sent(mailbox)
    address = re.search(r"http://localhost:8000(\S+)", mail.get_body(("plain",)).get_content()).group(1)

    client = Client()
    form = client.get(address, follow=True)
    done = client.post(
        form.request["PATH_INFO"], {"password1": "a-long-new-password", "password2": "a-long-new-password"}
    )

    assert done.headers["Location"] == "/account/password/reset/key/done/"
    assert trial.memberships.get(role=Role.MONITOR).user.check_password("a-long-new-password")


def test_every_kind_of_mail_has_a_writer_and_a_template():
    templates = [f"emails/{kind}-{part}" for kind in Kind.values for part in ("subject.txt", "body.txt", "body.html")]

    assert set(settings.MAIL_WRITERS) == set(Kind.values)
    assert [callable(import_string(writer)) for writer in settings.MAIL_WRITERS.values()] == [True] * len(Kind)
    assert [get_template(name).template.name for name in templates] == templates
