"""The database set back from a real dump, as docs/operators.md says it, behind what was told: nobody changes sides."""

import pytest

from tests import factories
from tests.backups import dumped, set_back
from tests.soak import small_or_full
from tests.trial.allocation.test_cohort_at_once import ACTS, press
from tests.trial.allocation.test_lists_restored import give
from tests.trial.allocation.test_replay import receipts, replayed
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Draw
from trial.people.models import Participant


def places() -> list[tuple]:
    own = ("participant__code", "index", "arm", "allocated_at")
    return list(Allocation.objects.order_by("allocated_at", "participant__code").values_list(*own))


def replay() -> int:
    """How many receipts the operator's command says it has replayed."""
    return sum(line.endswith(" replayed.") for line in replayed().splitlines())


@small_or_full(2, 100, minutes=4)
def test_0_of_n_databases_set_back_from_a_dump_behind_3_places_told_give_anybody_another_place(committed_db, n):
    trial = factories.make_list_trial(randomisation=f'method = "simple"\nlist_length = {4 * n + 44}')
    people = [person.pk for person in factories.make_ready(trial, 4 * n)]
    for number in range(n):
        *three, fourth = Participant.objects.filter(pk__in=people[4 * number : 4 * number + 4]).order_by("pk")
        backup = dumped()
        for person in three:
            assert give(trial, person).told_at
        told, given_out = places(), receipts()

        set_back(backup)

        assert len(places()) == len(told) - 3
        for person in (*three, fourth):
            with pytest.raises(allocation.AllocationRefused, match="lacks 3 receipts"):
                give(trial, person)
        assert len(places()) == len(told) - 3
        assert (replay(), replay()) == (3, 0)
        assert (places(), receipts()) == (told, given_out)
        assert allocation.tell_allocated(trial=trial, actor=None) == 3
        assert [give(trial, person).index for person in (*three, fourth)] == list(range(4 * number + 1, 4 * number + 5))
        assert places()[:-1] == told


@pytest.mark.parametrize("done", range(len(ACTS)), ids=["before closing", "before drawing", "before telling"])
def test_cohort_told_and_set_back_from_a_dump_is_drawn_as_it_was(committed_db, done):
    trial = factories.make_model_trial()
    cohort = factories.make_cohort(trial)
    factories.make_ready(trial, 6)
    for act in ACTS[:done]:
        press(act, cohort)
    backup = dumped()
    for act in ACTS[done:]:
        press(act, cohort)
    told, given_out = places(), receipts()

    set_back(backup)

    with pytest.raises(allocation.AllocationRefused, match=rf"lacks {3 - done} receipts"):
        press(ACTS[done], cohort)
    assert (replay(), places(), receipts()) == (3 - done, told, given_out)
    assert press(allocation.tell_cohort, cohort) == Draw.objects.get()
    assert len(places()) == 6
