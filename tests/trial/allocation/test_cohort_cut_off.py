"""A cohort whose closing, drawing or telling is cut off, by kill -9 of PostgreSQL's process or by an error: all of an
act happened, or nothing, and done again it gives what the commitment fixed."""

import random
from functools import partial

from django.db import connection, transaction

from tests import factories
from tests.at_once import Cut, all_at_once, commit_for_good, cut_off, reached, with_backend_killed
from tests.soak import small_or_full
from tests.trial.allocation.test_cohort_at_once import ACTS, acts_done, press
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Draw
from trial.allocation.services import chain
from trial.allocation.services.cohorts import opened
from trial.enrolment.models import Cohort, CohortPlace
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Role
from trial.protocol.models import Trial

PEOPLE = 4
CALLERS = 4
# When PostgreSQL's process dies: once a statement with these words was carried out, for the so-maniest time. An act is
# what its button does: the act itself, and its receipt into the second place. Before the last point it has committed.
COMMON = {
    "trial locked": ('FROM "trial_trial"', "UPDATE", 1),
    "cohort locked": ('FROM "trial_cohort"', "UPDATE", 1),
    "receipts compared": ('FROM "trial_storedreceipt"', "ORDER BY 1 ASC", 1),
    "moment taken": ("clock_timestamp", "", 1),
    "receipt written": ('INSERT INTO "trial_storedreceipt"', "", 1),
    "trail written": ('INSERT INTO "trial_auditentry"', "", 1),
}
COMMITTED = "committed"
POINTS = {
    allocation.close_cohort: {
        **COMMON,
        "letter to the witness asked for": ('INSERT INTO "trial_outgoingmail"', "", 1),
        "baselines locked": ('FROM "questionnaires_sitting"', "FOR UPDATE", 1),
        "last person checked": ('FROM "trial_consent"', "", PEOPLE),
        "cohort closed": ('UPDATE "trial_cohort"', "closed_at", 1),
        "commitment written": ('INSERT INTO "trial_draw"', "", 1),
        COMMITTED: ('FROM "trial_draw"', "", 2),
    },
    allocation.draw_cohort: {
        **COMMON,
        "letter that waits for the witness found": ('FROM "trial_outgoingmail"', "", 1),
        "commitment read": ('FROM "trial_draw"', "UPDATE", 1),
        "arms written": ('INSERT INTO "trial_allocation"', "", 1),
        "people marked": ('UPDATE "trial_cohortplace"', "randomised_at", 1),
        "draw marked": ('UPDATE "trial_draw"', "drawn_at", 1),
        COMMITTED: ('FROM "trial_draw"', "", 2),
    },
    allocation.tell_cohort: {
        **COMMON,
        "arms compared": ('FROM "trial_allocation"', '"arm"', 1),
        "arms opened": ('UPDATE "trial_allocation"', "told_at", 1),
        "telling marked": ('UPDATE "trial_draw"', "told_at", 1),
        "first letter asked for": ('INSERT INTO "trial_outgoingmail"', "", 1),
        "last letter asked for": ('INSERT INTO "trial_outgoingmail"', "", PEOPLE),
        COMMITTED: ('FROM "trial_draw"', "", 2),
    },
}


def fixed(cohort: Cohort) -> dict[str, str]:
    """What follows from the commitment, if there is one."""
    draw = Draw.objects.filter(cohort=cohort).select_related("protocol_version__trial").first()
    return dict(opened(draw).allocations) if draw else {}


def traces(cohort: Cohort) -> tuple[int, int]:
    """How many of the acts were done, wholly, and how many letters there are to the witness."""
    return acts_done(cohort, PEOPLE), OutgoingMail.objects.filter(kind=Kind.RECEIPT).count()


def kill_each_act(trial: Trial, letters: int) -> None:
    """A cohort whose every act dies at each of its points, the last of them behind its commit."""
    cohort = factories.make_cohort(trial)
    factories.make_ready(trial, PEOPLE)
    for done, (act, points) in enumerate(POINTS.items()):
        before, expected = traces(cohort), fixed(cohort)
        assert before == (done, letters + (done > 0))
        for name, point in points.items():
            with_backend_killed(lambda act=act: press(act, cohort), after=reached(*point))

            if name != COMMITTED:
                assert (name, *traces(cohort)) == (name, *before)
        assert traces(cohort) == (done + 1, letters + 1)
        again = press(act, cohort)
        assert traces(cohort) == (done + 1, letters + 1)
        assert fixed(cohort) == (expected or dict(opened(again).allocations))
        assert_second_place_is_whole(trial, again)
    assert_as_committed(cohort)


def assert_second_place_is_whole(trial: Trial, draw: Draw) -> None:
    there = chain.outside.read(chain.folder(), trial.slug, draw.commitment)
    assert there == tuple(chain.chain(draw.commitment))


def assert_as_committed(cohort: Cohort) -> None:
    arms = dict(Allocation.objects.filter(participant__place__cohort=cohort).values_list("participant__code", "arm"))
    assert arms == fixed(cohort)
    assert len(arms) == CohortPlace.objects.filter(cohort=cohort).count() == PEOPLE


def witnessed_trial() -> Trial:
    trial = factories.make_model_trial()
    factories.make_member(trial, Role.MONITOR)
    return trial


@small_or_full(1, 100, minutes=18)
def test_closing_drawing_and_telling_killed_at_12_points_each_n_times_leave_0_half_states(committed_db, n):
    assert [len(points) for points in POINTS.values()] == [12] * len(ACTS)
    commit_for_good()
    trial = witnessed_trial()
    for number in range(n):
        kill_each_act(trial, number)


def statements_of(act, cohort: Cohort) -> int:
    """How many statements an act has before its commit; nothing of it stays."""
    seen = 0

    def count(execute, *arguments):
        nonlocal seen
        seen += 1
        return execute(*arguments)

    with connection.execute_wrapper(count), transaction.atomic():
        act(cohort=cohort, actor=None)
        transaction.set_rollback(True)
    return seen - 2  # its own transaction was a savepoint here, made and released


def cut_each_act(trial: Trial, dice: random.Random) -> int:
    """Each act is asked for by several at once, a fifth of whom are cut off at a random statement; then once more."""
    cohort, thrown_back = factories.make_cohort(trial), 0
    factories.make_ready(trial, PEOPLE)
    for done, act in enumerate(ACTS):
        last = statements_of(act, cohort)
        cuts = [dice.randint(1, last) if dice.random() < 0.2 else None for _ in range(CALLERS)]
        doing = partial(act, cohort=cohort, actor=None)
        results = all_at_once([partial(cut_off, doing, at=cut) for cut in cuts])

        answers = [each for each in results if not isinstance(each, Cut)]
        assert all(cuts[place] for place, each in enumerate(results) if isinstance(each, Cut))
        assert acts_done(cohort, PEOPLE) == done + bool(answers)
        draw = press(act, cohort)
        assert answers == [draw] * len(answers)
        assert acts_done(cohort, PEOPLE) == done + 1
        assert_second_place_is_whole(trial, draw)
        thrown_back += len(results) - len(answers)
    assert_as_committed(cohort)
    return thrown_back


@small_or_full(4, 200, minutes=7)
def test_20_percent_of_4_at_once_thrown_back_in_each_act_of_n_cohorts_leave_no_gap(committed_db, n):
    dice, trial = random.Random(1), witnessed_trial()

    thrown_back = sum(cut_each_act(trial, dice) for _ in range(n))

    assert thrown_back > 0
    places = CohortPlace.objects.filter(randomised_at__isnull=False)
    assert Allocation.objects.count() == places.count() == PEOPLE * n
    assert list(Draw.objects.order_by("told_at").values_list("cohort__number", flat=True)) == list(range(1, n + 1))
    print(f"{thrown_back} of {CALLERS * len(ACTS) * n} were thrown back")
