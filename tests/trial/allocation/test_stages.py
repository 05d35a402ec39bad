"""The doors of a trial's stages: each asks its checklist, and the database holds their order whoever writes."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from questionnaires import clock
from tests import factories
from trial.allocation import services as allocation
from trial.allocation.models import Unmasking
from trial.audit.models import AuditEntry
from trial.enrolment.models import Outcome, Screening
from trial.enrolment.wording import everything_signed
from trial.messages import services as messages
from trial.messages.models import OutgoingMail
from trial.people import services as people
from trial.people.models import Role
from trial.protocol import services as protocols
from trial.protocol.models import Stage, Trial
from trial.protocol.wordings.services import sign_for_wordings

TEAM = (Role.PI, Role.RECRUITER, Role.INSTRUCTOR, Role.CLINICIAN, Role.MONITOR)


@pytest.fixture
def draft(db):
    """The model trial in draft, its protocol in force and its wordings signed for, with nobody in the team."""
    trial = protocols.create_trial(source=factories.model_source())
    protocols.put_in_force(version=trial.draft(), actor=None)
    sign_for_wordings(trial=trial, actor=factories.make_member(trial, Role.COMMITTEE), reason="for the tests")
    people.end_membership(membership=trial.memberships.get(), actor=None, reason="for the tests")
    return trial


@pytest.fixture
def model(db):
    return factories.make_model_trial()


def send_test_mail(trial, actor) -> None:
    messages.ask_for_test_mail(trial=trial, actor=actor)
    messages.send_due_mail()


def signed(trial) -> str:
    return everything_signed(trial.version_in_force().protocol)


def to_do(trial) -> list[str]:
    return [item.name for item in allocation.checklist(trial) if not item.is_done]


def refused(act) -> str:
    with pytest.raises(allocation.AllocationRefused) as refusal:
        act()
    return refusal.value.guard


def test_trial_goes_live_once_everything_on_the_checklist_is_done(draft, mailbox):
    people = {role: factories.make_member(draft, role) for role in TEAM}
    send_test_mail(draft, people[Role.PI])

    assert to_do(draft) == []
    live = allocation.go_live(trial=draft, actor=people[Role.PI], reason="ready", approved=signed(draft))
    assert live.stage == Stage.RECRUITING


def test_trial_goes_live_with_the_texts_that_were_said_to_be_approved_and_no_others(draft, mailbox):
    people = {role: factories.make_member(draft, role) for role in TEAM}
    send_test_mail(draft, people[Role.PI])
    live = partial(allocation.go_live, trial=draft, actor=people[Role.PI], reason="ready")

    guard = refused(lambda: live(approved="0" * 64))
    stage = Trial.objects.get().stage
    live(approved=signed(draft))

    assert (guard, stage) == ("consent", Stage.DRAFT)
    assert AuditEntry.objects.get(action="consent.approved").data == {"texts": signed(draft)}


def test_page_asks_whether_the_committee_has_approved_what_is_signed(draft, mailbox, as_staff):
    people = {role: factories.make_member(draft, role) for role in TEAM}
    send_test_mail(draft, people[Role.PI])
    client, address = as_staff(people[Role.PI]), f"/t/{draft.slug}/stage/"
    shown = client.get(address).content.decode()
    form = {"reason": "ready", "approved": signed(draft)}
    client.post(address, form)
    before = Trial.objects.get().stage
    client.post(address, {**form, "is_approved": "on"})

    assert "“Information and consent”, version 1.0 of 1 December 2020" in shown
    assert (before, Trial.objects.get().stage) == (Stage.DRAFT, Stage.RECRUITING)


def test_checklist_names_what_is_missing(draft):
    pi = factories.make_member(draft, Role.PI)

    assert to_do(draft) == ["team", "mail"]
    with pytest.raises(allocation.AllocationRefused) as refusal:
        allocation.go_live(trial=draft, actor=pi, reason="now", approved=signed(draft))
    assert str(refusal.value) == (
        "Something is still to do. The team has everybody whom the protocol needs: Missing: recruiting coordinator, "
        "instructor, safety clinician, a statistician, monitor or committee, for the unmasking. "
        "A mail was sent, to see that mails leave: Send a test mail to yourself below, and look whether it comes."
    )
    assert AuditEntry.objects.get(action="stage.refused").data == {"guard": "checklist", "step": "go_live"}


def test_trial_on_working_wordings_goes_live_once_they_are_signed_for(db):
    trial = protocols.create_trial(source=factories.model_source())
    protocols.put_in_force(version=trial.draft(), actor=None)
    pi = factories.make_member(trial, Role.PI)
    before = to_do(trial)
    sign_for_wordings(trial=trial, actor=pi, reason="A pilot.")

    assert (before, to_do(trial)) == (["wordings", "team", "mail"], ["team", "mail"])


def test_wordings_that_nobody_signed_for_and_a_list_that_is_not_sealed_are_named(db):
    source = factories.model_source().replace(b'method = "cohort_draw"', factories.BY_LIST.encode())
    trial = protocols.create_trial(source=source)
    protocols.put_in_force(version=trial.draft(), actor=None)

    assert to_do(trial) == ["wordings", "list", "team", "mail"]


def test_second_person_is_somebody_else_than_the_only_investigator(draft, mailbox):
    people = {role: factories.make_member(draft, role) for role in TEAM[:-1]}
    draft.memberships.create(user=people[Role.PI], role=Role.MONITOR, created_at=clock.now())
    send_test_mail(draft, people[Role.PI])

    assert to_do(draft) == ["team"]


def test_test_mail_counts_once_it_has_left(draft, mailbox):
    pi = factories.make_member(draft, Role.PI)
    messages.ask_for_test_mail(trial=draft, actor=pi)
    before = "mail" in to_do(draft)
    messages.send_due_mail()

    assert (before, "mail" in to_do(draft)) == (True, False)
    assert OutgoingMail.objects.get().user == pi


def test_recruitment_is_not_closed_while_a_cohort_waits_for_its_draw_or_its_telling(model):
    pi, cohort = factories.make_member(model, Role.PI), factories.make_cohort(model)
    factories.make_ready(model, 2)
    allocation.close_cohort(cohort=cohort, actor=pi)
    guard = refused(lambda: allocation.close_recruitment(trial=model, actor=pi, reason="full"))
    allocation.draw_cohort(cohort=cohort, actor=pi)
    allocation.tell_cohort(cohort=cohort, actor=pi)

    assert guard == "checklist"
    assert allocation.close_recruitment(trial=model, actor=pi, reason="full").stage == Stage.CLOSED


def test_data_are_locked_when_every_wave_is_over_its_grace_included(model):
    pi = factories.make_member(model, Role.PI)
    cohort = factories.make_drawn_cohort(model, 2)
    allocation.close_recruitment(trial=model, actor=pi, reason="full")
    last = max(wave.accepts_until for wave in cohort.waves.all())
    with clock.fixed(last - timedelta(seconds=1)):
        guard = refused(lambda: allocation.lock_data(trial=model, actor=pi, reason="over"))
    with clock.fixed(last):
        locked = allocation.lock_data(trial=model, actor=pi, reason="over")

    assert (guard, locked.stage) == ("checklist", Stage.LOCKED)


def test_screening_that_waits_and_flag_without_a_second_person_hold_the_lock(model):
    pi, second = factories.make_member(model, Role.PI), factories.make_member(model, Role.MONITOR)
    cohort = factories.make_drawn_cohort(model, 2)
    flagged = model.participants.get(code="P-001")
    allocation.flag_entered_in_error(trial=model, participant=flagged, actor=pi, reason="Took part before.")
    waiting = factories.make_participant(model, "late@example.org")
    consent = factories.give_consent(waiting)
    asked = {"protocol_version": consent.protocol_version, "answers": {}, "submitted_at": clock.now()}
    Screening.objects.create(participant=waiting, consent=consent, outcome=Outcome.WAITING, **asked)
    protocols.move_to(trial=model, stage=Stage.CLOSED, actor=None)
    model.refresh_from_db()
    with clock.fixed(max(wave.accepts_until for wave in cohort.waves.all())):
        before = {item.name: item.to_do for item in allocation.checklist(model) if not item.is_done}
        allocation.second_flag(trial=model, participant=flagged, actor=second)
        between = to_do(model)
        factories.leave_study(waiting)

        assert to_do(model) == []
    assert before == {
        "screenings": f"Still to be judged: {waiting.code}.",
        "flags": "A second person confirms it of: P-001.",
    }
    assert between == ["screenings"]


def test_sitting_with_a_longer_window_of_its_own_holds_the_lock(model):
    factories.make_member(model, Role.PI)
    participant = factories.enrol(model, "first@example.org")
    protocols.move_to(trial=model, stage=Stage.CLOSED, actor=None)
    model.refresh_from_db()
    before = to_do(model)
    factories.make_sitting(factories.respondent_of(participant))

    assert (before, to_do(model)) == ([], ["waves"])


@pytest.mark.parametrize(
    ("door", "stage"),
    [(partial(allocation.go_live, approved=""), Stage.RECRUITING), (allocation.lock_data, Stage.RECRUITING)],
    ids=["live twice", "locked too early"],
)
def test_door_of_another_stage_is_refused(model, door, stage):
    pi = factories.make_member(model, Role.PI)

    assert refused(lambda: door(trial=model, actor=pi, reason="now")) == "stage"
    assert Trial.objects.get(pk=model.pk).stage == stage


@pytest.mark.parametrize("stage", [Stage.LOCKED, Stage.UNMASKED])
def test_move_to_leads_to_no_stage_that_has_a_door_of_its_own(model, stage):
    protocols.move_to(trial=model, stage=Stage.CLOSED, actor=None)

    with pytest.raises(protocols.ProtocolRefused, match="acts of their own"):
        protocols.move_to(trial=model, stage=stage, actor=None)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE trial_trial SET stage = 'unmasked'", "one stage forward"),
        ("UPDATE trial_trial SET stage = 'draft'", "one stage forward"),
        ("UPDATE trial_trial SET stage = 'closed'; UPDATE trial_trial SET stage = 'locked'", "not drawn and told"),
    ],
    ids=["over two", "back", "locked with a cohort that waits"],
)
def test_database_itself_holds_the_order_of_stages(model, sql, words):
    cohort = factories.make_cohort(model)
    factories.make_ready(model, 2)
    allocation.close_cohort(cohort=cohort, actor=None)

    with pytest.raises(DatabaseError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_database_itself_asks_for_the_second_person(model):
    pi = factories.make_member(model, Role.PI)
    factories.lock(model)
    allocation.ask_unmasking(trial=model, actor=pi, reason="due")

    with pytest.raises(DatabaseError, match="no second person"), transaction.atomic():
        Trial.objects.filter(pk=model.pk).update(stage=Stage.UNMASKED)
    with pytest.raises(DatabaseError, match="unmasking_by_two_people"), transaction.atomic():
        Unmasking.objects.update(confirmed_by=pi, confirmed_at=clock.now())
