"""Each rule of "needs you today": the need appears, and it goes away when it is met."""

from dataclasses import replace

import pytest

from questionnaires.windows import SECOND
from tests.trial.flow.conftest import COHORT, DRAWN, WINDOWS, day, done, person, sat
from trial.flow.needs import Kind, needs

PRE = WINDOWS["pre"]
CLOSED = replace(DRAWN, drawn_at=None, told_at=None)
TOLD = {"cohorts": [DRAWN]}


def found(situation) -> list[tuple[Kind, int, tuple[str, ...]]]:
    return [(need.kind, need.count, need.codes) for need in needs(situation)]


def test_nothing_is_needed_in_a_trial_at_rest(situation):
    assert found(situation(20, [person(cohort=DRAWN, randomised_at=day(-2))], **TOLD)) == []


def test_screening_waits_until_it_is_judged(situation):
    waiting = person(outcome="waiting", sheet_at=None, cohort=None)

    assert found(situation(-11, [waiting], **TOLD)) == [(Kind.JUDGE, 1, ("P-001",))]
    for outcome in ("passed", "failed"):
        assert found(situation(-11, [replace(waiting, outcome=outcome)], **TOLD)) == []


def test_screening_of_somebody_who_withdrew_waits_for_nobody(situation):
    assert found(situation(-11, [person(outcome="waiting", left={"data": day(-11)})], seen={"P-001"}, **TOLD)) == []


def at(situation, moment, *people):
    """Only what the wave asks for: two more people, who are not done, keep the cohort from being closed."""
    return found(replace(situation(0, [*people, person("P-008", sat={"pre": begun()})]), now=moment))


def begun():
    return sat("pre", opened=PRE.opens_at)


def test_wave_closes_today_with_somebody_who_has_not_started(situation):
    assert at(situation, PRE.closing_at, person()) == [(Kind.WAVE_CLOSING, 1, ("P-001",))]
    assert at(situation, PRE.ends_at - SECOND, person()) == [(Kind.WAVE_CLOSING, 1, ("P-001",))]


@pytest.mark.parametrize(
    ("moment", "known"),
    [
        (PRE.closing_at - SECOND, {}),
        (PRE.ends_at, {}),
        (PRE.closing_at, {"sat": {"pre": sat("pre", opened=PRE.opens_at)}}),
        (PRE.closing_at, {"sat": done("pre")}),
    ],
    ids=["earlier", "closed", "begun", "done"],
)
def test_wave_asks_for_nobody_before_its_last_day_nor_when_it_was_begun(moment, known, situation):
    assert at(situation, moment, person(**known)) == []


def test_cohort_is_to_be_opened_for_those_who_wait(situation):
    ready = person(cohort=None)

    assert found(situation(-11, [ready], cohorts=[])) == [(Kind.OPEN_COHORT, 1, ("P-001",))]
    assert found(situation(-11, [ready], cohorts=[COHORT])) == []
    assert found(situation(-11, [replace(ready, sheet_at=None)], cohorts=[])) == []


def test_cohort_is_to_be_closed_once_nobody_is_left_to_wait_for(situation):
    ready = [person(f"P-00{number}", sat=done("pre")) for number in (1, 2)]
    late = person("P-003")

    assert found(situation(-6, [*ready, late])) == []
    assert found(situation(-2, [*ready, late])) == [(Kind.CLOSE_COHORT, 2, ())]
    assert found(situation(-6, [*ready, replace(late, sat=done("pre"))])) == [(Kind.CLOSE_COHORT, 3, ())]
    assert found(situation(-6, [*ready, replace(late, left={"data": day(-7)})], seen={"P-003"})) == [
        (Kind.CLOSE_COHORT, 2, ())
    ]


def test_cohort_of_one_cannot_be_drawn_so_it_is_not_to_be_closed(situation):
    assert found(situation(-2, [person(sat=done("pre"))])) == []


def test_cohort_is_to_be_drawn_then_told_then_rests(situation):
    steps = [COHORT, CLOSED, replace(DRAWN, told_at=None), DRAWN]

    assert [[need.kind for need in needs(situation(-2, cohorts=[each]))] for each in steps] == [
        [],
        [Kind.DRAW_COHORT],
        [Kind.TELL_COHORT],
        [],
    ]


def test_cohort_asks_for_nothing_once_the_trial_takes_nobody_up(situation):
    assert found(situation(-2, cohorts=[CLOSED], stage="closed")) == []


def test_consent_is_to_be_signed_again_by_those_who_signed_an_earlier_text(situation):
    earlier = {("participation", "0.9"): day(-12)}
    signed_both = earlier | {("participation", "1.0"): day(-11)}

    assert found(situation(-11, [person(signed=earlier)])) == [(Kind.CONSENT, 1, ("P-001",))]
    assert found(situation(-11, [person(signed=signed_both)])) == []
    assert found(situation(-11, [person(signed={}, screened_at=None)])) == []
    assert found(situation(-11, [person(signed=earlier, left={"data": day(-11)})], seen={"P-001"})) == []


def test_stage_can_move_on_when_a_protocol_is_in_force_and_when_enough_take_part(situation, cct):
    one, two = (person(f"P-00{number}", cohort=DRAWN, randomised_at=day(-2)) for number in (1, 2))
    small = replace(cct, target_sample_size=2)

    assert found(situation(20, cohorts=[], stage="draft")) == [(Kind.STAGE, 0, ())]
    assert found(situation(20, [one, two], protocol=small, **TOLD)) == [(Kind.STAGE, 2, ())]
    assert found(situation(20, [one], protocol=small, **TOLD)) == []
    assert found(situation(20, [one, two], protocol=small, stage="closed", **TOLD)) == []


def test_draft_waits_until_it_is_put_in_force_or_discarded(situation):
    assert [(need.kind, need.version) for need in needs(situation(20, draft="4", **TOLD))] == [(Kind.DRAFT, "4")]
    assert needs(situation(20, draft="", **TOLD)) == ()


def test_mail_that_went_out_in_vain_is_named_until_it_is_settled(situation):
    unsent = [("P-002", day(-3)), ("", day(-4)), ("P-002", day(-5))]

    assert found(situation(20, unsent=unsent, **TOLD)) == [(Kind.MAIL, 3, ("P-002",))]
    assert found(situation(20, unsent=[], **TOLD)) == []


def test_case_of_safety_is_open_until_it_is_closed(situation):
    cases = [("P-002", day(21)), ("P-002", day(22))]

    need = needs(situation(20, cases=cases, **TOLD))[0]
    assert (need.kind, need.count, need.codes, need.more, need.at) == (Kind.SAFETY, 2, ("P-002",), 0, day(21))
    assert found(situation(20, cases=[], **TOLD)) == []


def test_withdrawal_is_shown_newest_first_until_somebody_has_seen_it(situation):
    people = [person(f"P-00{number}", left={"sessions": day(number)}) for number in range(7)]

    assert found(situation(20, people, **TOLD)) == [(Kind.WITHDRAWN, 7, ("P-006", "P-005", "P-004", "P-003", "P-002"))]
    assert found(situation(20, people, seen={each.code for each in people}, **TOLD)) == []
