"""A site as in production, on servers of its own, for the time of a measurement."""

import base64
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.web import web_server
from trial import embedded

ROOT = Path(__file__).resolve().parents[1]


MEASURE = "import django, runpy; django.setup(); runpy.run_module({module!r}, run_name='__main__')"


@contextmanager
def site(*, workers: int = 2) -> Iterator[dict[str, str]]:
    """Start servers and gunicorn; yields the environment of a process that works on the same database."""
    with embedded.start(embedded.temporary_state(), keep=False) as servers:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            environment = _environment(servers, probe.getsockname()[1])
        for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--no-input", "--verbosity", "0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)
        with web_server(environment, workers=workers):
            yield environment


def measure(module: str, environment: dict[str, str]) -> int:
    """Run a module with Django set up on the stage; its exit status."""
    return subprocess.run([sys.executable, "-c", MEASURE.format(module=module)], cwd=ROOT, env=environment).returncode


def _environment(servers: embedded.Servers, port: int) -> dict[str, str]:
    """Production, whose proxy is whoever asks: `PROXY` is what it adds."""
    ours = {
        "EQUIPOISE_ENV": "production",
        "DJANGO_SETTINGS_MODULE": "bench.site_settings",
        "SITE_URL": "https://127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "ERROR",
        "MAIL_FOLDER": str(servers.state / "mail"),
        "RECEIPTS_FOLDER": str(servers.state / "receipts"),
        "STATIC_FOLDER": str(servers.state / "static"),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": _key(),
        "ALLOCATION_KEY": _key(),
        **servers.environment(),
    }
    return {**os.environ, **ours}


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def browser_path() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.exit("No Chromium on this machine: apt-get install chromium, or run `make browser`.")
    return found


ADDRESS = f"http://127.0.0.1:{os.environ.get('PORT', '')}"  # for the process that measures
PROXY = {"X-Forwarded-Proto": "https", "Referer": "https://127.0.0.1/"}
