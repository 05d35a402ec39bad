"""The flow, and what needs somebody, from the database: masked until unmasked, and in a fixed number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from questionnaires import clock
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Allocation
from trial.allocation.visibility import arms_once_unmasked
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.flow import services as flow
from trial.flow.counts import Exit
from trial.flow.needs import Kind
from trial.messages.models import MOST_ATTEMPTS, OutgoingMail
from trial.people.models import Role
from trial.programme.models import Attendance, Group, Session
from trial.protocol import services as protocols
from trial.protocol.models import Stage


def test_flow_counts_everybody_once_and_together_while_masked(running):
    counts = flow.flow_of(running)

    assert (counts.entry.registered, counts.entry.consented) == (13, 12)
    assert (counts.enrolment.assessed, counts.enrolment.randomised) == (11, 9)
    assert counts.enrolment.exits == (Exit("adult", 1), Exit("baseline_unfinished", 1))
    arm = counts.arms[0]
    assert (counts.is_pooled, arm.allocated, arm.before_start) == (True, 9, (Exit("withdrew_before_start", 1),))
    assert [(wave.wave, wave.answered) for wave in arm.waves] == [("post", 3), ("follow_up", 0)]
    assert counts.problems() == []


def test_flow_is_by_arm_once_unmasked_and_not_when_the_data_are_locked(running):
    pi, monitor = (factories.make_member(running, role) for role in (Role.PI, Role.MONITOR))
    closed = protocols.move_to(trial=running, stage=Stage.CLOSED, actor=None)
    locked = protocols.step_to(trial=closed, stage=Stage.LOCKED, actor=None)
    assert arms_once_unmasked(locked) is None
    assert flow.flow_of(locked).is_pooled

    allocation.ask_unmasking(trial=locked, actor=pi, reason="the analysis is due")
    counts = flow.flow_of(allocation.confirm_unmasking(trial=locked, actor=monitor))

    drawn = list(Allocation.objects.values_list("arm", flat=True))
    assert {arm.arm: arm.allocated for arm in counts.arms} == {arm: drawn.count(arm) for arm in ("cct", "waitlist")}
    assert (sum(arm.waves[0].answered for arm in counts.arms), counts.problems()) == (3, [])


def test_box_of_an_arm_opens_once_unmasked(running):
    def members(trial) -> tuple[str, ...] | None:
        return flow.flow_from(trial, flow.facts_of(trial)).members("randomised", "cct")

    assert members(running) is None
    expected = Allocation.objects.filter(arm="cct").values_list("participant__code", flat=True)
    assert members(factories.unmask(running)) == tuple(sorted(expected))


def test_those_who_came_to_no_session_did_not_begin(running):
    running = factories.unmask(running)
    person = Allocation.objects.filter(arm="cct").latest("pk").participant
    group = Group.objects.create(cohort=running.cohorts.get(), programme="cct", arms=["cct"], created_at=clock.now())
    session = Session.objects.create(group=group, number=1, starts_at=clock.now(), minutes=120)
    Attendance.objects.create(session=session, participant=person, came="absent", noted_at=clock.now())

    arm = next(each for each in flow.flow_of(running).arms if each.arm == "cct")
    assert Exit("never_came", 1) in arm.before_start

    Attendance.objects.update(came="late")
    arm = next(each for each in flow.flow_of(running).arms if each.arm == "cct")
    assert Exit("never_came", 1) not in arm.before_start


def test_flow_of_a_trial_without_a_protocol_in_force_is_empty(db):
    assert flow.flow_of(factories.make_trial("alpha", recruiting=False)).enrolment is None


def test_facts_take_the_same_queries_for_1_3_and_12_people(db):
    trial, counts = factories.make_model_trial(), []
    factories.make_cohort(trial)
    for size in (1, 3, 12):
        for number in range(trial.participants.count(), size):
            factories.hand_in(factories.enrol(trial, f"{number}@example.org"), "pre")
        with CaptureQueriesContext(connection) as queries:
            flow.needs_today(trial, flow.facts_of(trial))
        counts.append(len(queries))

    assert counts == [counts[0]] * 3


def kinds(trial) -> list[Kind]:
    return [need.kind for need in flow.needs_today(trial, flow.facts_of(trial))]


@pytest.fixture
def resting(running):
    """The running trial, with its withdrawals seen."""
    seen_by = factories.make_member(running, Role.RECRUITER)
    flow.see_withdrawals(trial=running, codes=["P-001", "P-006"], actor=seen_by)
    return running


def test_withdrawal_seen_is_needed_no_more_and_stands_in_the_trail_once(running):
    recruiter = factories.make_member(running, Role.RECRUITER)
    assert kinds(running) == [Kind.WITHDRAWN]

    for _ in range(2):
        flow.see_withdrawals(trial=running, codes=["P-001", "P-006", "P-007"], actor=recruiter)

    assert kinds(running) == []
    entries = AuditEntry.objects.filter(action="withdrawal.seen").order_by("participant__code")
    assert [(entry.participant.code, entry.actor, entry.data) for entry in entries] == [
        ("P-001", recruiter, {}),
        ("P-006", recruiter, {}),
    ]


def test_somebody_who_withdraws_from_more_is_not_shown_again(resting):
    """It would tell from how much they had withdrawn before."""
    enrolment.withdraw(participant=resting.participants.get(code="P-006"), choice=enrolment.Choice.STUDY_AND_DATA)

    assert kinds(resting) == []


def test_mail_tried_twelve_times_is_needed_until_it_is_dropped(resting):
    mail = OutgoingMail.objects.filter(trial=resting, participant__code="P-002").first()
    for attempts, expected in ((MOST_ATTEMPTS - 1, []), (MOST_ATTEMPTS, [Kind.MAIL])):
        OutgoingMail.objects.filter(pk=mail.pk).update(attempts=attempts)
        assert kinds(resting) == expected

    OutgoingMail.objects.filter(pk=mail.pk).update(dropped_at=clock.now())
    assert kinds(resting) == []


def test_new_consent_text_is_needed_until_it_is_signed_again(resting):
    factories.amend(resting, 'version = "1.0"', 'version = "1.1"')
    need = flow.needs_today(resting, flow.facts_of(resting))[0]
    assert (need.kind, need.version) == (Kind.CONSENT, "1.1")

    for person in resting.participants.exclude(withdrawals__isnull=False):
        if person.consents.exists():
            factories.give_consent(person)
    assert kinds(resting) == []


def test_draft_is_needed_until_it_is_discarded(resting):
    source = resting.version_in_force().source.replace("target_sample_size = 44", "target_sample_size = 45")
    protocols.save_draft(trial=resting, source=source.encode(), actor=None, reason="one more")
    assert kinds(resting) == [Kind.DRAFT]

    protocols.discard_draft(trial=resting, actor=None)
    assert kinds(resting) == []
