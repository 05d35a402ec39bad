"""People who are allocated at the same instant, each on a connection of their own."""

import os
import random
import time
from collections.abc import Callable

import pytest

from tests import factories
from tests.at_once import Cut, all_at_once, cut_off
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, AllocationList
from trial.allocation.services import chain
from trial.audit.models import AuditEntry
from trial.messages.models import Kind, OutgoingMail

FULL = os.environ.get("SOAK") == "full"
PEOPLE = 200 if FULL else 24
SIMPLE = f'method = "simple"\nlist_length = {PEOPLE + 44}'
STATEMENTS = 60  # about as many as an allocation has


def act_for(trial, participant) -> Callable[[], Allocation]:
    return lambda: allocation.allocate(trial=trial, participant=participant, actor=None)


def check_list_is_whole(places: int) -> None:
    """Indices in the order of time without a gap, everybody told, every receipt in both places, one letter each."""
    rows = list(Allocation.objects.order_by("allocated_at", "index"))
    assert [row.index for row in rows] == list(range(1, places + 1))
    assert [row.index for row in rows if row.told_at is None] == []
    sealed = AllocationList.objects.get()
    receipts = chain.chain(sealed.list_id)
    assert chain.outside.read(chain.folder(), sealed.trial.slug, sealed.list_id) == tuple(receipts)
    assert [receipt.participant for receipt in receipts] == [row.participant.code for row in rows]
    assert OutgoingMail.objects.filter(kind=Kind.ALLOCATION).count() == places


def check_different_people() -> None:
    trial = factories.make_list_trial(randomisation=SIMPLE)
    people = factories.make_ready(trial, PEOPLE)
    waits: list[float] = []

    def timed(participant) -> Allocation:
        began = time.monotonic()
        given = act_for(trial, participant)()
        waits.append(time.monotonic() - began)
        return given

    results = all_at_once([lambda person=person: timed(person) for person in people])

    assert [each for each in results if not isinstance(each, Allocation)] == []
    assert sorted(each.index for each in results) == list(range(1, PEOPLE + 1))
    check_list_is_whole(PEOPLE)
    print(f"{PEOPLE} at once: 95 % of them within {sorted(waits)[int(PEOPLE * 0.95) - 1]:.1f} s")


def check_one_person() -> None:
    trial = factories.make_list_trial(randomisation=SIMPLE)
    [person] = factories.make_ready(trial, 1)

    results = all_at_once([act_for(trial, person)] * PEOPLE)

    assert results == [Allocation.objects.get()] * PEOPLE
    check_list_is_whole(1)
    acts = AuditEntry.objects.values_list("action", flat=True)
    counted = [acts.filter(action=each).count() for each in ("participant.allocated", "allocation.asked_again")]
    assert counted == [1, PEOPLE - 1]


def check_rollbacks() -> None:
    """A fifth of the people are cut off at a random statement; then they try again."""
    dice = random.Random(1)
    trial = factories.make_list_trial(randomisation=SIMPLE)
    people = factories.make_ready(trial, PEOPLE)

    cuts = [dice.randint(1, STATEMENTS // 3) if dice.random() < 0.2 else None for _ in people]
    acts = [act_for(trial, person) for person in people]
    results = all_at_once([lambda act=act, cut=cut: cut_off(act, at=cut) for act, cut in zip(acts, cuts, strict=True)])
    assert [isinstance(each, Cut) for each in results] == [cut is not None for cut in cuts]
    places = Allocation.objects.count()
    assert sorted(Allocation.objects.values_list("index", flat=True)) == list(range(1, places + 1))

    again = [act() for act in acts]

    assert sorted(each.index for each in again) == list(range(1, PEOPLE + 1))
    check_list_is_whole(PEOPLE)


CHECKS = [check_different_people, check_one_person, check_rollbacks]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_24_at_once_have_the_places_1_to_24_without_a_gap(committed_db, check):
    check()


@pytest.mark.soak(minutes=1)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_200_at_once_have_the_places_1_to_200_without_a_gap(committed_db, check):
    check()
