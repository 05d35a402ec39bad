"""The database is set back behind the receipts: nothing goes on until they are replayed, and nobody changes sides."""

import json
import os
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from questionnaires.models import Sitting
from tests import factories
from tests.trial.allocation.test_cohort_at_once import ACTS, press
from trial.allocation import sealing
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Draw, StoredReceipt
from trial.audit.models import AuditEntry
from trial.enrolment.models import Cohort, CohortPlace
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import Participant

BACK_TO = {"before closing": 0, "before drawing": 1, "before telling": 2}
DRILLS = 100 if os.environ.get("SOAK") == "full" else 2


@pytest.fixture
def model(db):
    return factories.make_model_trial()


@pytest.fixture
def cohort(model):
    """Four people who are ready."""
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 4)
    return cohort


def do(cohort: Cohort, *acts) -> None:
    for act in acts:
        press(act, cohort)


def arms() -> dict[str, str]:
    return dict(Allocation.objects.values_list("participant__code", "arm"))


def receipts() -> list[str]:
    return list(StoredReceipt.objects.order_by("number").values_list("hash", flat=True))


def moments(cohort: Cohort) -> list[object]:
    draw = Draw.objects.get(cohort=cohort)
    randomised = set(CohortPlace.objects.values_list("randomised_at", flat=True))
    return [Cohort.objects.get(pk=cohort.pk).closed_at, draw.committed_at, draw.drawn_at, draw.told_at, randomised]


def replayed(*options: str) -> str:
    out = StringIO()
    call_command("replay_receipts", *options, stdout=out)
    return out.getvalue()


def set_back(cohort: Cohort, back_to: int) -> tuple[dict[str, str], list[str], list[object]]:
    """Close, draw and tell, then take back all but the first acts; returns what everybody had been given."""
    do(cohort, *ACTS[:back_to])
    backup = transaction.savepoint()
    do(cohort, *ACTS[back_to:])
    given = arms(), receipts(), moments(cohort)
    transaction.savepoint_rollback(backup)
    return given


def drill(cohort: Cohort, back_to: int) -> None:
    given = set_back(cohort, back_to)
    refusals = []
    for act in ACTS[back_to:]:
        with pytest.raises(allocation.AllocationRefused) as refusal:
            act(cohort=cohort, actor=None)
        refusals.append(refusal.value.guard)

    replayed()

    assert refusals[0] == "receipts"
    assert (arms(), receipts(), moments(cohort)) == given
    do(cohort, *ACTS)
    assert (arms(), receipts()) == given[:2]


@pytest.mark.parametrize("back_to", BACK_TO.values(), ids=BACK_TO)
def test_0_people_change_sides_when_the_database_is_set_back(cohort, back_to):
    drill(cohort, back_to)


@pytest.mark.soak(minutes=3)
def test_0_people_change_sides_in_100_drills(cohort, settings, tmp_path):
    for number in range(DRILLS):
        settings.RECEIPTS_FOLDER = str(tmp_path / str(number))
        start = transaction.savepoint()
        drill(cohort, number % len(BACK_TO))
        transaction.savepoint_rollback(start)


def test_refusal_before_the_replay_says_what_to_do(cohort):
    set_back(cohort, 0)

    with pytest.raises(allocation.AllocationRefused) as refusal:
        allocation.close_cohort(cohort=cohort, actor=None)

    assert str(refusal.value).startswith("The database lacks 3 receipts of ")
    assert str(refusal.value).endswith("Nobody is allocated until they are replayed (manage.py replay_receipts).")


def test_dry_run_says_what_would_be_done_and_does_nothing(cohort):
    set_back(cohort, 1)

    said = replayed("--dry-run").splitlines()

    assert [line.split(": ")[1].split(" of ")[0] for line in said] == ["drawn", "told"]
    assert {line.rpartition(" ")[0].split()[-1] for line in said} == {"be"}
    assert (Allocation.objects.count(), StoredReceipt.objects.count()) == (0, 1)


def test_replay_with_nothing_lost_does_nothing(cohort):
    do(cohort, *ACTS)
    before = AuditEntry.objects.count()

    assert replayed("--trial", "cct") == "cct: the database lacks no receipt.\n"
    assert AuditEntry.objects.count() == before


def test_replay_writes_to_everybody_once_more_and_stands_in_the_trail(cohort):
    set_back(cohort, 1)
    replayed()

    assert OutgoingMail.objects.filter(kind=Kind.ALLOCATION).count() == 4
    assert AuditEntry.objects.get(action="receipts.replayed").data == {"receipts": 2}


def test_somebody_who_has_withdrawn_meanwhile_is_replayed_all_the_same(cohort):
    given, *_ = set_back(cohort, 0)
    factories.leave_study(Participant.objects.get(code="P-002"))
    replayed()

    assert arms() == given


def refused_replay() -> str:
    with pytest.raises(CommandError) as problem:
        replayed()
    assert (Draw.objects.count(), StoredReceipt.objects.count()) == (0, 0)
    return str(problem.value)


def test_person_who_is_another_one_now_is_refused_by_code(model):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 3)
    backup = transaction.savepoint()
    late = factories.enrol(model, "late@example.org")
    factories.hand_in(late, "pre")
    do(cohort, *ACTS)
    transaction.savepoint_rollback(backup)
    somebody_else = factories.enrol(model, "other@example.org")
    factories.hand_in(somebody_else, "pre")

    assert somebody_else.code == late.code
    assert refused_replay() == (
        "cct: nothing was replayed. These people of cohort 1 are not in this database, or are others: P-004."
    )


def test_person_whose_baseline_is_lost_is_named(model):
    cohort = factories.make_cohort(model)
    ready = factories.make_ready(model, 3)
    last = factories.enrol(model, "late@example.org")
    backup = transaction.savepoint()
    factories.hand_in(last, "pre")
    do(cohort, *ACTS)
    transaction.savepoint_rollback(backup)

    assert len(ready) == 3
    assert refused_replay().endswith("have not finished what comes before the draw: P-004.")
    factories.hand_in(last, "pre")
    replayed()
    assert Allocation.objects.count() == 4


def test_cohort_that_is_not_there_is_named(model):
    backup = transaction.savepoint()
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    do(cohort, *ACTS)
    transaction.savepoint_rollback(backup)

    assert refused_replay().endswith("A receipt is of cohort 1, which this database does not have.")


def test_protocol_that_is_not_there_is_named(model):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    backup = transaction.savepoint()
    amended = factories.amend(model, "target_sample_size = 44", "target_sample_size = 46")
    do(cohort, *ACTS)
    transaction.savepoint_rollback(backup)

    assert amended.sha256[:12] in refused_replay()


def test_wrong_key_is_told_from_an_alteration(cohort, settings):
    set_back(cohort, 0)
    settings.ALLOCATION_KEY = sealing.new_key()

    assert "Put that key in force again." in refused_replay()


def test_altered_receipt_is_refused(cohort, receipts_folder):
    set_back(cohort, 0)
    (file,) = (receipts_folder / "cct").iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    lines[1]["sealed"] = "something else"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    assert "Receipt 3 does not follow the one before it: one of them was altered." in refused_replay()


def test_receipts_hold_neither_secret_nor_codes_in_plain(cohort, receipts_folder):
    do(cohort, *ACTS)
    (file,) = (receipts_folder / "cct").iterdir()
    text = file.read_text()

    keys = [str(key) for key in Participant.objects.values_list("respondent_key", flat=True)]
    assert [word for word in ("P-001", "secret", "waitlist", *keys) if word in text] == []


def test_answers_of_the_baseline_are_untouched_by_a_replay(cohort):
    set_back(cohort, 0)
    before = list(Sitting.objects.order_by("pk").values())
    replayed()

    assert list(Sitting.objects.order_by("pk").values()) == before
