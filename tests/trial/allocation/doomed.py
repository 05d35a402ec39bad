"""A program whose children allocate one person each and die by kill -9, themselves or their PostgreSQL process.

    python doomed.py, then on its standard input one line of JSON a child:
    [participant, "backend" or "process", words of the statement, more of its words, which time]

Says for each how it ended: -9 where it was killed itself, 3 where its backend was killed at that statement. Django is
loaded once, and a child is forked from a process that never had a connection or a thread: forked from the tests' own
it had theirs, and lost its connection now and then.
"""

import json
import os
import signal
import sys
import threading
import traceback

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")
django.setup()

from django.db import DatabaseError, connection  # noqa: E402

from tests.at_once import kill_backend, reached  # noqa: E402
from trial.allocation import services as allocation  # noqa: E402
from trial.people.models import Participant  # noqa: E402

REACHED = 3


def die(who: int, whom: str, words: str, more: str, turn: int) -> int:
    """What a child does; the status with which it ends, unless it is killed."""
    is_it, is_reached = reached(words, more, turn), False

    def watch(execute, statement, *arguments):
        nonlocal is_reached
        result = execute(statement, *arguments)
        if is_it(statement):
            is_reached = True
            if whom == "process":
                os.kill(os.getpid(), signal.SIGKILL)
            kill_backend()
        return result

    participant = Participant.objects.select_related("trial").get(pk=who)
    with connection.execute_wrapper(watch):
        try:
            allocation.allocate(trial=participant.trial, participant=participant, actor=None)
        except DatabaseError:
            if not is_reached:
                raise
    return REACHED if is_reached else 1


def ended(task: list) -> int:
    """A child's whole life; never returns in the child."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        status = die(*task)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


assert (connection.connection, threading.active_count()) == (None, 1)
for line in sys.stdin:
    sys.stdout.write(f"{ended(json.loads(line))}\n")
    sys.stdout.flush()
