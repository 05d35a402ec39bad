"""oTree beside us: how many submits of a page of 28 fields its production server takes, where it is installed.

Nothing of it is part of this repository: an empty project with one page of ours is made for the measurement.
"""

import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

SECONDS = 10
ROUNDS = 1500  # as many pages one after the other as a client could send in that time, and more
FIELDS = [f"q{number}" for number in range(1, 29)]
SETTINGS = """
SESSION_CONFIGS = [dict(name="page", app_sequence=["page"], num_demo_participants=8)]
SESSION_CONFIG_DEFAULTS = dict(real_world_currency_per_point=1.00, participation_fee=0.00, doc="")
PARTICIPANT_FIELDS, SESSION_FIELDS = [], []
LANGUAGE_CODE, REAL_WORLD_CURRENCY_CODE, USE_POINTS = "en", "USD", True
ADMIN_USERNAME, ADMIN_PASSWORD, DEMO_PAGE_INTRO_HTML, SECRET_KEY = "admin", "admin", "", "measurement"
"""
APP = f"""
from otree.api import *

class C(BaseConstants):
    NAME_IN_URL, PLAYERS_PER_GROUP, NUM_ROUNDS = "page", None, {ROUNDS}

class Subsession(BaseSubsession):
    pass

class Group(BaseGroup):
    pass

class Player(BasePlayer):
    {"; ".join(f"{name} = models.IntegerField(choices=[1, 2, 3, 4, 5], widget=widgets.RadioSelect)" for name in FIELDS)}

class Questions(Page):
    form_model, form_fields = "player", {FIELDS}

page_sequence = [Questions]
"""
PAGE = "{{ block title }}Page{{ endblock }}{{ block content }}{{ formfields }}{{ next_button }}{{ endblock }}"


def submits_a_second(environment: str, clients: int) -> float | None:
    """None where `environment` names no virtual environment with oTree."""
    program = Path(environment) / "bin" / "otree"
    if not environment or not program.exists():
        return None
    with (
        tempfile.TemporaryDirectory() as folder,
        _server(program, Path(folder)) as place,
        ThreadPoolExecutor(clients) as pool,
    ):
        addresses = _session(place, clients)
        return sum(pool.map(lambda at: _submit(place, at), addresses)) / SECONDS


@contextmanager
def _server(program: Path, folder: Path) -> Iterator[str]:
    for name in ("page", "_static"):
        (folder / name).mkdir()
    (folder / "settings.py").write_text(SETTINGS)
    (folder / "page" / "__init__.py").write_text(APP)
    (folder / "page" / "Questions.html").write_text(PAGE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    mine = {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(folder), "OTREE_PRODUCTION": "1"}
    log = folder / "log"
    with log.open("w") as out:
        subprocess.run([str(program), "resetdb", "--noinput"], cwd=folder, env=mine, stdout=out, stderr=out, check=True)
        server = subprocess.Popen(
            [str(program), "prodserver", port], cwd=folder, env=mine, stdout=out, stderr=out, start_new_session=True
        )
    try:
        place = f"127.0.0.1:{port}"
        _wait_for(place)
        yield place
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def _wait_for(place: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://{place}/demo", timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("oTree's server did not answer within 30 s.")


def _session(place: str, clients: int) -> list[str]:
    """The first page of each participant of a new session."""
    body = json.dumps({"session_config_name": "page", "num_participants": clients}).encode()
    asked = urllib.request.Request(f"http://{place}/api/sessions", body, {"Content-Type": "application/json"})
    made = json.load(urllib.request.urlopen(asked, timeout=300))  # noqa: S310 - our own server, http
    link = urlsplit(made["session_wide_url"]).path
    return [urlsplit(urllib.request.urlopen(f"http://{place}{link}", timeout=60).url).path for _ in range(clients)]


def _submit(place: str, at: str) -> int:
    """How many pages one client hands in, each at the address that the reply before named."""
    connection = http.client.HTTPConnection(place, timeout=60)
    body = urlencode(dict.fromkeys(FIELDS, 3))
    end, done = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        connection.request("POST", at, body, {"Content-Type": "application/x-www-form-urlencoded"})
        reply = connection.getresponse()
        reply.read()
        if reply.status not in (302, 303):
            raise RuntimeError(f"oTree answered {reply.status} at {at}.")
        at, done = urlsplit(reply.headers["Location"]).path, done + 1
    return done
