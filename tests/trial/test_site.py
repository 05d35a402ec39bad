"""What every page shares: the policy, health checks, pages for errors, logs that name nobody."""

import json
import logging
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
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

    assert (answer.status_code, answer.content) == (413, b"What was sent is larger than 2 MB. Nothing was changed.\n")


def test_file_that_is_too_large_is_refused_before_it_is_read(db):
    """Django counts the fields of a form, not its files."""
    upload = SimpleUploadedFile("protocol.toml", b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))

    assert Client().post("/my-link/", {"email": "a@example.org", "upload": upload}).status_code == 413


@pytest.mark.parametrize("address", ["/t/alpha/participants/P%00/", "/%00"])
def test_nul_in_an_address_is_refused_in_words(db, address):
    answer = Client().get(address)

    assert answer.status_code == 400
    assert answer.content == b"The request holds bytes that no address has. Nothing was changed.\n"


def test_nul_in_a_cookie_is_refused(db):
    assert Client(HTTP_COOKIE='sessionid="aaaa\\000"').get("/").status_code == 400


def test_address_of_a_button_opened_as_a_page_says_that_nothing_was_done(db):
    answer = Client().get("/language/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Nothing was done" in answer.content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example.org/", "//evil.example.org", "foo", "javascript:alert(1)"])
def test_choosing_a_language_never_leads_elsewhere(db, elsewhere):
    answer = Client().post("/language/", {"language": "es", "next": elsewhere})

    assert answer.headers["Location"] == "/"


def test_address_of_the_visitor_is_taken_from_as_many_proxies_as_there_are(participant, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(31):
        Client(HTTP_X_FORWARDED_FOR=f"198.51.100.1, 203.0.113.{number}").post("/my-link/", {"email": "x@example.org"})

    Client(HTTP_X_FORWARDED_FOR="203.0.113.99").post("/my-link/", {"email": "first@example.org"})
    assert participant.mails.count() == 1


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
