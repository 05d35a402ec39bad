"""Each guard of enrolment broken in turn at each door: a sentence, nothing written, the refusal in the trail."""

import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from questionnaires import clock
from tests import factories
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.enrolment.models import Consent, Screening, SociodemographicAnswers, Withdrawal
from trial.people.models import Participant
from trial.protocol import services as protocols
from trial.protocol.models import Stage

CHANGED = "The text has changed while you were reading. Please read it once more."
CLOSED = "This study takes nobody up at present. Nothing was stored."
FIRST_CONSENT = "First read the information and decide. Nothing was stored."
FIRST_SCREENING = "First we have to know whether the study is right for you. Nothing was stored."
LEFT = "You have left the study, so nothing more is asked of you."
STATEMENTS = "There is no consent without each sentence that is not optional."

SHEET = {"gender": "woman", "study_year": 3}


def close(trial) -> None:
    protocols.move_to(trial=trial, stage=Stage.CLOSED, actor=None)


def leave(participant) -> None:
    enrolment.withdraw(participant=participant, choice=enrolment.Choice.STUDY)


def screen(participant, **other) -> Screening:
    return enrolment.submit_screening(participant=participant, answers={**factories.SUITABLE, **other})


def written() -> tuple[int, ...]:
    kinds = (Participant, Consent, Screening, SociodemographicAnswers)
    return tuple(kind.objects.count() for kind in kinds)


def refusal_of(act) -> tuple[str, str, str]:
    """Sentence, guard and step of a refusal, having seen that nothing was written."""
    before = written()
    with pytest.raises(enrolment.EnrolmentRefused) as refusal:
        act()
    assert written() == before
    entry = AuditEntry.objects.filter(action="enrolment.refused").latest("pk")
    assert entry.data["guard"] == refusal.value.guard
    return str(refusal.value), entry.data["guard"], entry.data["step"]


def sign_up(trial, email="new@example.org", **other) -> None:
    enrolment.sign_up(trial=trial, email=email, signed=factories.signed(trial, **other), asked_from="192.0.2.1")


def test_sign_up_for_a_closed_trial_is_refused(trial):
    close(trial)

    assert refusal_of(lambda: sign_up(trial)) == (CLOSED, "recruiting", "sign_up")


def test_sign_up_under_another_text_is_refused(trial):
    assert refusal_of(lambda: sign_up(trial, text_sha256="0" * 64)) == (CHANGED, "text", "sign_up")


def test_sign_up_without_a_required_sentence_is_refused(trial):
    act = lambda: sign_up(trial, statements=("understood", "results"))  # noqa: E731

    assert refusal_of(act) == (STATEMENTS, "statements", "sign_up")


def test_sign_up_without_a_name_is_refused(trial):
    assert refusal_of(lambda: sign_up(trial, name=" "))[1:] == ("name", "sign_up")


def test_consent_in_a_closed_trial_is_refused(trial, participant):
    close(trial)

    assert refusal_of(lambda: factories.give_consent(participant)) == (CLOSED, "recruiting", "give_consent")


def test_consent_to_another_trial_is_refused(trial, other_trial, participant):
    foreign = other_trial.version_in_force()
    act = lambda: enrolment.give_consent(  # noqa: E731
        participant=participant, version=foreign, signed=factories.signed(other_trial)
    )

    assert refusal_of(act)[1:] == ("trial", "give_consent")


def test_consent_after_leaving_the_study_is_refused(participant):
    leave(participant)

    assert refusal_of(lambda: factories.give_consent(participant)) == (LEFT, "withdrawn", "give_consent")


def test_screening_answers_without_consent_never_become_data(participant):
    assert refusal_of(lambda: screen(participant)) == (FIRST_CONSENT, "consent", "submit_screening")


def test_screening_after_an_amended_consent_waits_for_the_new_signature(trial, consented):
    factories.amend(trial, 'version = "1.0"', 'version = "1.1"')

    assert refusal_of(lambda: screen(consented)) == (FIRST_CONSENT, "consent", "submit_screening")


def test_screening_in_a_closed_trial_is_refused(trial, consented):
    close(trial)

    assert refusal_of(lambda: screen(consented)) == (CLOSED, "recruiting", "submit_screening")


@pytest.mark.parametrize("choice", [enrolment.Choice.STUDY, enrolment.Choice.QUESTIONNAIRES])
def test_screening_after_leaving_is_refused(consented, choice):
    enrolment.withdraw(participant=consented, choice=choice)

    assert refusal_of(lambda: screen(consented))[1:] == ("withdrawn", "submit_screening")


def test_screening_with_an_open_question_is_refused(consented):
    assert refusal_of(lambda: screen(consented, age=None))[1:] == ("answers", "submit_screening")


def test_sheet_before_screening_is_refused(consented):
    act = lambda: enrolment.submit_sheet(participant=consented, answers=SHEET)  # noqa: E731

    assert refusal_of(act) == (FIRST_SCREENING, "eligibility", "submit_sheet")


def test_sheet_of_somebody_not_eligible_is_refused(consented):
    screen(consented, age=17)

    act = lambda: enrolment.submit_sheet(participant=consented, answers=SHEET)  # noqa: E731
    assert refusal_of(act) == (FIRST_SCREENING, "eligibility", "submit_sheet")


def test_sheet_in_a_closed_trial_is_refused(trial, eligible):
    close(trial)

    act = lambda: enrolment.submit_sheet(participant=eligible, answers=SHEET)  # noqa: E731
    assert refusal_of(act) == (CLOSED, "recruiting", "submit_sheet")


@pytest.mark.parametrize(
    ("break_it", "guard"),
    [
        (lambda trial, person: leave(person), "withdrawn"),
        (lambda trial, person: factories.amend(trial, 'version = "1.0"', 'version = "1.1"'), "consent"),
        (lambda trial, person: person.screenings.update(reopened_at=clock.now()), "eligibility"),
        (lambda trial, person: close(trial), "recruiting"),
    ],
    ids=["withdrawn", "consent", "eligibility", "recruiting"],
)
def test_baseline_opens_only_when_every_guard_holds(trial, eligible, break_it, guard):
    before = enrolment.may_answer_baseline(eligible)
    break_it(trial, eligible)
    eligible.trial.refresh_from_db()
    after = enrolment.may_answer_baseline(eligible)

    assert (before.is_open, before.guard) == (True, "")
    assert (after.is_open, after.guard) == (False, guard)
    assert after.sentence.endswith(".")


# The pages: the same guards behind the same services, and a person who knows an address gets no further.
@pytest.mark.parametrize(
    ("path", "guard"),
    [("/me/screening/", "consent"), ("/me/about-you/", "consent")],
)
def test_page_without_consent_refuses_with_a_sentence_and_stores_nothing(participant, path, guard):
    client = factories.open_pages(Client(), participant)
    answers = {**factories.SUITABLE, **SHEET}

    page = client.post(path, answers, follow=True)

    assert FIRST_CONSENT in page.content.decode()
    assert written() == (1, 0, 0, 0)
    assert AuditEntry.objects.get(action="enrolment.refused").data["guard"] == guard


@pytest.mark.parametrize(
    ("break_it", "path", "guard"),
    [
        (lambda trial, person: leave(person), "/me/screening/", "withdrawn"),
        (lambda trial, person: close(trial), "/me/screening/", "recruiting"),
        (lambda trial, person: screen(person, age=17), "/me/about-you/", "eligibility"),
        (lambda trial, person: (screen(person), leave(person)), "/me/about-you/", "withdrawn"),
        (lambda trial, person: (screen(person), close(trial)), "/me/about-you/", "recruiting"),
    ],
    ids=["screening-withdrawn", "screening-closed", "sheet-not-eligible", "sheet-withdrawn", "sheet-closed"],
)
def test_page_that_was_open_refuses_when_a_guard_breaks(trial, consented, break_it, path, guard):
    client = factories.open_pages(Client(), consented)
    break_it(trial, consented)
    before = written()

    client.post(path, {**factories.SUITABLE, **SHEET}, follow=True)

    assert written() == before
    refused = AuditEntry.objects.filter(action="enrolment.refused").values_list("data__guard", flat=True)
    assert list(refused) == [guard]


def test_page_of_a_closed_trial_refuses_a_form_that_was_open(trial):
    shown = factories.signed(trial)
    close(trial)
    ticks = {f"tick_{id}": "on" for id in shown.statements}
    form = {"name": "Ada", "email": "a@example.org", "text_sha256": shown.text_sha256, "document": shown.document}

    page = Client().post(f"/study/{trial.slug}/take-part/", {**form, **ticks}).content.decode()

    assert CLOSED in page
    assert written() == (0, 0, 0, 0)


def test_form_in_which_the_text_changed_shows_the_new_one_to_sign(trial):
    shown = factories.signed(trial)
    factories.amend(trial, 'version = "1.0"', 'version = "1.1"')
    ticks = {f"tick_{id}": "on" for id in shown.statements}
    form = {"name": "Ada", "email": "a@example.org", "text_sha256": shown.text_sha256, "document": shown.document}

    page = Client().post(f"/study/{trial.slug}/take-part/", {**form, **ticks}).content.decode()

    assert CHANGED in page
    assert re.search(r'name="text_sha256" value="(\w+)"', page).group(1) == factories.signed(trial).text_sha256


# The database, for whoever writes past the services.
def refused_by_database(name: str, act) -> bool:
    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        act()
    return True


def raw_screening(participant, consent, outcome="passed") -> Screening:
    return Screening.objects.create(
        participant=participant,
        consent=consent,
        protocol_version=participant.trial.version_in_force(),
        answers={},
        outcome=outcome,
        submitted_at=clock.now(),
    )


def test_database_refuses_a_screening_on_the_consent_of_somebody_else(trial, consented):
    other = factories.make_participant(trial, "second@example.org")

    assert refused_by_database(
        "screening_after_consent: the consent", lambda: raw_screening(other, consented.consents.get())
    )


def test_database_refuses_a_screening_in_a_closed_trial(trial, consented):
    close(trial)

    assert refused_by_database(
        "screening_after_consent: the trial", lambda: raw_screening(consented, consented.consents.get())
    )


def test_database_refuses_a_screening_after_leaving(consented):
    leave(consented)

    assert refused_by_database(
        "screening_after_consent: the participant", lambda: raw_screening(consented, consented.consents.get())
    )


def test_database_refuses_a_consent_to_another_trial(consented, other_trial):
    consent = consented.consents.get()
    consent.pk, consent.version, consent.protocol_version = None, "2", other_trial.version_in_force()

    assert refused_by_database("consent_to_own_trial", lambda: consent.save(force_insert=True))


@pytest.mark.parametrize("outcome", ["failed", "waiting"])
def test_database_refuses_a_sheet_without_a_passed_screening(consented, outcome):
    screening = raw_screening(consented, consented.consents.get(), outcome)

    assert refused_by_database(
        "sheet_after_screening",
        lambda: SociodemographicAnswers.objects.create(
            participant=consented,
            screening=screening,
            protocol_version=screening.protocol_version,
            answers={},
            submitted_at=clock.now(),
        ),
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial_consent SET text_sha256 = repeat('0', 64)",
        "DELETE FROM trial_consent",
        "DELETE FROM trial_withdrawal",
        "UPDATE trial_screening SET answers = '{}'",
        "UPDATE trial_screening SET outcome = 'failed'",
        "DELETE FROM trial_screening",
        "UPDATE trial_criterionjudgement SET is_met = false",
    ],
)
def test_database_refuses_to_change_what_was_signed_answered_or_left(eligible, statement):
    leave(eligible)

    def act():
        with connection.cursor() as cursor:
            cursor.execute(statement)

    assert refused_by_database("permission denied|Cannot update|Cannot delete", act)
    assert Withdrawal.objects.count() == 2


def test_database_refuses_a_second_current_screening(eligible):
    assert refused_by_database("screening_current_once", lambda: raw_screening(eligible, eligible.consents.get()))
