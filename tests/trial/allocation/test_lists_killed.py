"""kill -9 in the middle of an allocation, of PostgreSQL's process and of our own: all of it happened, or nothing."""

import os
import signal
import traceback
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, connections

from tests import factories
from tests.at_once import kill_backend, wait_for_database
from tests.trial.allocation.test_lists_at_once import check_list_is_whole
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList, StoredReceipt
from trial.allocation.services import chain
from trial.audit.models import AuditEntry
from trial.enrolment.models import CohortPlace
from trial.messages.models import Kind, OutgoingMail

# When it dies: once a statement with these words was carried out, for the first or second time.
POINTS = {
    "trial locked": ('FROM "trial_trial"', "UPDATE", 1),
    "person locked": ('FROM "trial_participant"', "FOR NO KEY UPDATE", 1),
    "receipts compared": ('FROM "trial_storedreceipt"', "ORDER BY", 1),
    "baseline checked": ('FROM "questionnaires_sitting"', "FOR UPDATE", 1),
    "place read": ('FROM "trial_sealedslot"', '"index" =', 1),
    "receipt written": ('INSERT INTO "trial_storedreceipt"', "", 1),
    "person marked": ('UPDATE "trial_cohortplace"', "", 1),
    "arm written": ('INSERT INTO "trial_allocation"', "", 1),
    "trail written": ('INSERT INTO "trial_auditentry"', "", 1),
    "committed": ('FROM "trial_trial"', "UPDATE", 2),
    "told": ('UPDATE "trial_allocation"', "told_at", 1),
    "letter asked for": ('INSERT INTO "trial_outgoingmail"', "", 1),
}
REACHED = 3  # the exit status of a child whose backend was killed at its point
AFTER_COMMIT = ("committed", "told", "letter asked for")


@pytest.fixture
def durable_db(committed_db) -> Iterator[None]:
    """What is committed outlives PostgreSQL's crash here; the tests' server is otherwise careless."""
    options = connection.settings_dict.setdefault("OPTIONS", {})
    before = options.get("options")
    connection.close()
    options["options"] = "-c synchronous_commit=on"
    yield
    connection.close()
    options.pop("options")
    if before is not None:
        options["options"] = before


def kill_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def allocate_and_die(trial, participant, point: str, kill) -> None:
    """In a child process; the parent waits for its end and for PostgreSQL to be back."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        reached = False
        try:
            reached = _reaches(trial, participant, POINTS[point], kill)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(REACHED if reached else 1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (REACHED, -signal.SIGKILL), f"it ended before “{point}”"
    wait_for_database()


def _reaches(trial, participant, at: tuple[str, str, int], kill) -> bool:
    """Allocate, with a kill at one statement; whether it came to that."""
    words, more, turn = at

    def watch(execute, statement, *arguments):
        nonlocal turn
        result = execute(statement, *arguments)
        if words in statement and more in statement:
            turn -= 1
            if turn == 0:
                kill()
        return result

    with connection.execute_wrapper(watch):
        try:
            allocation.allocate(trial=trial, participant=participant, actor=None)
        except DatabaseError:
            if turn > 0:
                raise
    return turn <= 0


def state_of(participant) -> tuple[set[int], set[int]]:
    """How often each trace of a place is there, and each of the telling: one number each, or it is a half state."""
    own = {"participant": participant}
    taken = {
        Allocation.objects.filter(**own).count(),
        StoredReceipt.objects.filter(participant=participant.code).count(),
        CohortPlace.objects.filter(**own, randomised_at__isnull=False).count(),
        AuditEntry.objects.filter(**own, action="participant.allocated").count(),
    }
    told = {
        Allocation.objects.filter(**own, told_at__isnull=False).count(),
        OutgoingMail.objects.filter(**own, kind=Kind.ALLOCATION).count(),
        AuditEntry.objects.filter(**own, action="participant.told").count(),
    }
    return taken, told


def check_kills(kill, times: int) -> None:
    people = times * len(AFTER_COMMIT)
    trial = factories.make_list_trial(randomisation=f'method = "simple"\nlist_length = {people + 44}')
    ready = iter(factories.make_ready(trial, people))
    participant = next(ready)
    for point in [*POINTS] * times:
        allocate_and_die(trial, participant, point, kill)

        assert (point, *state_of(participant)) == (point, {int(point in AFTER_COMMIT)}, {0})
        sealed = AllocationList.objects.get()
        there = chain.outside.read(chain.folder(), trial.slug, sealed.list_id)
        assert there == tuple(chain.chain(sealed.list_id)[: len(there)])
        if point in AFTER_COMMIT:
            allocation.allocate(trial=trial, participant=participant, actor=None)
            participant = next(ready, participant)
    check_list_is_whole(people)


KILLS = [kill_backend, kill_process]


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.__name__)
def test_kill_9_at_12_points_leaves_0_half_states_and_no_gap(durable_db, kill):
    check_kills(kill, 1)


@pytest.mark.soak(minutes=30)
@pytest.mark.parametrize(("kill", "times"), [(kill_backend, 100), (kill_process, 20)], ids=["backend", "process"])
def test_kill_9_at_12_points_up_to_100_times_each_leaves_0_half_states_and_no_gap(durable_db, kill, times):
    check_kills(kill, times)
