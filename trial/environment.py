"""Reads settings from the environment; a value that cannot be used is told at once, with what would do.

Each variable NAME may also be given as NAME_FILE, the path of a file that holds the value (secrets of a container).
"""

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

# What outside of production the site answers to.
THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"]


def text(name: str, default: str = "") -> str:
    """The variable's value, or the content of the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return os.environ.get(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read ({problem.strerror}). Give a readable file or set {name}."
        ) from problem


def one_of(name: str, allowed: Sequence[str], default: str) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is “{value}”. Allowed: {', '.join(allowed)}.")
    return value


def count(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} is “{value}”. Give a whole number, 0 or more.")
    return int(value)


def required(name: str, environment: str) -> str:
    value = text(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set, and {environment} does not start without it. Set {name} or {name}_FILE."
        )
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def fernet_keys(name: str, values: list[str]) -> list[str]:
    for position, value in enumerate(values, start=1):
        try:
            Fernet(value)
        except ValueError as problem:
            raise ImproperlyConfigured(
                f"Key {position} in {name} is not a Fernet key (32 bytes in url-safe base64). "
                f"Make one with: python manage.py new_key"
            ) from problem
    return values


def key_of_256_bits(name: str, value: str) -> str:
    try:
        is_key = len(base64.b64decode(value, altchars=b"-_", validate=True)) == 32
    except ValueError:
        is_key = False
    if not is_key:
        raise ImproperlyConfigured(
            f"{name} is not a key (32 bytes in url-safe base64). Make one with: python manage.py new_key"
        )
    return value


def folder(name: str, path: str) -> str:
    """The path of a folder, absolute, so that it is the same one for every process."""
    if not Path(path).is_absolute():
        raise ImproperlyConfigured(f"{name} is “{path}”. Give the whole path of a folder, such as /receipts.")
    return path


def database(name: str, url: str) -> dict[str, Any]:
    """Django's connection settings from a PostgreSQL URL, unix sockets included (?host=/folder)."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(
            f"{name} is not a PostgreSQL address. Write it as postgresql://role:password@host:5432/database."
        )
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as problem:
        raise ImproperlyConfigured(
            f"{name} cannot be read ({problem}). Write it as postgresql://role:password@host:5432/database."
        ) from problem
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    named = {django: str(parts.pop(libpq, "") or "") for libpq, django in known.items()}
    if not named["NAME"]:
        raise ImproperlyConfigured(f"{name} names no database. Add its name behind the last slash.")
    return {"ENGINE": "django.db.backends.postgresql", **named, "OPTIONS": {"connect_timeout": 5, **parts}}


def redis(name: str, url: str) -> str:
    """The broker's address, checked: redis://, rediss:// or redis+socket:///path."""
    if not url.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ImproperlyConfigured(
            f"{name} is not a Redis address. Write it as redis://host:6379/0 or redis+socket:///path/redis.sock."
        )
    return url


def smtp(name: str, url: str) -> dict[str, Any]:
    """Django's mail settings from smtp://user:password@host:587?tls=1 (smtps:// for TLS from the first byte)."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port is None:
        raise ImproperlyConfigured(
            f"{name} is not a mail server's address. Write it as smtp://user:password@host:587?tls=1."
        )
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parse_qs(parts.query).get("tls") == ["1"],
        "EMAIL_TIMEOUT": 20,
    }


def address(name: str, value: str) -> str:
    """The site's own address without a slash at the end."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ImproperlyConfigured(f"{name} is “{value}”. Write it as https://trials.example.org.")
    return value.rstrip("/")


def stays_on_this_machine(environment: str, site_host: str) -> None:
    """Refuse a `site_host` of the world, or a mail server with keys that everybody knows, outside of production."""
    if site_host not in THIS_MACHINE:
        raise ImproperlyConfigured(
            f"SITE_URL leads to {site_host}, and {environment} answers on this machine only; "
            "to serve others, set EQUIPOISE_ENV=production."
        )
    missing = [name for name in ("SECRET_KEY", "FIELD_KEYS", "ALLOCATION_KEY") if not text(name)]
    if text("SMTP_URL") and missing:
        raise ImproperlyConfigured(
            f"SMTP_URL is set and {', '.join(missing)} not: real mails would carry links signed and data encrypted "
            f"with keys that everybody knows; set EQUIPOISE_ENV=production, or leave SMTP_URL out."
        )
