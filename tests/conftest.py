"""The cast and the stage: real PostgreSQL and Redis (started by services_plugin), web server, worker and browser."""

import contextlib
import gc
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import factories
from tests.web import web_server
from trial.celery import app as celery_app
from trial.people.models import Role

ROOT = Path(__file__).resolve().parent.parent

expect.set_options(timeout=20_000)  # a busy machine is slow, and a wait that is long enough costs nothing elsewhere


def pytest_collection_finish() -> None:
    """What was collected stays to the end; statsmodels gathers garbage at each call and would look at all of it."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    """The owner makes the test database; the tests then work in it as the application's restricted role."""
    with django_db_blocker.unblock():
        owner = connections["owner"]
        name = owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
        connection.settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        # The browser's event loop has connections of its own, out of reach here; the next run clears what is left.
        with contextlib.suppress(OperationalError):
            owner.creation.destroy_test_db(name, verbosity=0)


@pytest.fixture
def committed_db(django_db_setup, django_db_blocker) -> Iterator[None]:
    """A database whose changes other processes see; emptied afterwards by its owner."""
    with django_db_blocker.unblock():
        yield
        connection.close()
        factories.empty_database()


@pytest.fixture(autouse=True)
def receipts_folder(request, settings, tmp_path_factory) -> Path:
    """A second place of receipts for each test; tests on the committed database share the one of its processes."""
    if "committed_db" not in request.fixturenames:
        settings.RECEIPTS_FOLDER = str(tmp_path_factory.mktemp("receipts"))
    return Path(settings.RECEIPTS_FOLDER)


# The cast, the same in every test: one trial, one person a role, and strangers from another trial.
@pytest.fixture
def trial(db):
    return factories.make_trial("alpha")


@pytest.fixture
def other_trial(db):
    return factories.make_trial("omega")


@pytest.fixture
def member(trial):
    """`member(Role.PI)`: a member of staff of the trial, with a second factor."""
    return lambda role, of=trial: factories.make_member(of, role)


@pytest.fixture
def pi(member):
    return member(Role.PI)


@pytest.fixture
def recruiter(member):
    return member(Role.RECRUITER)


@pytest.fixture
def participant(trial):
    return factories.make_participant(trial, "first@example.org")


@pytest.fixture
def as_staff(client):
    """`as_staff(pi)`: the client, signed in as that person."""

    return lambda user: factories.sign_in(client, user)


@pytest.fixture
def mailbox(settings, tmp_path) -> Path:
    settings.EMAIL_BACKEND = "trial.messages.adapters.FolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


# Real processes.
def environment(**more: str) -> dict[str, str]:
    """The environment of a child process, pointed at the test database."""
    name = connection.settings_dict["NAME"]
    at_test = {
        key: re.sub(r"^(\w+://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ[key])
        for key in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    return {**os.environ, **at_test, **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def an_address() -> dict[str, str]:
    """Where a web server can listen, for its environment."""
    port = str(free_port())
    return {"PORT": port, "SITE_URL": f"http://127.0.0.1:{port}"}


def wait_until(answers, *, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not answers():
        assert time.monotonic() < end, f"{what} did not answer within {seconds} s"
        time.sleep(0.05)


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def mail_folder(tmp_path_factory) -> Path:
    """Where the real web server and worker put their mails."""
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="session")
def site_environment(django_db_setup, django_db_blocker, mail_folder) -> dict[str, str]:
    with django_db_blocker.unblock():
        return environment(EQUIPOISE_ENV="demo", **an_address(), MAIL_FOLDER=str(mail_folder))


@pytest.fixture(scope="session")
def site(site_environment) -> Iterator[str]:
    """The address of a real web server on the test database."""
    with web_server(site_environment):
        yield site_environment["SITE_URL"]


@pytest.fixture(scope="module")
def worker(site_environment) -> Iterator[None]:
    """A real worker process on the test database and the tests' Redis, for those tests alone that ask for it."""
    command = ["celery", "-A", "trial", "worker", "--pool", "solo", "--loglevel", "warning"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--without-mingle", "--without-gossip"], cwd=ROOT, env=site_environment
    )
    try:
        wait_until(lambda: celery_app.control.ping(timeout=0.5), seconds=30, what="the worker")
        yield
    finally:
        stop(process)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium. Its absence fails here, with what to install, and never skips."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert binary, "No Chromium on this machine: apt-get install chromium, or run `make browser`."
    # Synchronous Playwright keeps an event loop in this thread, which Django would take for an async context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox", *quiet])
        if slower := float(os.environ.get("SLOW", 0)):
            launched.new_context = slowed(launched.new_context, slower)
        yield launched
        launched.close()


def press_button(page: Page, name: str) -> None:
    """Press the button and wait for the page that it leads to: a click alone waits for nothing."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def slowed(new_context: Callable[..., BrowserContext], factor: float) -> Callable[..., BrowserContext]:
    """Contexts whose pages compute `factor` times slower and hear of replies 300 ms late.

    `SLOW=8 make test ARGS="-m 'browser and not soak'"` is how a busy machine looks to the tests: what they don't wait
    for, they miss.
    """
    late = "const now = window.fetch; const late = () => new Promise(go => setTimeout(go, 300));"
    late += "window.fetch = (...what) => now(...what).finally(late);"

    def slow_down(page: Page) -> None:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": factor})

    def slow_context(**how: object) -> BrowserContext:
        context = new_context(**how)
        context.on("page", slow_down)
        context.add_init_script(late)
        return context

    return slow_context


@pytest.fixture
def person(committed_db):
    """A participant whom real processes see."""
    return factories.make_participant(factories.make_trial("alpha"), "phone@example.org")


@pytest.fixture
def device(browser: Browser, site: str, person) -> Iterator[Callable[..., Page]]:
    """`device()`: a page in a new browser on a phone, with the person's session."""
    opened: list[BrowserContext] = []

    def of(**more: object) -> Page:
        context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en", base_url=site, **more)
        context.add_cookies([{"name": "participant", "value": factories.session_of(person), "url": site}])
        opened.append(context)
        return context.new_page()

    yield of
    for context in opened:
        context.close()
