"""Reminders under SIGKILL: none missing, and none twice where the mail server can be asked for a Message-ID."""

import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Least

from questionnaires import services as answering
from questionnaires.models import Sitting
from tests import factories
from tests.conftest import ROOT, environment, stop, wait_until
from tests.crowd import make_crowd
from tests.mortal import a_mail_server, a_queue, a_worker, alive, beat_of, dying, repeatedly, short_folder
from tests.processes import queue as redis_at
from tests.trial.messages.test_outbox import sent
from trial.enrolment import services as enrolment
from trial.messages import services as messages
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Participant
from trial.waves import services as waves
from trial.waves.models import CohortWave

DOOMED = Path(__file__).parent / "doomed.py"
WORKERS = 3
TASKS = ("trial.waves.tasks.ask_for_due_mails", "trial.messages.tasks.send_due_mail")


@pytest.fixture
def pre(committed_db) -> CohortWave:
    """The first wave of a trial without quiet hours, which has opened yesterday."""
    model = factories.make_model_trial()
    cohort = factories.make_cohort(model)
    factories.amend(model, "quiet_from = 21:00:00", "quiet_from = 08:00:00")
    return cohort.waves.get(wave="pre")


def ten_minutes_pass() -> None:
    """For every claim that nobody holds any more, or not yet."""
    with transaction.atomic():
        free = OutgoingMail.objects.unsettled().filter(claimed_at__isnull=False)
        held = list(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
        longer_ago = F("claimed_at") - timedelta(minutes=11)
        OutgoingMail.objects.filter(pk__in=held).update(claimed_at=longer_ago, attempts=Least(F("attempts"), 5))


def run_doomed(mailbox: Path, *, chance: float, mute: bool = False, longest_s: float = 30.0) -> int:
    """Let three programs send with workers that die; returns how many were killed."""
    at_folder = environment(MAIL_FOLDER=str(mailbox), PYTHONPATH=str(ROOT))
    programs = [
        subprocess.Popen(
            [sys.executable, str(DOOMED), str(seed), str(chance), str(longest_s), "mute" if mute else "asked"],
            cwd=ROOT,
            env=at_folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(WORKERS)
    ]
    end = time.monotonic() + 600
    while any(program.poll() is None for program in programs) and time.monotonic() < end:
        ten_minutes_pass()
        time.sleep(0.2)
    try:
        return sum(int(program.communicate(timeout=1)[0]) for program in programs)
    finally:
        for program in programs:
            stop(program)


def copies(mailbox: Path) -> Counter:
    return Counter((mail["to"], mail["Message-ID"]) for mail in sent(mailbox))


def check_sink_that_can_be_asked(pre: CohortWave, mailbox: Path, number: int, least_killed: int) -> None:
    make_crowd(pre.cohort, number)

    killed = run_doomed(mailbox, chance=0.12)

    rows = OutgoingMail.objects.filter(kind=Kind.WAVE_OPEN, sent_at__isnull=False)
    expected = {(f"crowd-{count}@example.org", 1) for count in range(1, number + 1)}
    assert {(to, count) for (to, _id), count in copies(mailbox).items()} == expected
    assert rows.count() == number
    assert killed >= least_killed


def test_60_reminders_with_workers_killed_at_random_arrive_once_each(pre, mailbox):
    check_sink_that_can_be_asked(pre, mailbox, 60, least_killed=1)


@pytest.mark.soak(minutes=3)
def test_1000_reminders_with_workers_killed_at_random_arrive_once_each(pre, mailbox):
    check_sink_that_can_be_asked(pre, mailbox, 1000, least_killed=70)


def check_mute_sink(pre: CohortWave, mailbox: Path, number: int) -> None:
    make_crowd(pre.cohort, number)

    killed = run_doomed(mailbox, chance=0.12, mute=True)

    arrived = copies(mailbox)
    assert {to for to, _id in arrived} == {f"crowd-{count}@example.org" for count in range(1, number + 1)}
    assert len(arrived) == number  # however many copies, one Message-ID a person
    assert arrived.total() - number <= killed


def test_20_reminders_at_a_mute_sink_arrive_with_one_more_copy_for_a_killed_worker_at_most(pre, mailbox):
    check_mute_sink(pre, mailbox, 20)


@pytest.mark.soak(minutes=3)
def test_1000_reminders_at_a_mute_sink_arrive_with_one_more_copy_for_a_killed_worker_at_most(pre, mailbox):
    check_mute_sink(pre, mailbox, 1000)


def check_races(pre: CohortWave, mailbox: Path, number: int) -> None:
    """Half of the people hand in, half of them leave, each at the moment at which their mail is sent."""
    people = make_crowd(pre.cohort, number)
    sittings = {person.pk: waves.begin(participant=person, wave="pre") for person in people[::2]}
    waves.ask_for_due_mails()
    mails = {mail.participant_id: mail.pk for mail in OutgoingMail.objects.filter(kind=Kind.WAVE_OPEN)}

    def act(step) -> None:
        person, is_sender = step
        try:
            if is_sender:
                messages.send(mails[person.pk])
            elif person.pk in sittings:
                answering.submit_sitting(sittings[person.pk], by=person.respondent_key)
            else:
                enrolment.withdraw(participant=person, choice=enrolment.Choice.QUESTIONNAIRES)
        finally:
            connection.close()

    steps = [(person, is_sender) for person in people for is_sender in (True, False)]
    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(act, steps))

    settled = OutgoingMail.objects.filter(kind=Kind.WAVE_OPEN).in_bulk()
    ended = {person.pk: _ended_at(person) for person in people}
    after = [mail for mail in settled.values() if mail.sent_at and mail.sent_at > ended[mail.participant_id]]
    assert after == []
    assert [mail for mail in settled.values() if not mail.sent_at and not mail.dropped_at] == []
    assert len(sent(mailbox)) == sum(mail.sent_at is not None for mail in settled.values())


def _ended_at(person: Participant):
    left = person.withdrawals.first()
    return left.withdrawn_at if left else Sitting.objects.get(respondent=person.respondent_key).submitted_at


def test_40_mails_racing_a_submit_or_a_withdrawal_leave_before_it_or_not_at_all(pre, mailbox):
    check_races(pre, mailbox, 40)


@pytest.mark.soak(minutes=16)
def test_1000_mails_racing_a_submit_or_a_withdrawal_leave_before_it_or_not_at_all(pre, mailbox):
    check_races(pre, mailbox, 1000)


def check_flushed_queue(pre: CohortWave, mailbox: Path, number: int, least: int) -> None:
    """Real workers and a mail server that die; the queue is emptied at random, while mails leave and others wait."""
    chance, flushed = random.Random(number), 0
    with short_folder() as folder:
        queue, queue_url = a_queue(folder)
        mail_server, reached = a_mail_server(mailbox)
        worker = a_worker(environment(EQUIPOISE_ENV="demo", LOG_LEVEL="CRITICAL", REDIS_URL=queue_url, **reached))

        def flush() -> None:
            nonlocal flushed
            flushed += redis_at(queue_url).flushall()

        with (
            alive(queue, mail_server, worker),
            repeatedly(beat_of(queue_url, *TASKS), seconds=lambda: 0.3),
            repeatedly(ten_minutes_pass, seconds=lambda: 0.5),
        ):
            with (
                dying([worker, mail_server], chance, longest_s=2.0),
                repeatedly(flush, seconds=lambda: chance.uniform(0.1, 1)),
            ):
                for part in range(3):
                    make_crowd(pre.cohort, number // 3)
                    wait_until(lambda of=part: has_left(number // 3 * of), seconds=60 + number, what="the worker")
                wait_until(lambda: has_left(number * 9 // 10), seconds=60 + number, what="the worker")
                wait_until(
                    lambda: min(worker.deaths, mail_server.deaths, flushed) >= least, seconds=120, what="the last death"
                )
            wait_until(lambda: has_left(number), seconds=60 + number, what="the worker")

    expected = {(f"crowd-{count}@example.org", 1) for count in range(1, number + 1)}
    assert {(to, count) for (to, _id), count in copies(mailbox).items()} == expected
    assert copies(mailbox).total() == number


def has_left(number: int) -> bool:
    """Whether so many reminders have left, by what the outbox knows."""
    return OutgoingMail.objects.filter(kind=Kind.WAVE_OPEN, sent_at__isnull=False).count() >= number


def test_30_reminders_of_a_flushed_queue_and_killed_workers_arrive_once_each(pre, tmp_path):
    check_flushed_queue(pre, tmp_path, 30, least=1)


@pytest.mark.soak(minutes=6)
def test_900_reminders_of_a_flushed_queue_and_killed_workers_arrive_once_each(pre, tmp_path):
    check_flushed_queue(pre, tmp_path, 900, least=10)
