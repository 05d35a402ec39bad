"""Through a real web server: many at once, replies lost after the commit, two tabs. Nothing is lost or doubled."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections

from questionnaires.models import Answer, AnswerChange, Sitting
from tests import factories
from tests.conftest import an_address, environment, wait_until
from tests.crowd import make_crowd
from tests.mortal import repeatedly
from tests.redis_contents import own_redis
from tests.soak import small_or_full
from tests.trial.messages.test_outbox import sent
from tests.web import Reply, Visitor, web_server
from trial.messages import tasks as messages
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Participant
from trial.waves import tasks as waves

ITEMS = [str(number) for number in range(1, 22)]


@pytest.fixture(scope="module")
def wide_site(django_db_setup, django_db_blocker) -> Iterator[str]:
    """A web server of two processes that takes 50 requests at the same moment."""
    with django_db_blocker.unblock():
        place = environment(EQUIPOISE_ENV="demo", **an_address())
    with web_server(place, workers=2, threads=25):
        yield place["SITE_URL"]


@pytest.fixture
def submissions(committed_db) -> Iterator[Callable[[], int]]:
    """How often a sitting has come to be submitted: what a receipt is made of. The database itself counts."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE SCHEMA watch; CREATE TABLE watch.submitted (sitting uuid);"
            "CREATE FUNCTION watch.note() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$"
            " BEGIN INSERT INTO watch.submitted VALUES (NEW.key); RETURN NULL; END $$;"
            "CREATE TRIGGER watched AFTER UPDATE ON questionnaires_sitting FOR EACH ROW"
            " WHEN (NEW.submitted_at IS DISTINCT FROM OLD.submitted_at) EXECUTE FUNCTION watch.note()"
        )

    def count() -> int:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM watch.submitted")
            return cursor.fetchone()[0]

    yield count
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TRIGGER watched ON questionnaires_sitting; DROP SCHEMA watch CASCADE")


def at_once(acts: list[Callable[[], Reply]]) -> list[Reply]:
    """What comes of the acts, each in a thread of its own, all released at the same moment."""
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], Reply]) -> Reply:
        together.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def facts(receipt: Reply) -> str:
    """What it says; around it stands a form with a token of its own in each page."""
    return receipt.text.partition('<dl class="facts">')[2].partition("</dl>")[0]


def answer_at(sitting: Sitting) -> str:
    return f"/q/{sitting.key}/sheets/dass_21/answer/"


def said(item: str = "1", code: object = 2) -> dict[str, object]:
    return {"item": item, "code": code, "key": uuid4(), "waited": 0}


@pytest.fixture
def enrolled(committed_db) -> Participant:
    """A participant of a trial whose first wave is open."""
    return make_crowd(factories.make_cohort(factories.make_model_trial()), 1)[0]


def beat() -> None:
    """What beat does each minute."""
    for task in (waves.ask_for_due_mails, messages.send_due_mail):
        task.delay()


@small_or_full(8, 50)
def test_final_submits_at_once_are_one_submission_as_many_good_answers_and_one_receipt_mail(
    n, wide_site, worker, mail_folder, enrolled, submissions
):
    sitting = factories.begin(enrolled, "pre")
    session, already = factories.session_of(enrolled), len(sent(mail_folder))
    visitors = [Visitor(wide_site, session=session) for _ in range(n)]
    for visitor in visitors:
        visitor.connection.connect()

    with repeatedly(beat, seconds=lambda: 0.05):
        replies = at_once([lambda at=visitor: at.post(f"/q/{sitting.key}/review/") for visitor in visitors])
        for visitor in visitors:
            visitor.hang_up()  # the server does not keep a connection for as long as the last of them waits
        receipts = {facts(visitor.get(f"/q/{sitting.key}/receipt/")) for visitor in visitors}
        wait_until(lambda: receipt_mails(mail_folder, already), seconds=60, what="the worker")
    wait_until(queue_is_empty, seconds=60, what="the queue")

    assert [(reply.status, reply.headers["Location"]) for reply in replies] == [(302, f"/q/{sitting.key}/receipt/")] * n
    assert (Sitting.objects.filter(submitted_at__isnull=False).count(), submissions()) == (1, 1)
    assert (len(receipts), str(sitting.key) in receipts.pop()) == (1, True)
    [row] = OutgoingMail.objects.filter(kind=Kind.WAVE_RECEIPT)
    assert [str(row.message_id) in each for each in receipt_mails(mail_folder, already)] == [True]


def receipt_mails(folder: Path, already: int) -> list[str]:
    """The Message-IDs of the receipts that have arrived after so many mails; other tests use this folder too."""
    return [mail["Message-ID"] for mail in sent(folder)[already:] if "handed in" in mail["subject"]]


def queue_is_empty() -> bool:
    with own_redis() as redis:
        return redis.llen("celery") == 0


@small_or_full(25, 1000)
def test_replies_cut_after_the_commit_leave_as_many_answers_and_submissions(n, wide_site, person, submissions):
    respondent, visitor = factories.respondent_of(person), factories.visitor(wide_site, person)
    retried = []
    for number in range(n):
        sitting = factories.make_sitting(respondent, wave=f"wave-{number}")
        mine = said()
        visitor.post_and_hang_up(answer_at(sitting), mine)
        committed = AnswerChange.objects.filter(key=mine["key"]).count()
        retried.append((committed, visitor.post(answer_at(sitting), mine).status))
        visitor.post_and_hang_up(f"/q/{sitting.key}/review/")
        committed = Sitting.objects.filter(key=sitting.key, submitted_at__isnull=False).count()
        retried.append((committed, visitor.post(f"/q/{sitting.key}/review/").status))

    assert retried == [(1, 200), (1, 302)] * n
    assert (AnswerChange.objects.count(), Answer.objects.count()) == (n, n)
    assert (Sitting.objects.filter(submitted_at__isnull=False).count(), submissions()) == (n, n)


@small_or_full(42, 1000)
def test_interleavings_of_two_tabs_keep_both_values_and_the_later_is_in_force(n, wide_site, person):
    respondent, chance = factories.respondent_of(person), random.Random(n)
    script, page = (factories.visitor(wide_site, person) for _ in range(2))
    for number in range(n):
        item = ITEMS[number % len(ITEMS)]
        if item == "1":
            sheet = factories.make_sitting(respondent, wave=f"wave-{number}").sheets.get(instrument="dass_21")
            at = f"/q/{sheet.sitting_id}/sheets/dass_21/"
        by_script, by_page = chance.sample(range(4), 2)
        form = {f"i-{item}": by_page, f"was-{item}": "", "stop": 1}
        replies = at_once(
            [
                lambda: script.post(f"{at}answer/", said(item, by_script)),  # noqa: B023
                lambda: page.post(at, form),  # noqa: B023
            ]
        )

        assert [reply.status for reply in replies] == [200, 302]
        history = list(AnswerChange.objects.filter(sheet=sheet, item=item).values_list("code", flat=True))
        assert set(history) == {by_script, by_page}
        assert Answer.objects.get(sheet=sheet, item=item).code == history[-1]
