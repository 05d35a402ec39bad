"""The groups are opened by two people, or one of them in an emergency; slips stand on record without the group."""

import json

import pytest
from django.db import DatabaseError, transaction

from questionnaires import clock
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation, Unmasking
from trial.allocation.visibility import arm_opened_in_emergency, labels_for_analysis
from trial.audit.models import AuditEntry
from trial.messages import services as messages
from trial.messages.models import Kind, OutgoingMail
from trial.people.models import SECOND_PERSON, Role
from trial.protocol.models import Stage


@pytest.fixture
def model(db):
    """The model trial with four people drawn and told."""
    trial = factories.make_model_trial()
    factories.make_drawn_cohort(trial, 4)
    return trial


@pytest.fixture
def staff(model):
    return {role: factories.make_member(model, role) for role in Role}


def refused(act) -> str:
    with pytest.raises(allocation.AllocationRefused) as refusal:
        act()
    return refusal.value.guard


@pytest.mark.parametrize("role", sorted(SECOND_PERSON))
def test_two_people_open_the_groups(model, staff, role):
    factories.lock(model)
    allocation.ask_unmasking(trial=model, actor=staff[Role.PI], reason="the plan is fixed")

    opened = allocation.confirm_unmasking(trial=model, actor=staff[role])

    assert opened.stage == Stage.UNMASKED
    assert labels_for_analysis(model).by_code == dict(Allocation.objects.values_list("participant__code", "arm"))
    moved = AuditEntry.objects.filter(action="trial.stage_moved").latest("pk")
    assert (moved.actor, moved.reason) == (staff[role], "the plan is fixed")


def test_unmasking_in_another_order_or_by_others_is_refused(model, staff):
    ask = lambda who: allocation.ask_unmasking(trial=model, actor=staff[who], reason="due")  # noqa: E731
    confirm = lambda who: allocation.confirm_unmasking(trial=model, actor=staff[who])  # noqa: E731
    early = [refused(lambda: ask(Role.PI)), refused(lambda: confirm(Role.MONITOR))]
    factories.lock(model)
    unasked = [refused(lambda: confirm(Role.MONITOR)), refused(lambda: ask(Role.STATISTICIAN))]
    ask(Role.PI)

    assert (early, unasked) == (["stage", "stage"], ["asked", "role"])
    assert [refused(lambda role=role: confirm(role)) for role in (Role.PI, Role.RECRUITER)] == ["role", "role"]
    assert AuditEntry.objects.filter(action="unmasking.refused").count() == 6


def test_one_person_in_both_roles_is_still_one_person(model, staff):
    pi = staff[Role.PI]
    model.memberships.create(user=pi, role=Role.MONITOR, created_at=clock.now())
    factories.lock(model)
    allocation.ask_unmasking(trial=model, actor=pi, reason="due")

    assert refused(lambda: allocation.confirm_unmasking(trial=model, actor=pi)) == "two_people"


def test_unmasking_without_a_reason_is_refused_and_asked_twice_is_once(model, staff):
    factories.lock(model)
    guard = refused(lambda: allocation.ask_unmasking(trial=model, actor=staff[Role.PI], reason=" "))
    asked = [allocation.ask_unmasking(trial=model, actor=staff[Role.PI], reason=why) for why in ("one", "two")]

    assert (guard, asked[0], asked[1].reason) == ("reason", asked[1], "one")


def test_emergency_opens_one_group_to_one_clinician(model, staff):
    first, second = model.participants.all()[:2]
    clinician = staff[Role.CLINICIAN]

    allocation.unmask_in_emergency(participant=first, actor=clinician, reason="admitted to hospital")

    assert arm_opened_in_emergency(first, clinician).id == Allocation.objects.get(participant=first).arm
    assert arm_opened_in_emergency(second, clinician) is None
    assert [arm_opened_in_emergency(first, staff[role]) for role in Role if role != Role.CLINICIAN] == [None] * 8
    assert allocation.emergencies(model) == 1


def test_emergency_is_told_to_the_investigator_without_the_group(model, staff, mailbox):
    messages.send_due_mail()
    first = model.participants.first()
    for _ in range(2):
        allocation.unmask_in_emergency(participant=first, actor=staff[Role.CLINICIAN], reason="admitted")

    entry, mail = AuditEntry.objects.get(action="unmasking.emergency"), OutgoingMail.objects.get(kind=Kind.UNMASKING)
    messages.send_due_mail()
    text = sorted(mailbox.iterdir())[-1].read_text()
    assert (mail.user, entry.participant, entry.data) == (staff[Role.PI], first, {})
    assert "number 1 in this trial" in text
    assert [word for word in ("waitlist", "cct-", "Waiting", "Cultivation") if word in text] == []


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CLINICIAN])
def test_emergency_is_for_clinicians(model, staff, role):
    act = lambda: allocation.unmask_in_emergency(  # noqa: E731
        participant=model.participants.first(), actor=staff[role], reason="curious"
    )

    assert (refused(act), Unmasking.objects.count()) == ("role", 0)


def test_emergency_of_somebody_in_no_group_is_refused(model, staff):
    waiting = factories.enrol(model, "waiting@example.org")
    act = lambda: allocation.unmask_in_emergency(  # noqa: E731
        participant=waiting, actor=staff[Role.CLINICIAN], reason="admitted"
    )

    assert refused(act) == "allocated"
    with pytest.raises(DatabaseError, match="is in no group"), transaction.atomic():
        Unmasking.objects.create(
            trial=model, participant=waiting, reason="x", asked_by=staff[Role.CLINICIAN], asked_at=clock.now()
        )


def test_slip_stands_on_record_and_says_no_group(model, staff):
    first = model.participants.first()
    allocation.report_slip(trial=model, participant=first, actor=staff[Role.RECRUITER], learner="me", way="told")

    entry = AuditEntry.objects.get(action="masking.slipped")
    assert (entry.participant, entry.reason, json.dumps(entry.data)) == (first, "", '{"way": "told", "learner": "me"}')
