"""kill -9 in the middle of an allocation, of PostgreSQL's process and of our own: all of it happened, or nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import factories
from tests.at_once import commit_for_good, wait_for_database
from tests.conftest import environment
from tests.soak import small_or_full
from tests.trial.allocation.test_lists_at_once import check_list_is_whole
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList, StoredReceipt
from trial.allocation.services import chain
from trial.audit.models import AuditEntry
from trial.enrolment.models import CohortPlace
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Participant

DOOMED = Path(__file__).parent / "doomed.py"
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
Doomed = Callable[[Participant, str, str], None]
AFTER_COMMIT = ("committed", "told", "letter asked for")


@pytest.fixture
def doomed(committed_db) -> Iterator[Doomed]:
    """Children of a process of its own, whose commits outlive PostgreSQL's crash: the tests' server is careless."""
    more = {"PYTHONPATH": str(factories.ROOT), "PGOPTIONS": "-c synchronous_commit=on"}
    program = subprocess.Popen(
        [sys.executable, str(DOOMED)],
        env=environment(**more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )

    def allocate_and_die(participant: Participant, point: str, whom: str) -> None:
        program.stdin.write(json.dumps([participant.pk, whom, *POINTS[point]]) + "\n")
        ended = int(program.stdout.readline())
        assert ended == (-signal.SIGKILL if whom == "process" else REACHED), f"it ended before “{point}”"
        wait_for_database()

    yield allocate_and_die
    program.stdin.close()
    assert program.wait(10) == 0


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


def check_kills(doomed: Doomed, whom: str, times: int) -> None:
    people = times * len(AFTER_COMMIT)
    commit_for_good()
    trial = factories.make_list_trial(randomisation=f'method = "simple"\nlist_length = {people + 44}')
    ready = iter(factories.make_ready(trial, people))
    participant = next(ready)
    for point in [*POINTS] * times:
        doomed(participant, point, whom)

        assert (point, *state_of(participant)) == (point, {int(point in AFTER_COMMIT)}, {0})
        sealed = AllocationList.objects.get()
        there = chain.outside.read(chain.folder(), trial.slug, sealed.list_id)
        assert there == tuple(chain.chain(sealed.list_id)[: len(there)])
        if point in AFTER_COMMIT:
            allocation.allocate(trial=trial, participant=participant, actor=None)
            participant = next(ready, participant)
    check_list_is_whole(people)


@pytest.mark.parametrize("whom", ["backend", "process"])
@small_or_full(1, 100, minutes=6)
def test_kill_9_at_12_points_n_times_each_leaves_0_half_states_and_no_gap(doomed, whom, n):
    check_kills(doomed, whom, n)
