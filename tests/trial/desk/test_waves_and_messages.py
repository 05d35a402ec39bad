"""The pages of the waves and of the mails: completion and delivery, and nothing that tells an arm."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from questionnaires import clock
from tests import factories
from tests.crowd import make_crowd
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.messages import services as messages
from trial.messages.models import LEDGER_KINDS, MOST_ATTEMPTS, Kind, OutgoingMail
from trial.people.models import Role
from trial.waves import services as waves
from trial.waves.timing import last_moment


@pytest.fixture
def model(db):
    return factories.make_model_trial()


@pytest.fixture
def pre(model):
    return factories.make_cohort(model).waves.get(wave="pre")


@pytest.fixture
def recruiter(model, as_staff):
    return as_staff(factories.make_member(model, Role.RECRUITER))


def standings(model) -> dict[str, dict[str, str]]:
    ((_cohort, found),) = waves.standings_of(model, model.version_in_force())
    return {each.wave.id: {person.code: person.state for person in each.people} for each in found}


def shown(client, model, page: str) -> str:
    return client.get(f"/t/{model.slug}/{page}").content.decode()


def test_everybody_is_counted_once_in_each_wave(model, pre):
    done, begun, new, left, left_done = (factories.enrol(model, f"{number}@example.org") for number in range(5))
    for person in (done, left_done):
        factories.hand_in(person, "pre")
    waves.begin(participant=begun, wave="pre")
    for person in (left, left_done):
        enrolment.withdraw(participant=person, choice=enrolment.Choice.SESSIONS)

    assert standings(model)["pre"] == {
        done.code: "done",
        begun.code: "under_way",
        new.code: "not_started",
        left.code: "withdrawn",
        left_done.code: "done",
    }
    assert standings(model)["post"] == {}


def test_who_has_not_handed_in_when_it_closes_has_missed_it(model, pre):
    begun, new = (factories.enrol(model, f"{name}@example.org") for name in ("begun", "new"))
    waves.begin(participant=begun, wave="pre")

    with clock.fixed(pre.ends_at):
        in_grace = standings(model)["pre"]
    with clock.fixed(pre.accepts_until):
        after = standings(model)["pre"]

    assert in_grace == {begun.code: "under_way", new.code: "missed"}
    assert after == {begun.code: "missed", new.code: "missed"}


def test_page_says_how_many_of_how_many_and_until_when(model, pre, recruiter):
    for number in range(3):
        factories.enrol(model, f"{number}@example.org")
    factories.hand_in(model.participants.first(), "pre")
    last_day = last_moment(pre.ends_at).astimezone(model.version_in_force().zone)

    page = shown(recruiter, model, "waves/")

    assert "1 of 3" in page
    assert f"to {last_day.day} {last_day:%B %Y}" in page


def test_recruiter_gives_one_person_and_then_everybody_more_time(model, pre, recruiter):
    person = factories.enrol(model, "first@example.org")
    days = [last_moment(pre.ends_at).date() + timedelta(days=more) for more in (3, 6)]
    one = f"/t/{model.slug}/participants/{person.code}/waves/pre/extend/"
    everybody = f"/t/{model.slug}/waves/1/pre/extend/"

    refused = recruiter.post(one, {"last_day": str(days[0] - timedelta(days=30)), "reason": "exams"})
    first = recruiter.post(one, {"last_day": str(days[0]), "reason": "exams"})
    second = recruiter.post(everybody, {"last_day": str(days[1]), "reason": "exams"})

    assert "Nobody&#x27;s time is ever shortened." in refused.content.decode()
    assert {first.headers["Location"], second.headers["Location"]} == {f"/t/{model.slug}/waves/1/pre/"}
    reasons = AuditEntry.objects.filter(action__startswith="wave.extended").values_list("action", "reason")
    assert list(reasons.order_by("pk")) == [("wave.extended_for", "exams"), ("wave.extended", "exams")]


@pytest.mark.parametrize("day", ["", "soon", "2026-02-30", "9999-12-31", "0001-01-01"])
def test_day_that_is_none_is_told_on_the_page(model, pre, recruiter, day):
    answer = recruiter.post(f"/t/{model.slug}/waves/1/pre/extend/", {"last_day": day, "reason": "exams"})

    assert (answer.status_code, answer.context["form"].is_valid()) == (200, False)


def test_ledger_shows_what_became_of_each_mail(model, pre, recruiter):
    people = [factories.enrol(model, f"{number}@example.org") for number in range(4)]
    now = clock.now()
    rows = OutgoingMail.objects.filter(kind=Kind.CONSENT_COPY)
    for person, change in zip(
        people, [{"sent_at": now}, {"dropped_at": now}, {"attempts": MOST_ATTEMPTS}, {}], strict=True
    ):
        rows.filter(participant=person).update(**change)

    states = dict(OutgoingMail.objects.ledger(model).values_list("participant__code", "state"))

    assert states == dict(zip((p.code for p in people), ["sent", "dropped", "failed", "waits"], strict=True))
    assert shown(recruiter, model, "messages/?state=failed").count("chip-bad") == 1
    assert (
        shown(recruiter, model, f"messages/?code={people[0].code.lower()}").count('<th role="rowheader" scope="row"><a')
        == 1
    )


def test_failed_mail_is_tried_again_by_the_recruiter(model, recruiter, mailbox):
    person = factories.make_participant(model, "first@example.org")
    mail = messages.ask_for_personal_link(person)
    OutgoingMail.objects.update(attempts=MOST_ATTEMPTS, claimed_at=clock.now())
    at = f"/t/{model.slug}/messages/{mail.pk}/again/"

    before = messages.send_due_mail()
    recruiter.post(at)
    after = messages.send_due_mail()
    again = recruiter.post(at, follow=True)

    assert (before, after) == (0, 1)
    assert "This mail has left or waits already." in again.content.decode()


def test_mail_of_another_trial_is_not_tried_again(model, recruiter):
    other = factories.make_trial("other")
    mail = messages.ask_for_personal_link(factories.make_participant(other, "first@example.org"))
    OutgoingMail.objects.update(attempts=MOST_ATTEMPTS)

    recruiter.post(f"/t/{model.slug}/messages/{mail.pk}/again/")

    mail.refresh_from_db()
    assert mail.attempts == MOST_ATTEMPTS


def test_of_who_has_left_something_the_ledger_tells_no_later_mail(model, pre):
    """What became of it would tell from what they left."""
    one, other = (factories.enrol(model, f"{number}@example.org") for number in range(2))
    for mail in OutgoingMail.objects.all():
        OutgoingMail.objects.filter(pk=mail.pk).update(sent_at=clock.now())
    enrolment.withdraw(participant=one, choice=enrolment.Choice.SESSIONS)
    enrolment.withdraw(participant=other, choice=enrolment.Choice.QUESTIONNAIRES)
    with clock.fixed(pre.opens_at + timedelta(days=2, hours=2)):
        waves.ask_for_due_mails()

    ledger = OutgoingMail.objects.ledger(model)
    by_person = {p: sorted(ledger.filter(participant=p).values_list("kind", "state")) for p in (one, other)}

    assert OutgoingMail.objects.filter(participant=one, kind=Kind.WAVE_OPEN).count() == 1
    assert by_person[one] == by_person[other] == [("consent_copy", "sent"), ("withdrawal", "waits")]


def test_ledger_knows_only_kinds_that_every_arm_gets():
    assert set(LEDGER_KINDS) == {
        "personal_link", "consent_copy", "wave_open", "wave_reminder", "wave_receipt", "allocation", "withdrawal",
    }  # fmt: skip


@pytest.mark.parametrize("page", ["waves/", "waves/1/post/", "messages/", "waves/1/post/extend/"])
def test_page_asks_for_no_allocation(model, recruiter, page):
    factories.make_drawn_cohort(model, 4)
    recruiter.get(f"/t/{model.slug}/")

    with CaptureQueriesContext(connection) as queries:
        answer = recruiter.get(f"/t/{model.slug}/{page}")

    assert answer.status_code == 200
    assert [query["sql"] for query in queries if "trial_allocation" in query["sql"]] == []


@pytest.mark.parametrize("page", ["waves/", "waves/1/pre/", "messages/"])
def test_page_costs_the_same_for_1_3_and_300_participants(model, pre, recruiter, page):
    counts = []
    for size in (1, 3, 300):
        make_crowd(pre.cohort, size - model.participants.count())
        waves.ask_for_due_mails()
        with CaptureQueriesContext(connection) as queries:
            assert recruiter.get(f"/t/{model.slug}/{page}").status_code == 200
        counts.append(len(queries))

    assert counts == [counts[0]] * 3
