"""Answers against criteria."""

from datetime import date

import pytest

from trial.protocol.screening import full_years, meets

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(("age", "is_met"), [(17, False), (17.9, False), (18, True), (70, True)])
def test_number_is_compared_with_the_range(cct, age, is_met):
    assert meets(cct.criterion("adult"), age, on=TODAY) == is_met


@pytest.mark.parametrize(("answer", "is_met"), [("yes", False), ("no", True)])
def test_exclusion_is_passed_by_the_answer_that_lets_one_go_on(cct, answer, is_met):
    assert meets(cct.criterion("severe_mental_disorder"), answer, on=TODAY) == is_met


@pytest.mark.parametrize(
    ("born", "is_met"),
    [
        (date(2010, 3, 2), False),
        (date(2010, 3, 1), True),
        (date(1945, 3, 2), True),
        (date(1945, 3, 1), False),
    ],
)
def test_date_counts_in_full_years(three_arms, born, is_met):
    assert meets(three_arms.criterion("grown_up"), born, on=date(2026, 3, 1)) == is_met


def test_29_february_completes_a_year_on_1_march():
    born = date(2008, 2, 29)

    assert full_years(born, date(2026, 2, 28)) == 17
    assert full_years(born, date(2026, 3, 1)) == 18


def test_criterion_that_no_answer_judges_is_refused(cct):
    with pytest.raises(ValueError, match="substances_in_session is not judged by an answer"):
        meets(cct.criterion("substances_in_session"), "yes", on=TODAY)


@pytest.mark.parametrize("answer", ["", None])
def test_missing_answer_is_refused(cct, answer):
    with pytest.raises(ValueError, match="adult needs an answer"):
        meets(cct.criterion("adult"), answer, on=TODAY)
