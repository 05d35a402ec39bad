"""Everything that Redis holds, key by key, decoded by its own commands: its dump would be compressed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis

from trial.celery import app as celery_app


@contextmanager
def own_redis() -> Iterator[Redis]:
    """The Redis in which the tests' own tasks wait."""
    with celery_app.connection_for_read() as broker:
        yield broker.default_channel.client


def everything_in(redis: Redis) -> dict[str, bytes]:
    """Each key of the database with all of its value; for a client that does not decode."""
    return {key.decode(errors="replace"): written(redis, key) for key in sorted(redis.keys("*"))}


def written(redis: Redis, key: bytes) -> bytes:
    """One value, in an order that does not depend on how it is stored. An unknown type is an error."""
    readers: dict[bytes, Any] = {
        b"string": lambda: [redis.get(key)],
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: sorted(redis.smembers(key)),
        b"hash": lambda: [part for pair in sorted(redis.hgetall(key).items()) for part in pair],
        b"zset": lambda: [b"%s %r" % (member, score) for member, score in redis.zrange(key, 0, -1, withscores=True)],
    }
    return b"\n".join(readers[redis.type(key)]())
