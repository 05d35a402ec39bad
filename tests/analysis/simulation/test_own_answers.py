"""Invented answers to own questions are ones that can be given."""

import random

from analysis.simulation.own_answers import own_answers
from questionnaires.guards import mistakes_in
from questionnaires.own_questions import own_sheet
from tests.questionnaires.test_own_questions import QUESTIONS


def test_every_question_that_is_asked_is_answered_in_its_own_kind():
    sheet = own_sheet(QUESTIONS)
    forms = [own_answers(sheet, random.Random(seed)) for seed in range(200)]

    assert [mistakes_in(sheet, form) for form in forms] == [{}] * 200
    assert [list(form) for form in forms] == [[each.key for each in sheet.asked(form)] for form in forms]
    assert {form["event"] for form in forms} == {"yes", "no"}
