"""What every page shares: the policy, health checks, pages for errors, logs that name nobody."""

import json
import logging
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from tests import factories
from tests.conftest import ROOT, environment
from trial import site
from trial.logs import JsonFormatter


def test_policy_allows_nothing_inline_and_nothing_from_elsewhere(db):
    header = Client().get("/").headers["Content-Security-Policy"]

    assert header == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_healthz_asks_no_database():
    assert Client().get("/healthz").content == b"ok\n"


def test_readyz_says_what_answers(db):
    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"database": True, "queue": True})


def test_unknown_page_is_explained(db):
    answer = Client().get("/no-such-page/")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_form_without_its_token_is_explained_and_changes_nothing(participant):
    answer = Client(enforce_csrf_checks=True).post("/my-link/", {"email": "first@example.org"})

    assert answer.status_code == 403
    assert "so nothing was changed" in answer.content.decode()
    assert participant.mails.count() == 0


def test_fault_of_ours_shows_no_traceback_and_asks_no_database(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = site.our_fault(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "This is our fault" in answer.content.decode()


@pytest.mark.parametrize("length", [settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1])
def test_body_that_is_too_large_is_refused_in_words(db, length):
    answer = Client().post("/my-link/", "email=" + "x" * length, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.content.decode()


def record_of(message: str, *values: object, **extra: object) -> dict:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, values, None)
    vars(record).update(extra)
    return json.loads(JsonFormatter().format(record))


def test_log_line_of_a_request_holds_no_address_and_no_token(participant):
    request = RequestFactory().get("/l/very-secret-token/?email=first@example.org")

    line = record_of("Not Found: %s", request.path, request=request, status_code=404)

    assert (line["message"], line["status_code"]) == ("GET unknown page", 404)
    assert "secret" not in json.dumps(line)


def test_log_line_of_an_exception_holds_its_place_and_not_its_words():
    try:
        raise ValueError("first@example.org")
    except ValueError as problem:
        line = record_of("failed for %s", "first@example.org", exc_info=(ValueError, problem, problem.__traceback__))

    assert line["exception"] == "ValueError"
    assert line["trace"][-1].endswith("test_log_line_of_an_exception_holds_its_place_and_not_its_words")
    assert "example.org" not in json.dumps(line)


def test_pages_work_while_the_queue_is_away_and_readyz_says_so(committed_db, tmp_path):
    participant = factories.make_participant(factories.make_trial("alpha"), "first@example.org")
    program = """
import django
django.setup()
from django.test import Client
client = Client(HTTP_HOST="localhost")
print(client.post("/my-link/", {"email": "first@example.org"}).status_code)
answer = client.get("/readyz")
print(answer.status_code, answer.json())
"""
    env = environment(REDIS_URL="redis://127.0.0.1:1/0", DJANGO_SETTINGS_MODULE="trial.settings")

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True)

    assert done.stdout == "200\n200 {'database': True, 'queue': False}\n"
    assert '"exception": "OperationalError"' in done.stderr
    assert participant.mails.count() == 1
