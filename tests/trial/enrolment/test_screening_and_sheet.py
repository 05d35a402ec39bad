"""What answers decide, how they are kept, and what staff may do about it."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from questionnaires import clock
from tests import factories
from trial.audit.models import AuditEntry
from trial.enrolment import services as enrolment
from trial.enrolment.models import CriterionJudgement, Outcome, Screening
from trial.people.models import Role

ANSWERS = {id: str(answer) for id, answer in factories.SUITABLE.items()}


@pytest.fixture
def pages(consented):
    return factories.open_pages(Client(), consented)


def test_under_age_person_is_told_why_in_public_words_and_where_else_to_turn(pages, consented):
    page = pages.post("/me/screening/", {**ANSWERS, "age": "17"}, follow=True).content.decode()

    assert "are 18 or older" in page
    assert "Where else you can turn" in page
    assert "study medicine here this year" not in page
    assert enrolment.may_answer_baseline(consented).guard == "eligibility"


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        ({"age": "17"}, "adult"),
        ({"medical_student": "no"}, "medical_student"),
        ({"language": "no"}, "language"),
        ({"internet": "no"}, "internet"),
        ({"commitment": "no"}, "commitment"),
        ({"severe_mental_disorder": "yes"}, "severe_mental_disorder"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_criterion_that_fails_is_a_row_of_its_own(pages, answer, failed):
    pages.post("/me/screening/", {**ANSWERS, **answer})
    unmet = CriterionJudgement.objects.filter(is_met=False)

    assert [(row.criterion, row.moment, row.judged_by) for row in unmet] == [(failed, "screening", "participant")]
    assert CriterionJudgement.objects.count() == 7
    assert Screening.objects.get().outcome == Outcome.FAILED


def test_open_question_is_asked_for_and_nothing_is_stored(pages):
    page = pages.post("/me/screening/", {**ANSWERS, "internet": "", "age": ""}).content.decode()

    assert page.count("This one is open. Please answer it.") == 4  # in the summary and at the question
    assert 'href="#id_internet"' in page
    assert Screening.objects.count() == 0


def test_suitable_person_goes_on_to_the_sheet(pages, consented):
    home = pages.post("/me/screening/", ANSWERS, follow=True).content.decode()

    assert "The study is right for you." in home
    assert Screening.objects.get().answers == factories.SUITABLE
    assert enrolment.may_answer_baseline(consented).is_open


def test_answers_cannot_be_changed_once_sent(pages, eligible):
    page = pages.post("/me/screening/", {**ANSWERS, "age": "17"})

    assert page.headers["Location"] == "/me/"
    assert Screening.objects.get().answers["age"] == 21


def test_trail_says_the_outcome_and_no_answer(eligible):
    entry = AuditEntry.objects.get(action="screening.passed")

    assert (entry.data, entry.participant) == ({}, eligible)


# Staff.
def test_reopening_without_a_reason_is_refused(trial, eligible, recruiter):
    with pytest.raises(enrolment.EnrolmentRefused) as refusal:
        enrolment.reopen_screening(trial=trial, participant=eligible, actor=recruiter, reason=" ")

    assert (refusal.value.guard, Screening.objects.get().reopened_at) == ("reason", None)


def test_reopening_somebody_of_another_trial_is_refused(other_trial, eligible, recruiter):
    with pytest.raises(enrolment.EnrolmentRefused) as refusal:
        enrolment.reopen_screening(trial=other_trial, participant=eligible, actor=recruiter, reason="a slip")

    entry = AuditEntry.objects.get(action="enrolment.refused")
    assert (refusal.value.guard, entry.trial, entry.participant) == ("trial", other_trial, None)


def test_recruiter_reopens_and_the_first_answers_stay(trial, eligible, recruiter, as_staff, pages):
    as_staff(recruiter).post(f"/t/{trial.slug}/participants/{eligible.code}/reopen/", {"reason": "a slip"})
    pages.post("/me/screening/", {**ANSWERS, "age": "17"})

    assert [row.answers["age"] for row in Screening.objects.all()] == [21, 17]
    assert AuditEntry.objects.get(action="screening.reopened").reason == "a slip"


@pytest.fixture
def waiting(other_trial):
    """Screened in the trial that leaves the criterion “fit” to a recruiter."""
    person = factories.make_participant(other_trial, "waiting@example.org")
    factories.give_consent(person)
    enrolment.submit_screening(participant=person, answers={"born": date(1990, 5, 1)})
    return person


def test_criterion_of_staff_keeps_the_person_waiting(waiting):
    assert Screening.objects.get().outcome == Outcome.WAITING
    assert Screening.objects.get().answers == {"born": "1990-05-01"}
    assert enrolment.may_answer_baseline(waiting).guard == "eligibility"


@pytest.mark.parametrize(("is_met", "outcome"), [("yes", Outcome.PASSED), ("no", Outcome.FAILED)])
def test_recruiters_judgement_settles_it_once(other_trial, waiting, as_staff, is_met, outcome):
    recruiter = factories.make_member(other_trial, Role.RECRUITER)
    address = f"/t/{other_trial.slug}/participants/{waiting.code}/judge/"
    as_staff(recruiter).post(address, {"criterion": "fit", "is_met": is_met})
    as_staff(recruiter).post(address, {"criterion": "fit", "is_met": "yes" if is_met == "no" else "no"})

    assert Screening.objects.get().outcome == outcome
    row = CriterionJudgement.objects.get(criterion="fit")
    assert (row.actor, row.judged_by, row.is_met) == (recruiter, "recruiter", is_met == "yes")


@pytest.mark.parametrize("choice", enrolment.Choice.values)
def test_staff_meet_the_same_refusal_whatever_was_left(other_trial, waiting, choice):
    recruiter = factories.make_member(other_trial, Role.RECRUITER)
    enrolment.withdraw(participant=waiting, choice=enrolment.Choice(choice))
    about = {"trial": other_trial, "participant": waiting, "actor": recruiter}

    with pytest.raises(enrolment.EnrolmentRefused) as judged:
        enrolment.judge_criterion(**about, criterion="fit", is_met=True)
    with pytest.raises(enrolment.EnrolmentRefused) as reopened:
        enrolment.reopen_screening(**about, reason="a slip")

    assert str(judged.value) == str(reopened.value) == "This person has withdrawn. Nothing was changed."
    assert Screening.objects.get().outcome == Outcome.WAITING


def test_age_is_counted_on_the_local_day_of_the_trial(other_trial):
    person = factories.make_participant(other_trial, "young@example.org")
    factories.give_consent(person)
    evening = datetime(2026, 10, 5, 23, 30, tzinfo=UTC)  # 00:30 on the 6th in the Canaries

    with clock.fixed(evening):
        done = enrolment.submit_screening(participant=person, answers={"born": date(2010, 10, 6)})

    assert done.outcome == Outcome.WAITING


# The sheet.
def test_sheet_asks_what_screening_has_not_asked(pages, eligible):
    page = pages.get("/me/about-you/").content.decode()

    assert "What is your gender?" in page
    assert "How old are you?" not in page
    assert "Only if you answered “Yes” to “Have you meditated before?”" in page


def test_answer_to_a_question_that_does_not_concern_the_person_is_not_kept(pages, eligible):
    pages.post("/me/about-you/", {"meditated_before": "no", "meditation_minutes": "nonsense", "gender": "-"})

    kept = eligible.__class__.objects.get().sociodemographic.answers
    assert kept == {
        "gender": None,
        "nationality": None,
        "marital_status": None,
        "study_year": None,
        "meditated_before": "no",
    }


def test_number_out_of_range_is_told_at_the_question_and_kept(pages, eligible):
    page = pages.post("/me/about-you/", {"study_year": "7", "gender": "woman"}).content.decode()

    assert "Ensure this value is less than or equal to 6." in page
    assert 'value="7"' in page
    assert 'value="woman" class="form-check-input" id="id_gender_0" checked' in page


def test_sheet_is_stored_with_its_kinds(pages, eligible):
    answers = {"gender": "woman", "study_year": "3", "meditated_before": "yes", "meditation_minutes": "40"}
    home = pages.post("/me/about-you/", answers, follow=True).content.decode()

    kept = eligible.__class__.objects.get().sociodemographic.answers
    assert (kept["study_year"], kept["meditation_minutes"], kept["nationality"]) == (3, 40, None)
    assert "All done for now" in home


def test_sheet_sent_twice_is_stored_once(eligible):
    first = enrolment.submit_sheet(participant=eligible, answers={"gender": "woman"})

    assert enrolment.submit_sheet(participant=eligible, answers={"gender": "man"}) == first
