"""What a wave mails, to whom and when: once, while it is still to do, at the hour that was chosen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Sitting
from tests import factories
from tests.trial.messages.test_outbox import sent
from trial.allocation.models import Allocation
from trial.enrolment import services as enrolment
from trial.messages import services as messages
from trial.messages.models import Kind, MailHour, OutgoingMail
from trial.people.models import Participant
from trial.waves import services as waves


@pytest.fixture
def evening(db):
    """Whoever enrols after the hours of all mails has the first one on the next day."""
    zone = ZoneInfo("Europe/Madrid")
    with clock.fixed(datetime.combine(clock.today(zone), time(19), tzinfo=zone)):
        yield


@pytest.fixture
def model(evening):
    return factories.make_model_trial()


@pytest.fixture
def pre(model):
    """The cohort's first wave, which has opened yesterday."""
    return factories.make_cohort(model).waves.get(wave="pre")


def at(wave, day: int, hour: int, minute: int = 0) -> datetime:
    """A local moment, so many days after the wave has opened."""
    zone = wave.cohort.trial.version_in_force().zone
    opens_on = wave.opens_at.astimezone(zone).date()
    return datetime.combine(opens_on + timedelta(days=day), time(hour, minute), tzinfo=zone)


def run(moment: datetime) -> int:
    """One beat at this moment; how many mails left."""
    with clock.fixed(moment):
        waves.ask_for_due_mails()
        return messages.send_due_mail()


def asked(**only: object) -> list[tuple[str, int]]:
    return list(OutgoingMail.objects.filter(**only).exclude(wave="").values_list("kind", "number"))


def subjects(mailbox) -> list[str]:
    return [mail["subject"] for mail in sent(mailbox)]


def test_opening_and_reminders_leave_on_their_days_at_the_hour(model, pre, mailbox):
    factories.enrol(model, "first@example.org")
    messages.send_due_mail()
    moments = [at(pre, day, hour, minute) for day in range(2, 9) for hour, minute in ((9, 59), (10, 0), (10, 1))]

    left = {f"{moment:%d %H:%M}": run(moment) for moment in moments}

    assert [moment for moment in moments if left[f"{moment:%d %H:%M}"]] == [at(pre, day, 10) for day in (2, 3, 5)]
    assert asked() == [(Kind.WAVE_OPEN, 0), (Kind.WAVE_REMINDER, 1), (Kind.WAVE_REMINDER, 2)]


def test_mail_says_the_wave_the_last_day_and_the_minutes_and_brings_a_link(model, pre, mailbox):
    person = factories.enrol(model, "first@example.org")
    Participant.objects.filter(pk=person.pk).update(language="es")
    messages.send_due_mail()

    assert run(at(pre, 2, 10)) == 1

    mail = sent(mailbox)[-1]
    assert mail["to"] == "first@example.org"
    assert "Primeros cuestionarios" in mail["subject"]
    body = mail.get_body(("plain",)).get_content()
    assert "35" in body
    assert "http://localhost:8000/l/" in body


def test_two_beats_at_once_write_each_row_once(committed_db, mailbox):
    model = factories.make_model_trial()
    pre = factories.make_cohort(model).waves.get(wave="pre")
    for number in range(3):
        factories.enrol(model, f"{number}@example.org")

    def beat(_):
        try:
            return run(at(pre, 2, 10))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as beats:
        list(beats.map(beat, range(8)))

    assert asked() == [(Kind.WAVE_OPEN, 0)] * 3
    assert sum("First questionnaires" in subject for subject in subjects(mailbox)) == 3


def test_run_that_comes_days_late_sends_the_last_mail_and_none_it_has_overtaken(model, pre, mailbox):
    factories.enrol(model, "first@example.org")
    messages.send_due_mail()

    assert run(at(pre, 4, 12)) == 1
    assert asked() == [(Kind.WAVE_REMINDER, 1)]


def test_reminder_of_a_wave_handed_in_or_left_while_it_waited_is_dropped(model, pre, mailbox):
    done, left, _still = (factories.enrol(model, f"{name}@example.org") for name in ("done", "left", "still"))
    messages.send_due_mail()
    with clock.fixed(at(pre, 2, 10)):
        waves.ask_for_due_mails()
    factories.hand_in(done, "pre")
    enrolment.withdraw(participant=left, choice=enrolment.Choice.QUESTIONNAIRES)

    run(at(pre, 2, 11))

    opened = [mail["to"] for mail in sent(mailbox) if "open until" in mail["subject"]]
    assert opened == ["still@example.org"]
    dropped = OutgoingMail.objects.filter(dropped_at__isnull=False)
    assert [mail.participant for mail in dropped] == [done, left]


def test_nothing_is_asked_for_of_whom_nothing_is_asked(model, pre, mailbox):
    done, left = (factories.enrol(model, f"{name}@example.org") for name in ("done", "left"))
    factories.hand_in(done, "pre")
    enrolment.withdraw(participant=left, choice=enrolment.Choice.STUDY)
    factories.make_participant(model, "without-a-place@example.org")

    with clock.fixed(at(pre, 2, 10)):
        waves.ask_for_due_mails()

    assert asked() == [(Kind.WAVE_RECEIPT, 0)]


def test_who_has_to_sign_again_is_asked_nothing_until_then(model, pre, mailbox):
    factories.enrol(model, "first@example.org")
    document = model.version_in_force().protocol.consent_documents[0]
    factories.amend(model, f'version = "{document.version}"', f'version = "{document.version}-new"')

    run(at(pre, 2, 10))
    before = asked()
    factories.give_consent(Participant.objects.get())
    run(at(pre, 2, 11))

    assert (before, asked()) == ([], [(Kind.WAVE_OPEN, 0)])


def test_locked_trial_mails_nothing(model, mailbox):
    cohort = factories.make_drawn_cohort(model, 2)
    post = cohort.waves.get(wave="post")
    messages.send_due_mail()
    with clock.fixed(at(post, 0, 10)):
        waves.ask_for_due_mails()
    factories.lock(model)

    assert run(at(post, 0, 11)) == 0
    assert OutgoingMail.objects.filter(wave="post", dropped_at__isnull=False).count() == 2


def test_mail_that_is_due_in_the_quiet_hours_waits_for_the_morning(model, pre, mailbox):
    factories.enrol(model, "first@example.org")
    messages.send_due_mail()

    left = [run(at(pre, 2, 23)), run(at(pre, 3, 7, 59)), run(at(pre, 3, 8))]

    assert left == [0, 0, 1]
    assert OutgoingMail.objects.get(kind=Kind.WAVE_OPEN).attempts == 1


def test_hour_that_somebody_prefers_holds_for_their_mails(model, pre, mailbox):
    person = factories.enrol(model, "first@example.org")
    messages.send_due_mail()
    MailHour.objects.create(participant=person, hour=18)

    assert [run(at(pre, 2, hour)) for hour in (10, 17, 18)] == [0, 0, 1]


def test_mails_of_later_waves_are_the_same_in_every_arm(model, mailbox):
    cohort = factories.make_drawn_cohort(model, 6)
    arms = {each.participant_id: each.arm for each in Allocation.objects.all()}
    post = cohort.waves.get(wave="post")
    messages.send_due_mail()

    for day in range(9):
        run(at(post, day, 10))

    by_arm: dict[str, set] = {}
    for person in Participant.objects.all():
        by_arm.setdefault(arms[person.pk], set()).add(tuple(asked(participant=person, wave="post")))
    assert set(by_arm) == {"cct", "waitlist"}
    assert (
        by_arm["cct"] == by_arm["waitlist"] == {((Kind.WAVE_OPEN, 0), (Kind.WAVE_REMINDER, 1), (Kind.WAVE_REMINDER, 2))}
    )


def test_50_submits_are_one_receipt(committed_db, mailbox):
    model = factories.make_model_trial()
    factories.make_cohort(model)
    person = factories.enrol(model, "first@example.org")
    sitting = waves.begin(participant=person, wave="pre")

    def submit(_):
        try:
            answering.submit_sitting(sitting, by=person.respondent_key)
            waves.ask_for_due_mails()
            messages.send_due_mail()
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as devices:
        list(devices.map(submit, range(50)))

    assert subjects(mailbox).count("First questionnaires: handed in") == 1
    assert asked() == [(Kind.WAVE_RECEIPT, 0)]


def test_receipt_says_when_and_is_not_sent_to_who_has_left(model, pre, mailbox):
    stays, leaves = (factories.enrol(model, f"{name}@example.org") for name in ("stays", "leaves"))
    for person in (stays, leaves):
        factories.hand_in(person, "pre")
    messages.send_due_mail()
    waves.ask_for_due_mails()
    enrolment.withdraw(participant=leaves, choice=enrolment.Choice.QUESTIONNAIRES)

    messages.send_due_mail()

    (receipt,) = [mail for mail in sent(mailbox) if "handed in" in mail["subject"]]
    handed_in = Sitting.objects.get(respondent=stays.respondent_key).submitted_at
    assert receipt["to"] == "stays@example.org"
    assert f"{handed_in.astimezone(model.version_in_force().zone):%H:%M}" in receipt.get_body(("plain",)).get_content()


def test_old_receipts_are_not_sent(model, pre):
    factories.hand_in(factories.enrol(model, "first@example.org"), "pre")

    with clock.fixed(clock.now() + timedelta(days=8)):
        assert waves.ask_for_due_mails() == 0


def test_coming_mails_name_the_people_and_agree_with_what_is_sent(model, pre, mailbox):
    first, second = (factories.enrol(model, f"{name}@example.org") for name in ("first", "second"))
    with clock.fixed(at(pre, 2, 9)):
        coming = [each for each in waves.coming_mails(model) if each.wave == "pre"]

    assert [(each.at, each.number, each.codes) for each in coming][:2] == [
        (at(pre, 2, 10), 0, (first.code, second.code)),
        (at(pre, 3, 10), 1, (first.code, second.code)),
    ]


def test_coming_mails_do_not_name_who_has_left_something(model, pre):
    stays, leaves = (factories.enrol(model, f"{name}@example.org") for name in ("stays", "leaves"))
    enrolment.withdraw(participant=leaves, choice=enrolment.Choice.SESSIONS)

    with clock.fixed(at(pre, 2, 9)):
        assert {each.codes for each in waves.coming_mails(model)} == {(stays.code,)}


def test_beat_asks_the_database_the_same_for_1_and_30_people(model, pre):
    counts = []
    for size in (1, 30):
        for number in range(model.participants.count(), size):
            factories.enrol(model, f"{number}@example.org")
        with clock.fixed(at(pre, 2 + size % 7, 10)), CaptureQueriesContext(connection) as queries:
            assert waves.ask_for_due_mails() > 0
        counts.append(len(queries))

    assert counts == [counts[0]] * 2
