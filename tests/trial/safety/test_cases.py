"""A crossing becomes a case with an owner, a deadline and an end; whatever dies in between, none is lost."""

from datetime import timedelta

import pytest
from django.urls import reverse

from questionnaires import clock
from questionnaires import services as answering
from questionnaires.models import Crossing
from tests import factories
from tests.soak import small_or_full
from trial.audit.models import AuditEntry
from trial.messages.models import Kind, OutgoingMail
from trial.messages.services import send_due_mail
from trial.people.models import Role
from trial.protocol import services as protocols
from trial.safety import services as safety
from trial.safety.models import Outcome, SafetyCase


@pytest.fixture
def model(db):
    trial = factories.make_model_trial()
    factories.make_cohort(trial)
    return trial


@pytest.fixture
def clinician(model):
    return factories.make_member(model, Role.CLINICIAN)


def cross(trial, email="first@example.org", code=2):
    """Somebody whose answers to the depression items are all `code`: 14 with 2."""
    participant = factories.enrol(trial, email)
    sitting = factories.begin(participant, "pre")
    sheet = sitting.sheets.get(instrument="dass_21")
    given = {key: code if key in sheet.definition.score("depression").items else 0 for key in sheet.definition.by_key}
    answering.save_page(sheet, given, by=participant.respondent_key)
    return participant


def make_case(trial) -> SafetyCase:
    cross(trial)
    safety.open_cases()
    return SafetyCase.objects.get()


def refusal(act, **given) -> str:
    with pytest.raises(safety.SafetyRefused) as refused:
        act(**given)
    assert AuditEntry.objects.filter(action="safety.refused").latest("pk").data["guard"] == refused.value.guard
    return str(refused.value)


def test_score_at_the_threshold_becomes_a_case_with_the_deadline_of_the_protocol(model, clinician):
    case = make_case(model)

    assert (case.participant.code, case.crossing.rule, case.owner) == ("P-001", "depression", None)
    assert case.answer_by - case.opened_at == timedelta(hours=24)


def test_score_below_the_threshold_becomes_none(model):
    cross(model, code=1)

    assert (safety.open_cases(), SafetyCase.objects.count()) == (0, 0)


def test_each_crossing_becomes_one_case_and_one_mail_however_often_the_task_runs(model, clinician):
    cross(model)

    opened = [safety.open_cases() for _ in range(3)]

    assert opened == [1, 0, 0]
    assert OutgoingMail.objects.filter(kind=Kind.SAFETY_CASE, user=clinician).count() == 1


def test_mail_to_the_clinician_says_neither_who_nor_what(model, clinician, mailbox):
    make_case(model)

    send_due_mail()

    [mail] = [text for file in mailbox.iterdir() if "A safety case" in (text := file.read_text())]
    body = mail.split("The clinician,")[1]
    assert [word for word in ("P-001", "epress", "DASS", "first@") if word in body] == []


def test_mail_is_dropped_when_somebody_has_taken_the_case(model, clinician):
    case = make_case(model)
    safety.take_case(trial=model, case=case, actor=clinician)

    send_due_mail()

    assert OutgoingMail.objects.get(kind=Kind.SAFETY_CASE).dropped_at is not None


def test_case_without_an_owner_is_told_above_once_after_the_hours_of_the_protocol(model, clinician):
    leader = factories.make_member(model, Role.PI)
    case = make_case(model)

    with clock.fixed(case.opened_at + timedelta(hours=11, minutes=59)):
        before = safety.escalate_late_cases()
    with clock.fixed(case.opened_at + timedelta(hours=12)):
        after = [safety.escalate_late_cases() for _ in range(2)]

    assert (before, after) == (0, [1, 0])
    assert list(OutgoingMail.objects.filter(kind=Kind.SAFETY_ESCALATION).values_list("user", flat=True)) == [leader.pk]


def test_case_is_taken_worked_on_and_closed(model, clinician):
    case = make_case(model)

    safety.take_case(trial=model, case=case, actor=clinician)
    safety.note_attempt(trial=model, case=case, words="Called at ten.", actor=clinician)
    closed = safety.close_case(trial=model, case=case, outcome=Outcome.SPOKEN, note="Has help.", actor=clinician)

    assert (closed.outcome, closed.note, closed.owner) == ("spoken", "Has help.", clinician)
    assert [attempt.words for attempt in case.attempts.all()] == ["Called at ten."]
    actions = AuditEntry.objects.filter(action__startswith="safety.").order_by("pk").values_list("action", flat=True)
    taken = ["safety.case_opened", "safety.case_taken", "safety.attempt_noted", "safety.case_closed"]
    assert list(actions) == taken


def test_case_of_somebody_else_is_neither_taken_nor_written_in(model, clinician):
    leader = factories.make_member(model, Role.PI)
    case = make_case(model)
    safety.take_case(trial=model, case=case, actor=clinician)

    assert refusal(safety.take_case, trial=model, case=case, actor=leader) == (
        "The clinician answers for this case already."
    )
    assert refusal(safety.note_attempt, trial=model, case=case, words="x", actor=leader) == (
        "Take the case first: whoever answers for it writes in it."
    )


def test_case_is_handed_over_only_to_those_who_answer_for_safety(model, clinician):
    leader, recruiter = (factories.make_member(model, role) for role in (Role.PI, Role.RECRUITER))
    case = make_case(model)
    safety.take_case(trial=model, case=case, actor=clinician)

    sentence = refusal(safety.hand_over, trial=model, case=case, to=recruiter, actor=clinician)
    handed = safety.hand_over(trial=model, case=case, to=leader, actor=clinician)

    assert (sentence, handed.owner) == ("The recruiter does not answer for safety in this trial.", leader)


@pytest.mark.parametrize("note", ["", "  "])
def test_case_is_not_closed_without_a_note(model, clinician, note):
    case = make_case(model)
    safety.take_case(trial=model, case=case, actor=clinician)

    given = {"trial": model, "case": case, "outcome": Outcome.SPOKEN, "note": note, "actor": clinician}
    assert refusal(safety.close_case, **given) == "The case is still open. Write how it ended."


def test_case_of_another_trial_is_refused(model, other_trial, clinician):
    case = make_case(model)

    assert refusal(safety.take_case, trial=other_trial, case=case, actor=clinician) == (
        "This case is not in this study. Nothing was changed."
    )


def test_score_and_address_are_shown_to_the_owner_alone(model, clinician, as_staff):
    case = make_case(model)
    client, at = as_staff(clinician), reverse("desk:safety_case", args=[model.slug, case.pk])
    before = client.get(at).content.decode()
    client.post(reverse("desk:take_case", args=[model.slug, case.pk]))
    after = client.get(at).content.decode()

    assert [word in before for word in ("first@example.org", "14.0")] == [False, False]
    assert [word in after for word in ("first@example.org", "14.0")] == [True, True]


def test_case_is_closed_from_its_page(model, clinician, as_staff):
    case = make_case(model)
    client = as_staff(clinician)
    for name, said in (
        ("take_case", {}),
        ("note_attempt", {"words": "Called at ten."}),
        ("close_case", {"outcome": "spoken", "note": "Has help."}),
    ):
        client.post(reverse(f"desk:{name}", args=[model.slug, case.pk]), said)

    assert SafetyCase.objects.get().outcome == "spoken"


@small_or_full(3, 300)
def test_page_of_cases_takes_the_same_queries_for_1_and_more(n, model, clinician, as_staff, django_assert_num_queries):
    client, at = as_staff(clinician), reverse("desk:safety", args=[model.slug])
    make_case(model)
    client.get(at)
    with django_assert_num_queries(10):
        client.get(at)
    for number in range(2, n + 1):
        cross(model, f"more-{number}@example.org")
    safety.open_cases()

    with django_assert_num_queries(10):
        client.get(at)


def test_crossings_written_while_nobody_looked_are_all_found(model, clinician):
    for number in range(5):
        cross(model, f"person-{number}@example.org")

    assert (safety.open_cases(), SafetyCase.objects.count(), Crossing.objects.count()) == (5, 5, 5)


def test_case_that_is_not_late_is_not_taken_by_those_above(model, clinician):
    leader = factories.make_member(model, Role.PI)
    case = make_case(model)

    sentence = refusal(safety.take_case, trial=model, case=case, actor=leader)
    with clock.fixed(case.opened_at + timedelta(hours=12)):
        safety.escalate_late_cases()
    taken = safety.take_case(trial=model, case=case, actor=leader)

    assert sentence == "This case is not yours to take as long as it is not late."
    assert taken.owner == leader


def test_rules_that_an_amendment_took_away_hold_up_no_case(model, clinician):
    cross(model)
    source = model.version_in_force().source
    without = source[: source.index("[[safety.rules]]")] + source[source.index("[[support.emergency]]") :]
    draft = protocols.save_draft(trial=model, source=without.encode(), actor=None, reason="an amendment")
    protocols.put_in_force(version=draft, actor=None)

    assert safety.open_cases() == 1
    case = SafetyCase.objects.get()
    assert case.answer_by - case.opened_at == timedelta(hours=12)
