"""A program that allocates one person and dies by kill -9, itself or its PostgreSQL process, after one statement.

    python doomed.py <participant> <backend or process> <words of the statement> <more of its words> <which time>

Ends with status 3 once its backend was killed at that statement. A process of its own: one that is forked from the
tests' has their connections, threads and garbage too, and lost its own connection now and then.
"""

import os
import signal
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")
django.setup()

from django.db import DatabaseError, connection  # noqa: E402

from tests.at_once import kill_backend  # noqa: E402
from trial.allocation import services as allocation  # noqa: E402
from trial.people.models import Participant  # noqa: E402

WHO, WHOM, WORDS, MORE, TURN = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
REACHED = 3
seen = 0


def watch(execute, statement, *arguments):
    global seen
    result = execute(statement, *arguments)
    if WORDS in statement and MORE in statement:
        seen += 1
        if seen == TURN and WHOM == "process":
            os.kill(os.getpid(), signal.SIGKILL)
        elif seen == TURN:
            kill_backend()
    return result


participant = Participant.objects.select_related("trial").get(pk=WHO)
with connection.execute_wrapper(watch):
    try:
        allocation.allocate(trial=participant.trial, participant=participant, actor=None)
    except DatabaseError:
        if seen < TURN:
            raise
sys.exit(REACHED if seen >= TURN else 1)
