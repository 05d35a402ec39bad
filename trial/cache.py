"""Django's cache in PostgreSQL, as JSON: rate limits and marks of used codes, shared by all processes.

Django's own DatabaseCache stores pickles, so that whoever can write its table runs code in the web process; its
`incr` loses counts and lengthens or shortens the time that a counter lasts. Here a row can only ever be read as data.
"""

import json
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = """
CREATE TABLE IF NOT EXISTS cache_entry (key text PRIMARY KEY, value jsonb NOT NULL, expires_at timestamptz NOT NULL)
"""
# now() is the transaction's beginning, so that a counter cannot end between `add` and `incr` in one transaction.
EXPIRES = "coalesce(now() + make_interval(secs => %s::float8), 'infinity')"
INSERT = f"INSERT INTO cache_entry AS old (key, value, expires_at) VALUES (%s, %s::jsonb, {EXPIRES}) "  # noqa: S608
REPLACE = "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"


class NotJsonError(TypeError):
    """A value that would not come back from JSON as it went in."""


class JsonCache(BaseCache):
    """Values are what JSON can say: None, booleans, numbers, text, lists, and dicts with keys of text.

    Times are the database's. An entry stays until it expires, however many there are; `remove_expired` clears up.
    """

    def __init__(self, location: str, params: dict[str, Any]):
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        found = self._ask("SELECT value::text FROM cache_entry WHERE key = %s AND expires_at > now()", key, version)
        return json.loads(found) if found is not None else default

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(f"{INSERT}{REPLACE} RETURNING key", key, version, _json(value), self._seconds(timeout))

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store `value` unless there is one; of several at once, exactly one is told True."""
        statement = f"{INSERT}{REPLACE} WHERE old.expires_at <= now() RETURNING key"
        return self._ask(statement, key, version, _json(value), self._seconds(timeout)) is not None

    def incr(self, key: str, delta: float = 1, version: int | None = None) -> Any:
        """Add `delta` and return the sum; the entry expires when it would have expired. ValueError without a number."""
        statement = """UPDATE cache_entry SET value = to_jsonb(value::numeric + %s) WHERE key = %s
            AND expires_at > now() AND jsonb_typeof(value) = 'number' RETURNING value::text"""
        found = self._run(statement, delta, self.make_and_validate_key(key, version=version))
        if found is None:
            raise ValueError(f"The cache holds no number under “{key}”.")
        return json.loads(found)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        statement = f"UPDATE cache_entry SET expires_at = {EXPIRES} WHERE key = %s AND expires_at > now() RETURNING key"  # noqa: S608
        stored = self.make_and_validate_key(key, version=version)
        return self._run(statement, self._seconds(timeout), stored) is not None

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._ask("DELETE FROM cache_entry WHERE key = %s RETURNING key", key, version) is not None

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM cache_entry")

    def _seconds(self, timeout: Any) -> float | None:
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout

    def _ask(self, statement: str, key: str, version: int | None, *values: Any) -> Any:
        return self._run(statement, self.make_and_validate_key(key, version=version), *values)

    def _run(self, statement: str, *values: Any) -> Any:
        """The first column of the one row, or None without a row."""
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone()
        return row[0] if row else None


def create_table(owner: BaseDatabaseWrapper) -> None:
    """Make the table where it is missing. No migration: what it holds is worth an hour."""
    with owner.cursor() as cursor:
        cursor.execute(TABLE)


def remove_expired() -> int:
    """Remove entries that have expired; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cache_entry WHERE expires_at <= now()")
        return cursor.rowcount


def _json(value: Any) -> str:
    """`value` as JSON; PostgreSQL stores neither lone surrogates nor the character NUL."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError) as problem:
        raise NotJsonError(f"The cache stores JSON only, and a {type(value).__name__} is none: {problem}.") from problem
    if json.loads(text) != value or "\\u0000" in text:
        raise NotJsonError(f"The cache stores JSON only, and this {type(value).__name__} would come back changed.")
    return text
