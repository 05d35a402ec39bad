"""Servers that run already: their addresses come from the environment and are tried at once."""

import os
import socket
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from trial.embedded.problem import ServerProblem


def address(name: str) -> str:
    """The value of NAME, or the content of the file that NAME_FILE names; empty when neither is set."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ServerProblem(f"{name}_FILE names {path}, which cannot be read ({problem.strerror}).") from problem


def database_addresses() -> tuple[str, str] | None:
    """The application's and the owner's address, or None when PostgreSQL is to be started here."""
    application, owner = address("DATABASE_URL"), address("DATABASE_OWNER_URL")
    if not application and not owner:
        return None
    if not application or not owner:
        given, missing = "DATABASE_URL", "DATABASE_OWNER_URL"
        if owner:
            given, missing = missing, given
        raise ServerProblem(
            f"{given} is set and {missing} is not: application and owner of the tables are two roles. "
            "Set both, or neither to have a private PostgreSQL started."
        )
    for name, url in (("DATABASE_URL", application), ("DATABASE_OWNER_URL", owner)):
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.Error as problem:
            found = " ".join(str(problem).split())
            advice = "Correct it, or unset both addresses to have a private PostgreSQL started."
            raise ServerProblem(f"{name} leads to no database that answers ({found}). {advice}") from problem
    return application, owner


def redis_address() -> str:
    """The given address of a Redis that accepts connections; empty when one is to be started here."""
    url = address("REDIS_URL")
    if not url:
        return ""
    try:
        _connect(url)
    except (OSError, ValueError) as problem:
        advice = "Correct it, or unset it to have a private Redis started."
        raise ServerProblem(f"REDIS_URL leads to no Redis that answers ({problem}). {advice}") from problem
    return url


def _connect(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("redis", "rediss") and parts.hostname:
        socket.create_connection((parts.hostname, parts.port or 6379), timeout=5).close()
    elif parts.scheme == "redis+socket" and parts.path:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(unquote(parts.path))
    else:
        raise ValueError("write redis://host:6379/0 or redis+socket:///path/redis.sock")
