"""Many acts at the same instant, and a database whose backend dies in the middle of one."""

import os
import signal
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, OperationalError, connection, connections, transaction


def all_at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Run each act in a thread with a connection of its own, released together; an error is its result."""
    together = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            together.wait()
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def statements_of(act: Callable[[], object]) -> int:
    """How many statements an act sends; what it did is taken back."""
    seen = 0

    def count(execute, *arguments):
        nonlocal seen
        seen += 1
        return execute(*arguments)

    with connection.execute_wrapper(count), transaction.atomic():
        act()
        transaction.set_rollback(True)
    return seen - 2  # its own transaction was a savepoint here, made and released


def with_backend_killed(act: Callable[[], object], *, at: int) -> None:
    """Run an act and kill -9 its PostgreSQL backend before its statement number `at`; returns once it answers again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    seen = 0

    def kill(execute, *arguments):
        nonlocal seen
        seen += 1
        if seen == at:
            os.kill(backend, signal.SIGKILL)
        return execute(*arguments)

    try:
        with connection.execute_wrapper(kill):
            act()
    except DatabaseError:
        pass
    else:
        raise AssertionError(f"the act ended without its statement {at}")
    finally:
        _wait_for_database()


def commit_for_good() -> None:
    """From now on this connection's commits survive a crash; the tests' server is careless otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")


def _wait_for_database() -> None:
    """All other backends die with the killed one, and the server recovers."""
    connections.close_all()
    end = time.monotonic() + 60
    while True:
        try:
            connection.ensure_connection()
        except OperationalError:
            assert time.monotonic() < end, "the database did not come back within 60 s"
            time.sleep(0.1)
        else:
            commit_for_good()
            return
