"""The boxes of the flow: every person leaves at one place, for one reason, and every box adds up."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trial.flow.conftest import DRAWN, day, done, person
from trial.flow.counting import Moment, Way, flow_counts, members, way_of
from trial.flow.counts import Enrolment, Exit, FlowCounts, left

IN_TRIAL = {"cohort": DRAWN, "randomised_at": day(-2), "sat": done("pre")}
NO_CONSENT = {"signed": {}, "screened_at": None, "outcome": None, "sheet_at": None, "cohort": None}
NOT_SCREENED = {"screened_at": None, "outcome": None, "sheet_at": None, "cohort": None}
REASONS = st.one_of(st.none(), st.sampled_from(["adult", "declined", "under_way", "never_came"]))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (NO_CONSENT, ("under_way", None, None)),
        ({**NO_CONSENT, "left": {"sessions": day(-11)}}, ("declined", None, None)),
        (NOT_SCREENED, (None, "under_way", None)),
        ({**NOT_SCREENED, "left": {"data": day(-11)}}, (None, "declined", None)),
        ({"outcome": "failed", "unmet": ("internet", "adult")}, (None, None, "adult")),
        ({"outcome": "waiting"}, (None, None, "under_way")),
        ({"left": {"questionnaires": day(-9)}}, (None, None, "declined")),
        ({}, (None, None, "under_way")),
        ({"sat": done("pre")}, (None, None, "under_way")),
        ({"cohort": DRAWN, "code": "P-009"}, (None, None, "baseline_unfinished")),
        ({"cohort": DRAWN, "code": "P-009", "sat": done("pre")}, (None, None, "declined")),
        (IN_TRIAL, (None, None, None)),
    ],
)
def test_person_leaves_before_the_draw_at_one_place_for_one_reason(known, expected, at):
    way = way_of(person(**known), at(-5))

    assert (way.without_consent, way.unassessed, way.not_randomised) == expected


def test_baseline_missed_is_unfinished_once_its_window_has_ended(at):
    assert [way_of(person(), at(number)).not_randomised for number in (-4, -2)] == ["under_way", "baseline_unfinished"]


def test_those_who_stopped_have_not_answered_once_the_trial_takes_nobody_up(at):
    ways = [way_of(person(**known), at(20, is_recruiting=False)) for known in (NO_CONSENT, NOT_SCREENED, {})]

    assert [(way.without_consent, way.unassessed, way.not_randomised) for way in ways] == [
        ("did_not_answer", None, None),
        (None, "did_not_answer", None),
        (None, None, "baseline_unfinished"),
    ]


@pytest.mark.parametrize(
    ("number", "known", "expected"),
    [
        (52, {}, ("under_way", "under_way")),
        (200, {}, ("did_not_answer", "did_not_answer")),
        (200, {"sat": {**done("pre"), **done("post")}}, (None, "did_not_answer")),
        (200, {"left": {"questionnaires": day(20)}}, ("withdrew", "withdrew")),
        (200, {"left": {"questionnaires": day(-1)}}, ("withdrew", "withdrew")),
        (200, {"left": {"sessions": day(20)}}, ("did_not_answer", "did_not_answer")),
        (
            200,
            {"left": {"sessions": day(-1), "questionnaires": day(-1)}},
            ("withdrew_before_start", "withdrew_before_start"),
        ),
    ],
)
def test_wave_after_the_draw_is_answered_or_not_for_one_reason(number, known, expected, at):
    way = way_of(person(**{**IN_TRIAL, **known}), at(number, is_masked=False))

    assert tuple(way.waves.values()) == expected


def test_masked_count_does_not_tell_from_what_somebody_withdrew(at):
    levels = ("sessions", "questionnaires", "data")
    ways = [way_of(person(**IN_TRIAL, left={level: day(20)}), at(200)) for level in levels]

    assert ways == [ways[0]] * 3
    assert ways[0].waves == {"post": "withdrew", "follow_up": "withdrew"}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"left": {"sessions": day(-1)}}, "withdrew_before_start"),
        ({"left": {"sessions": day(-1, hour=23)}}, None),  # in Madrid the day of the start has begun
        ({"came": False}, "never_came"),
        ({"came": True}, None),
        ({}, None),
    ],
)
def test_programme_is_begun_or_not(known, expected, at):
    assert way_of(person(**IN_TRIAL, **known), at(5, is_masked=False)).before_start == expected


def test_data_taken_back_are_not_analysed(at):
    people = [person(**IN_TRIAL), person("P-002", **IN_TRIAL, left={"data": day(20)})]

    counts = flow_counts([way_of(each, at(200, is_masked=False)) for each in people], at(200), {"P-001": "cct"})

    assert [(arm.arm, arm.allocated, arm.analysed) for arm in counts.arms] == [("cct", 1, 1), ("waitlist", 0, 0)]


def test_arm_is_counted_apart_in_the_order_of_the_protocol(at):
    people = [person(f"P-{number}", **IN_TRIAL) for number in range(5)]
    arms = {"P-0": "waitlist", "P-1": "cct", "P-2": "cct", "P-3": "waitlist", "P-4": "cct"}

    counts = flow_counts([way_of(each, at(52)) for each in people], at(52), arms)

    assert [(arm.arm, arm.allocated) for arm in counts.arms] == [("cct", 3), ("waitlist", 2)]
    assert (counts.is_pooled, counts.problems()) == (False, [])


def ways() -> st.SearchStrategy[Way]:
    waves = st.fixed_dictionaries({"post": REASONS, "follow_up": REASONS})
    randomised = st.builds(Way, st.just("P"), before_start=REASONS, waves=waves, left_out=REASONS)
    stopped = st.sampled_from(["without_consent", "unassessed", "not_randomised"])
    return st.one_of(randomised, stopped.map(lambda place: replace(Way("P"), **{place: "declined"})))


@given(st.lists(ways(), max_size=30), st.data())
@settings(max_examples=100, deadline=None)
def test_every_box_is_its_parent_minus_its_exits_and_holds_as_many_people(cct, drawn, data):
    at_200 = Moment(cct, day(200), True, True)
    people = [replace(way, code=f"P-{number}") for number, way in enumerate(drawn)]
    arms = {way.code: data.draw(st.sampled_from(["cct", "waitlist"])) for way in people}

    pooled, apart = flow_counts(people, at_200), flow_counts(people, at_200, arms)

    assert (pooled.problems(), apart.problems()) == ([], [])
    assert sum(arm.allocated for arm in apart.arms) == pooled.arms[0].allocated
    sizes = {
        box: len(members(people, box)) for box in ("registered", "consented", "assessed", "randomised", "wave-post")
    }
    assert list(sizes.values()) == [
        pooled.entry.registered,
        pooled.entry.consented,
        pooled.enrolment.assessed,
        pooled.enrolment.randomised,
        pooled.arms[0].waves[0].answered,
    ]
    assert len(members(people, "not-randomised")) == left(pooled.enrolment.exits)


def test_box_that_does_not_add_up_is_named():
    wrong = FlowCounts(Enrolment(12, (Exit("declined", 1),), 10), ())

    assert wrong.problems() == [
        "enrolment: 12 assessed, 1 left, but 10 counted.",
        "allocation: 10 randomised, 0 left, but 0 counted.",
    ]


def test_box_that_does_not_exist_holds_nobody():
    assert members([Way("P-001")], "no-such-box") is None
