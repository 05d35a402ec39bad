"""Answers to a trial's own questions, as anybody might have given them."""

import random

from questionnaires.asking import Value
from questionnaires.own_questions import OwnQuestion, OwnSheet

HARDLY_EVER = 0.1


def own_answers(sheet: OwnSheet, chance: random.Random) -> dict[str, Value]:
    """An answer to every question that is asked; few people report anything."""
    given: dict[str, Value] = {}
    while still := [question for question in sheet.asked(given) if question.key not in given]:
        given[still[0].key] = _answer(still[0], chance)
    return given


def _answer(question: OwnQuestion, chance: random.Random) -> Value:
    if question.kind == "yes_no":
        return "yes" if chance.random() < HARDLY_EVER else "no"
    if question.options:
        return chance.choice(question.option_ids())
    if question.kind == "number":
        lowest = int(question.lowest or 0)
        return str(chance.randint(lowest, int(question.highest or lowest + 10)))
    return "Invented." if question.kind == "text" else "2026-03-01"
