"""What the application's own role cannot do to a cohort, a draw or an allocation, whatever program writes the SQL."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from questionnaires import clock
from questionnaires import services as answering
from tests import factories
from trial.allocation import outside
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Draw, Unmasking
from trial.allocation.receipts import ReceiptsBroken
from trial.enrolment import services as enrolment
from trial.people.models import Role
from trial.waves import services as waves

# What is tried after a draw was told -> what refuses it.
AFTER_THE_DRAW = {
    "UPDATE trial_cohort SET closed_at = NULL": "closed_once|Cannot update",
    "DELETE FROM trial_cohort": "Cannot delete",
    "UPDATE trial_draw SET codes = '[]'": "Cannot update",
    "UPDATE trial_draw SET commitment = repeat('0', 64)": "Cannot update",
    "UPDATE trial_draw SET sealed = 'x'": "Cannot update",
    "UPDATE trial_draw SET drawn_at = now()": "draw_once",
    "UPDATE trial_draw SET told_at = NULL": "draw_once",
    "DELETE FROM trial_draw": "Cannot delete",
    "UPDATE trial_allocation SET arm = 'cct'": "Cannot update",
    "UPDATE trial_allocation SET told_at = now()": "Cannot update",
    "DELETE FROM trial_allocation": "Cannot delete",
    "UPDATE trial_cohortplace SET randomised_at = NULL": "Cannot update",
    "UPDATE trial_cohortplace SET randomised_at = now()": "Cannot update",
    "UPDATE trial_storedreceipt SET at = 'x'": "permission denied",
    "DELETE FROM trial_storedreceipt": "permission denied",
    "UPDATE trial_unmasking SET reason = 'x'": "Cannot update",
    "DELETE FROM trial_unmasking": "Cannot delete",
    "SET pgtrigger.ignore = '{trial_allocation:allocation_stays}'; UPDATE trial_allocation SET arm = 'cct'": (
        "Cannot update"
    ),
}


@pytest.fixture
def model(db):
    return factories.make_model_trial()


def refusal_of(act) -> str:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        act()
    return str(refusal.value)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_0_of_18_statements_undo_a_draw(model):
    factories.make_drawn_cohort(model, 2)
    clinician = factories.make_member(model, Role.CLINICIAN)
    allocation.unmask_in_emergency(participant=model.participants.first(), actor=clinician, reason="admitted")
    before = [list(kind.objects.order_by("pk").values()) for kind in (Draw, Allocation, Unmasking)]

    refusals = {sql: refusal_of(lambda sql=sql: execute(sql)) for sql in AFTER_THE_DRAW}

    unlike = {sql: said for sql, said in refusals.items() if not any(w in said for w in AFTER_THE_DRAW[sql].split("|"))}
    assert unlike == {}
    assert [list(kind.objects.order_by("pk").values()) for kind in (Draw, Allocation, Unmasking)] == before


def draw_of(cohort, **other) -> Draw:
    return Draw(
        cohort=cohort,
        protocol_version=cohort.trial.version_in_force(),
        environment="live",
        codes=["P-001", "P-002"],
        commitment="0" * 64,
        sealed=b"x",
        committed_at=clock.now(),
        **other,
    )


def test_draw_of_an_open_cohort_or_already_drawn_is_refused(model):
    cohort = factories.make_cohort(model)
    still_open = refusal_of(draw_of(cohort).save)
    cohort.closed_at = clock.now()
    cohort.save(update_fields=["closed_at"])
    drawn = refusal_of(draw_of(cohort, drawn_at=clock.now()).save)

    assert [said.split(":")[0] for said in (still_open, drawn)] == ["draw_of_closed_cohort"] * 2
    assert "the cohort is open" in still_open
    assert "a draw begins with its commitment" in drawn


def test_allocation_of_somebody_who_is_not_ready_or_not_committed_to_is_refused(model):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    late = factories.enrol(model, "late@example.org")
    sitting = waves.begin(participant=late, wave="pre")
    stranger = factories.make_participant(model, "stranger@example.org")
    draw = allocation.close_cohort(cohort=cohort, actor=None)

    def give(participant):
        return Allocation(trial=model, participant=participant, draw=draw, arm="cct", allocated_at=clock.now()).save

    assert "the participant has not consented" in refusal_of(give(stranger))
    assert "the participant has not handed in the baseline" in refusal_of(give(late))
    answering.submit_sitting(sitting, by=late.respondent_key)
    assert "not one of those to whom the draw is committed" in refusal_of(give(late))


# What is tried of a trial that is under way -> what refuses it.
WHO_AND_WHEN = {
    "UPDATE trial_participant SET code = 'X-1'": "Cannot update",
    "UPDATE trial_participant SET respondent_key = gen_random_uuid()": "Cannot update",
    "DELETE FROM trial_participant": "Cannot delete",
    "UPDATE trial_trial SET slug = 'other'": "Cannot update",
    "UPDATE trial_trial SET is_simulated = true": "Cannot update",
    "DELETE FROM trial_membership": "Cannot delete",
    "DELETE FROM trial_outgoingmail": "Cannot delete",
    "DELETE FROM trial_cohortwave": "Cannot delete",
    "UPDATE trial_cohortwave SET accepts_until = ends_at WHERE wave = 'pre'": "ends_no_earlier",
    "UPDATE trial_screening SET reopened_at = now()": "screening_of_the_draw",
    "DELETE FROM questionnaires_answer": "answers_stay",
    "UPDATE questionnaires_answer SET code = 0": "answers_stay",
    "INSERT INTO questionnaires_answer (sheet_id, item, code, wording, captured_at, stored_at) "
    "SELECT sheet_id, 'new', code, wording, captured_at, stored_at FROM questionnaires_answer": "answers_stay",
    "INSERT INTO questionnaires_answerchange (sheet_id, key, item, code, wording, captured_at, stored_at) "
    "SELECT sheet_id, gen_random_uuid(), item, 0, wording, captured_at, stored_at FROM questionnaires_answer": (
        "answers_stay"
    ),
}


def test_0_of_14_statements_change_who_it_was_until_when_or_what_was_handed_in(model):
    factories.make_member(model, Role.CLINICIAN)
    cohort = factories.make_cohort(model)
    cohort.waves.filter(wave="pre").update(accepts_until=F("accepts_until") + timedelta(days=1))
    factories.make_ready(model, 1)
    person = factories.enrol(model, "person@example.org")
    sitting = factories.begin(person, "pre")
    answering.save_page(sitting.sheets.get(instrument="dass_21"), {"1": 2}, by=person.respondent_key)
    answering.submit_sitting(sitting, by=person.respondent_key)
    allocation.close_cohort(cohort=cohort, actor=None)

    refusals = {sql: refusal_of(lambda sql=sql: execute(sql)) for sql in WHO_AND_WHEN}

    assert {sql: said for sql, said in refusals.items() if WHO_AND_WHEN[sql] not in said} == {}


def test_screening_of_a_closed_cohort_is_not_reopened(model):
    cohort = factories.make_cohort(model)
    person, _other = factories.make_ready(model, 2)
    allocation.close_cohort(cohort=cohort, actor=None)

    with pytest.raises(enrolment.EnrolmentRefused, match="This person's cohort is closed") as refused:
        enrolment.reopen_screening(trial=model, participant=person, actor=None, reason="a slip")

    assert (refused.value.guard, person.screenings.get().reopened_at) == ("closed", None)


@pytest.mark.parametrize(
    ("trial", "of"), [("../cct", "0" * 64), ("cct", "../" + "0" * 61), ("CCT", "0" * 64), ("", "")]
)
def test_receipts_are_kept_under_no_other_path(tmp_path, trial, of):
    with pytest.raises(ReceiptsBroken, match="do not name a chain"):
        outside.read(tmp_path, trial, of)
