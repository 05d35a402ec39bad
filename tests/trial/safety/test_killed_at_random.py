"""Web server, worker, queue and mail server die at random: each crossing still becomes one case, and reaches by mail
the one who answers for it."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from questionnaires import catalogue
from questionnaires.models import Crossing, Sheet
from tests import factories
from tests.conftest import an_address, environment, wait_until
from tests.crowd import make_crowd
from tests.mortal import Mortal, a_mail_server, a_queue, a_worker, alive, beat_of, dying, repeatedly, short_folder
from tests.questionnaires.test_answering_crossings import post_until_taken
from tests.soak import small_or_full
from tests.trial.messages.test_killed_workers import ten_minutes_pass
from tests.trial.messages.test_outbox import sent
from tests.web import answers, gunicorn
from trial.audit.models import AuditEntry
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Participant, Role, User
from trial.protocol.models import Trial
from trial.safety import services as safety
from trial.safety.models import SafetyCase

TASKS = ("trial.safety.tasks.look_after_cases", "trial.messages.tasks.send_due_mail")
DEPRESSED = {
    f"i-{item.key}": 3 if item.key in catalogue.load("dass_21").score("depression").items else 0
    for item in catalogue.load("dass_21").items
} | {"stop": 1}


@pytest.fixture
def model(committed_db) -> Trial:
    trial = factories.make_model_trial()
    factories.make_cohort(trial)
    return trial


def clinician_of(user: User, trial: Trial, mails: Path) -> Callable[[], None]:
    """Somebody who looks at the cases when a mail has come, and at no other time, and takes all that wait."""
    read = 0

    def look() -> None:
        nonlocal read
        arrived = len(list(mails.glob("*.log")))
        if arrived == read:
            return
        read = arrived
        for case in SafetyCase.objects.open().filter(owner__isnull=True):
            safety.take_case(trial=trial, case=case, actor=user)
        connection.close()

    return look


def all_is_settled() -> bool:
    ten_minutes_pass()
    waiting = SafetyCase.objects.filter(owner__isnull=True).exists()
    return not (waiting or Crossing.objects.filter(safety_case=None).exists() or OutgoingMail.objects.unsettled())


def hand_in_crossings(people: list[Participant], address: str) -> None:
    for person in people:
        sitting = factories.begin(person, "pre")
        post_until_taken(factories.visitor(address, person), f"/q/{sitting.key}/sheets/dass_21/", DEPRESSED)


@small_or_full(12, 1000, minutes=12)
def test_crossings_with_web_worker_queue_and_mail_killed_at_random_each_reach_the_clinician(n, model, tmp_path):
    clinician, chance = factories.make_member(model, Role.CLINICIAN), random.Random(n)
    people = make_crowd(model.cohorts.get(), n)
    with short_folder() as folder:
        queue, queue_url = a_queue(folder)
        mail_server, reached = a_mail_server(tmp_path)
        place = environment(EQUIPOISE_ENV="demo", LOG_LEVEL="ERROR", REDIS_URL=queue_url, **an_address(), **reached)
        web, worker = Mortal(gunicorn(place, log_level="critical"), place, child_first=0.8), a_worker(place)
        mortals = [web, worker, queue, mail_server]
        beat = beat_of(queue_url, *TASKS)
        look = clinician_of(clinician, model, tmp_path)
        with (
            alive(*mortals),
            repeatedly(beat, seconds=lambda: 0.5),
            repeatedly(look, seconds=lambda: 0.05),
            repeatedly(ten_minutes_pass, seconds=lambda: 0.5),
        ):
            wait_until(lambda: answers(place["SITE_URL"]), seconds=60, what="the web server")
            with dying(mortals, chance, longest_s=0.8):
                hand_in_crossings(people, place["SITE_URL"])
                wait_until(lambda: min(each.deaths for each in mortals) > n // 30, seconds=300, what="the last death")
            wait_until(all_is_settled, seconds=120, what="the worker")

    crossings = Crossing.objects.filter(safety_case__isnull=False)
    assert (Sheet.objects.filter(answers__isnull=False).distinct().count(), crossings.count()) == (n, n)
    assert Counter(SafetyCase.objects.values_list("participant", flat=True)) == dict.fromkeys((p.pk for p in people), 1)
    assert AuditEntry.objects.filter(action="safety.case_opened").count() == n
    assert set(SafetyCase.objects.values_list("owner", flat=True)) == {clinician.pk}
    rows = OutgoingMail.objects.filter(kind=Kind.SAFETY_CASE, user=clinician, sent_at__isnull=False)
    arrived = Counter(mail["Message-ID"].strip("<>").partition("@")[0] for mail in sent(tmp_path))
    assert arrived == {str(row.message_id): 1 for row in rows}
