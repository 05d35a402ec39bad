"""Many acts at the same instant, and a database whose backend dies in the middle of one."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.db import DatabaseError, OperationalError, connection, connections

Given = TypeVar("Given")


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


class Cut(Exception):
    """Thrown in the middle of a transaction."""


def cut_off(act: Callable[[], Given], *, at: int | None) -> Given:
    """Run an act that fails at its statement of that number, if it gets so far."""
    seen = 0

    def fault(execute, *arguments):
        nonlocal seen
        seen += 1
        if seen == at:
            raise Cut
        return execute(*arguments)

    with connection.execute_wrapper(fault):
        return act()


def reached(words: str, more: str, turn: int) -> Callable[[str], bool]:
    """Whether a statement is the so-maniest with these words, asked of one after the other."""
    seen = 0

    def is_it(statement: str) -> bool:
        nonlocal seen
        has_words = words in statement and more in statement
        seen += has_words
        return has_words and seen == turn

    return is_it


def with_backend_killed(act: Callable[[], object], *, after: Callable[[str], bool]) -> None:
    """Run an act and kill -9 its PostgreSQL backend behind the statement for which `after` is true, which cuts it off.

    Returns once PostgreSQL answers again.
    """
    connection.ensure_connection()
    killed = False

    def kill(execute, statement, *arguments):
        nonlocal killed
        result = execute(statement, *arguments)
        if not killed and after(statement):
            killed = True
            kill_backend()
        return result

    try:
        with connection.execute_wrapper(kill):
            act()
    except DatabaseError:
        assert killed
    else:
        raise AssertionError(f"the act came to its end, {'though' if killed else 'and not'} killed")
    finally:
        wait_for_database()


def kill_backend() -> None:
    """kill -9 PostgreSQL's process behind this connection; returns once PostgreSQL has noticed.

    Until then it still lets newcomers in, and throws them out with everybody else a moment later.
    """
    pid = connection.connection.info.backend_pid
    backend = Path("/proc") / str(pid)
    assert (backend / "cmdline").read_bytes().startswith(b"postgres"), "PostgreSQL runs on another machine"
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 30
    while backend.exists():
        assert time.monotonic() < end, "PostgreSQL did not notice within 30 s"
        time.sleep(0.01)


def commit_for_good() -> None:
    """From now on this connection's commits survive a crash; the tests' server is careless otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")


def wait_for_database() -> None:
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
