"""The flow of participants: a drawing, the same counts in tables, and the people behind each box."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from trial.desk.navigation import page
from trial.flow import services as flow_services
from trial.flow.counts import POOLED, ArmFlow, Exit, FlowCounts, left
from trial.flow.diagram import Box, Flow, Stage, narrow, wide
from trial.flow.services import box_words, reason_words
from trial.people import permissions as may
from trial.people.permissions import StaffRequest, for_roles
from trial.protocol.schema import Protocol
from trial.templatetags.face import spoken

Address = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: what is counted, the count in each column, and whether it says who left."""

    words: str
    counts: tuple[int, ...]
    is_exit: bool = False


@require_safe
@for_roles(may.SEES_FLOW)
def flow(request: StaffRequest) -> HttpResponse:
    facts = flow_services.facts_of(request.trial)
    if facts is None:
        return page(request, "trial/desk_flow.html", {"counts": None})
    counts, protocol = flow_services.flow_from(request.trial, facts).counts, facts.protocol
    people = reverse("desk:participants", args=[request.trial.slug]) if request.roles & may.SEES_PARTICIPANTS else ""

    def address(box: str, arm: str = POOLED) -> str:
        asked = {"box": box} | ({"arm": arm} if arm else {})
        return f"{people}?{urlencode(asked)}" if people else ""

    drawn = _drawing(counts, protocol, address)
    words = {
        "now": facts.now,
        "counts": counts,
        "imbalances": counts.imbalances(),
        "wide": mark_safe(wide(drawn)),  # noqa: S308  the drawing escapes every word
        "narrow": mark_safe(narrow(drawn)),  # noqa: S308
        "before": _lines_before(counts, protocol),
        "after": _lines_after(counts, protocol),
        "arms": [_short(protocol, arm) for arm in counts.arms],
        "opens_people": bool(people),
    }
    return page(request, "trial/desk_flow.html", words)


def _drawing(counts: FlowCounts, protocol: Protocol, address: Address) -> Flow:
    entry: Any = counts.entry
    start: Any = counts.enrolment

    def box(id: str, n: int) -> Box:
        return Box(box_words(id, protocol), n, (), address(id, POOLED))

    def aside(id: str, exits: tuple[Exit, ...]) -> Box | None:
        lines = _lines(exits, protocol)
        return Box(box_words(id, protocol), left(exits), lines, address(id, POOLED)) if exits else None

    stages = [Stage(_("Allocation"), tuple(_allocated(arm, protocol, address) for arm in counts.arms))]
    for place, wave in enumerate(counts.arms[0].waves):
        boxes = tuple(
            Box(
                pgettext("people in the flow", "Answered"),
                arm.waves[place].answered,
                _lines(arm.waves[place].exits, protocol),
                address(f"wave-{wave.wave}", arm.arm),
            )
            for arm in counts.arms
        )
        stages.append(Stage(spoken(protocol.wave(wave.wave).name), boxes))
    if not counts.is_pooled:
        analysed = tuple(
            Box(_("Analysed"), arm.analysed, _lines(arm.left_out, protocol), address("analysed", arm.arm))
            for arm in counts.arms
        )
        stages.append(Stage(_("Analysis"), analysed))
    label = _("Participant flow, from %(registered)s registered to %(randomised)s randomised")
    return Flow(
        label=label % {"registered": entry.registered, "randomised": start.randomised},
        enrolment=_("Enrolment"),
        earlier=(
            (box("registered", entry.registered), aside("without-consent", entry.without_consent)),
            (box("consented", entry.consented), aside("unassessed", entry.unassessed)),
        ),
        top=box("assessed", start.assessed),
        aside=aside("not-randomised", start.exits),
        randomised=box("randomised", start.randomised),
        stages=tuple(stages),
    )


def _allocated(arm: ArmFlow, protocol: Protocol, address: Address) -> Box:
    exits = _lines(arm.before_start, protocol)
    if arm.arm == POOLED:
        return Box(_("Everybody together"), arm.allocated, exits, address("randomised", POOLED))
    began = arm.allocated - left(arm.before_start)
    known = protocol.arm(arm.arm)
    word = _("Began the programme, %(n)s") if known.programme else _("Waited, %(n)s")
    return Box(spoken(known.name), arm.allocated, (word % {"n": began}, *exits), address("randomised", arm.arm))


def _lines(exits: Sequence[Exit], protocol: Protocol) -> tuple[str, ...]:
    return tuple(f"{reason_words(each.reason, protocol)}, {each.count}" for each in exits)


def _short(protocol: Protocol, arm: ArmFlow) -> str:
    return protocol.arm(arm.arm).short if arm.arm else _("Everybody")


def _lines_before(counts: FlowCounts, protocol: Protocol) -> list[Line]:
    entry: Any = counts.entry
    start: Any = counts.enrolment
    steps = [
        ("registered", entry.registered, entry.without_consent),
        ("consented", entry.consented, entry.unassessed),
        ("assessed", start.assessed, start.exits),
        ("randomised", start.randomised, ()),
    ]
    found = []
    for box, count, exits in steps:
        found.append(Line(box_words(box, protocol), (count,)))
        found += [Line(reason_words(each.reason, protocol), (each.count,), is_exit=True) for each in exits]
    return found


def _lines_after(counts: FlowCounts, protocol: Protocol) -> list[Line]:
    arms = counts.arms
    found = [Line(_("Allocated"), tuple(arm.allocated for arm in arms))]
    found += _exit_lines([arm.before_start for arm in arms], protocol)
    for place, wave in enumerate(arms[0].waves):
        waves = [arm.waves[place] for arm in arms]
        found.append(Line(box_words(f"wave-{wave.wave}", protocol), tuple(each.answered for each in waves)))
        found += _exit_lines([each.exits for each in waves], protocol)
    if not counts.is_pooled:
        found.append(Line(_("Analysed"), tuple(arm.analysed for arm in arms)))
        found += _exit_lines([arm.left_out for arm in arms], protocol)
    return found


def _exit_lines(of_arms: list[tuple[Exit, ...]], protocol: Protocol) -> list[Line]:
    counted = [{each.reason: each.count for each in exits} for exits in of_arms]
    reasons = dict.fromkeys(each.reason for exits in of_arms for each in exits)
    return [
        Line(reason_words(reason, protocol), tuple(each.get(reason, 0) for each in counted), is_exit=True)
        for reason in reasons
    ]
