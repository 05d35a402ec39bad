"""The flow adds up, and says where it does not; its drawing holds the same figures."""

import re
from dataclasses import replace

import pytest

from trial.flow.counts import ArmFlow, Enrolment, Exit, FlowCounts, WaveFlow, left
from trial.flow.diagram import Box, Flow, Stage, narrow, wide

ARM = ArmFlow("cct", 22, (), (WaveFlow("post", 17, (Exit("did_not_answer", 5),)),), 18, (Exit("withdrew", 4),))
OTHER = ArmFlow("waitlist", 22, (), (WaveFlow("post", 20, (Exit("did_not_answer", 2),)),), 22, ())
FLOW = FlowCounts(Enrolment(61, (Exit("adult", 11), Exit("declined", 6)), 44), (ARM, OTHER))


def test_flow_that_adds_up_has_no_problem():
    assert (FLOW.problems(), FLOW.randomised, FLOW.analysed, left(FLOW.enrolment.exits)) == ([], 44, 40, 17)


@pytest.mark.parametrize(
    ("flow", "sentence"),
    [
        (
            replace(FLOW, enrolment=replace(FLOW.enrolment, assessed=62)),
            "enrolment: 62 assessed, 17 left, but 44 counted.",
        ),
        (replace(FLOW, arms=(ARM,)), "allocation: 44 randomised, 0 left, but 22 counted."),
        (
            replace(FLOW, arms=(replace(ARM, analysed=19), OTHER)),
            "cct, analysis: 22 allocated, 4 left, but 19 counted.",
        ),
    ],
)
def test_box_that_is_not_its_parent_minus_its_exits_is_named(flow, sentence):
    assert flow.problems() == [sentence]


def drawing(**other) -> Flow:
    stages = (
        Stage("Allocation", (Box("Compassion & care <b>", 22, ("Left, 4",)), Box("Waiting list", 22))),
        Stage("Analysis", (Box("Analysed", 18), Box("Analysed", 22))),
    )
    whole = Flow("Flow", "Enrolment", Box("Randomised", 44), stages, Box("Assessed", 61), Box("Not randomised", 17))
    return replace(whole, **other)


@pytest.mark.parametrize("draw", [wide, narrow])
def test_drawing_holds_every_figure_once_and_escapes_every_word(draw):
    svg = draw(drawing())

    assert re.findall(r"= (\d+)", svg) == ["61", "17", "44", "22", "22", "18", "22"]
    assert "<b>" not in svg
    assert (svg.count("<svg"), svg.count("<a "), svg.count(" style=")) == (1, 0, 0)


def test_drawing_without_what_came_before_randomisation_begins_there():
    assert re.findall(r"= (\d+)", wide(drawing(top=None, aside=None))) == ["44", "22", "22", "18", "22"]


def test_box_that_leads_somewhere_is_a_link_with_its_words():
    box = Box("Randomised", 44, ("All of them",), "/people/")

    links = re.findall(r'<a href="([^"]*)" aria-label="([^"]*)">', wide(drawing(randomised=box)))
    assert links == [("/people/", "Randomised, n = 44. All of them")]


@pytest.mark.parametrize("draw", [wide, narrow])
def test_no_box_leaves_the_drawing(draw):
    arms = tuple(Box(f"A programme with quite a long name {number}", 10, ("did not answer, 3",)) for number in range(4))

    svg = draw(drawing(stages=(Stage("Allocation", arms), Stage("Analysis", arms))))
    width, height = map(float, re.search(r'viewBox="-2 -2 (\S+) (\S+)"', svg).groups())
    boxes = re.findall(r'class="box[^"]*" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', svg)
    assert len(boxes) == 11
    assert [
        box for box in boxes if float(box[0]) + float(box[2]) > width or float(box[1]) + float(box[3]) > height
    ] == []
