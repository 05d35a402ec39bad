"""The flow of participants as a drawing: SVG that app.css styles, wide for a desk and narrow for a phone. Pure.

Words come with the boxes, so that the drawing has a language and no opinion.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

LINE = 19
PAD = 24
GAP = 34  # between two rows of boxes, with room for an arrow
STAGE = 118  # the labels at the left
LETTER = 7.4  # about the width of one, in bold


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its title with the number of people, lines below it, and where it leads, if anywhere."""

    title: str
    n: int
    lines: tuple[str, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the drawing after allocation: what it is called, and one box an arm."""

    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """The drawing's content. `aside` is who was not randomised; without `top` it begins with `randomised`.

    `earlier` are boxes above `top`, each with who came no further, if that was anybody.
    """

    label: str
    enrolment: str
    randomised: Box
    stages: tuple[Stage, ...]
    top: Box | None = None
    aside: Box | None = None
    earlier: tuple[tuple[Box, Box | None], ...] = ()

    @property
    def before_randomisation(self) -> tuple[tuple[Box, Box | None], ...]:
        return (*self.earlier, (self.top, self.aside)) if self.top else self.earlier


@dataclass(slots=True)
class _Paper:
    """Where the next row begins, and what has been drawn."""

    y: float
    drawn: list[str] = field(default_factory=list)


def wide(flow: Flow) -> str:
    """Return the drawing for a screen of 768 px or more."""
    paper = _Paper(6)
    _stage(paper, flow.enrolment, 0, STAGE)
    for box, aside in flow.before_randomisation:
        height = _box(paper, box, 350, 240)
        below = paper.y + height
        if aside:
            aside_y = paper.y + height + 2
            aside_height = _box(paper, aside, 612, 208, at=aside_y, side=True)
            middle = aside_y + aside_height / 2
            paper.drawn.append(f'<path class="flow" d="M470 {middle:g}H605"/><path class="tip" {_right(604, middle)}/>')
            paper.y = aside_y + aside_height + 24
        else:
            paper.y = below + GAP
        _down(paper, 470, below, paper.y)
    centres, width = _columns(flow, left=STAGE + 12, room=808 - STAGE, between=20)
    last = paper.y + _box(paper, flow.randomised, 350, 240)
    paper.y = last + 52
    _fork(paper, 470, last, centres)
    for number, stage in enumerate(flow.stages):
        _stage(paper, stage.title, 0, STAGE)
        _row(paper, stage, centres, width, is_last=number == len(flow.stages) - 1)
    return _svg(flow.label, "plot at-wide plot-wide", 824, paper)


def narrow(flow: Flow) -> str:
    """Return the drawing for a phone."""
    paper = _Paper(0)
    _stage(paper, flow.enrolment, 0, 306)
    paper.y += 34
    for box, aside in flow.before_randomisation:
        below = paper.y + _box(paper, box, 0, 306)
        paper.y = below + 14
        if aside:
            height = _box(paper, aside, 76, 230, side=True)
            middle = paper.y + height / 2
            paper.drawn.append(f'<path class="flow" d="M32 {middle:g}H69"/><path class="tip" {_right(68, middle)}/>')
            paper.y += height + 20
        else:
            paper.y += GAP - 14
        _down(paper, 32, below, paper.y)
    centres, width = _columns(flow, left=0, room=306, between=8)
    paper.y += _box(paper, flow.randomised, 0, 306)
    for stage in flow.stages:
        before = paper.y
        paper.y += 14
        for centre in centres:
            _down(paper, centre, before, paper.y + 36)
        _stage(paper, stage.title, 0, 306)
        paper.y += 36
        _row(paper, stage, centres, width, is_last=True)
    return _svg(flow.label, "plot at-narrow", 310, paper)


def _columns(flow: Flow, *, left: float, room: float, between: float) -> tuple[list[float], float]:
    count = max(len(stage.boxes) for stage in flow.stages)
    width = (room - between * (count - 1)) / count
    return [left + width / 2 + number * (width + between) for number in range(count)], width


def _row(paper: _Paper, stage: Stage, centres: Sequence[float], width: float, *, is_last: bool) -> None:
    heights = [PAD + LINE * len(_lines(box, width)) for box in stage.boxes]
    for box, centre in zip(stage.boxes, centres, strict=True):
        _box(paper, box, centre - width / 2, width, height=max(heights))
    bottom = paper.y + max(heights)
    paper.y = bottom
    if not is_last:
        paper.y = bottom + GAP
        for centre in centres:
            _down(paper, centre, bottom, paper.y)


def _box(
    paper: _Paper, box: Box, x: float, width: float, *, at: float | None = None, height: float = 0, side: bool = False
) -> float:
    """Draw a box and return its height."""
    y = paper.y if at is None else at
    lines = _lines(box, width)
    height = max(height, PAD + LINE * len(lines))
    anchor, place = ("", x + 14) if side else (' text-anchor="middle"', x + width / 2)
    words = [
        f'<text{" class=" + chr(34) + "strong" + chr(34) if strong else ""} x="{place:g}" '
        f'y="{y + 25 + LINE * number:g}"{anchor}>{line}</text>'
        for number, (line, strong) in enumerate(lines)
    ]
    kind = "box-side" if side else "box"
    inside = f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4"/>' + "".join(words)
    if box.href:
        told = ". ".join([f"{box.title}, n = {box.n}", *box.lines])
        more = f'<path class="more" d="M{x + width - 13:g} {y + height / 2 - 4:g}l4 4-4 4"/>'
        inside = f'<a href="{escape(box.href)}" aria-label="{escape(told)}">{inside}{more}</a>'
    paper.drawn.append(inside)
    return height


def _lines(box: Box, width: float) -> list[tuple[str, bool]]:
    """Break the words of a box into lines that fit; each is markup and whether it is the title's."""
    room = max(int((width - 18) / LETTER), 8)
    title = _wrapped(box.title, room)
    count = f'<tspan font-style="italic">n</tspan> = {box.n}'
    lines = [(escape(line), True) for line in title]
    if len(title[-1]) + len(f", n = {box.n}") <= room:
        lines[-1] = (f"{escape(title[-1])}, {count}", True)
    else:
        lines.append((count, True))
    return lines + [(escape(part), False) for line in box.lines for part in _wrapped(line, room + 1)]


def _wrapped(words: str, room: int) -> list[str]:
    return textwrap.wrap(words, room, break_long_words=False) or [""]


def _stage(paper: _Paper, words: str, x: float, width: float) -> None:
    height = 30 if width < 200 else 26
    lines = _wrapped(words, int((width - 8) / LETTER))
    height += (len(lines) - 1) * 16
    paper.drawn.append(f'<rect class="stage" x="{x:g}" y="{paper.y:g}" width="{width:g}" height="{height:g}" rx="4"/>')
    for number, line in enumerate(lines):
        y = paper.y + (19.5 if width < 200 else 17.5) + number * 16
        paper.drawn.append(
            f'<text class="stage-text" x="{x + width / 2:g}" y="{y:g}" text-anchor="middle">{escape(line)}</text>'
        )


def _down(paper: _Paper, x: float, start: float, end: float) -> None:
    paper.drawn.append(f'<path class="flow" d="M{x:g} {start:g}V{end - 7:g}"/>')
    paper.drawn.append(f'<path class="tip" d="M{x - 5:g} {end - 8:g}h10l-5 8z"/>')


def _fork(paper: _Paper, x: float, start: float, centres: Sequence[float]) -> None:
    """From one box to the arms: down, across, and down to each."""
    across, end = start + 24, paper.y
    paper.drawn.append(
        f'<path class="flow" d="M{x:g} {start:g}V{across:g}M{centres[0]:g} {across:g}H{centres[-1]:g}"/>'
    )
    for centre in centres:
        _down(paper, centre, across, end)


def _right(x: float, y: float) -> str:
    return f'd="M{x:g} {y - 5:g}v10l8-5z"'


def _svg(label: str, kind: str, width: float, paper: _Paper) -> str:
    height = paper.y + 4
    drawn = "\n".join(paper.drawn)
    role = "group" if "<a " in drawn else "img"  # what is a picture has no links inside
    return (
        f'<svg class="{kind}" viewBox="-2 -2 {width:g} {height:g}" role="{role}" aria-label="{escape(label)}">\n'
        f"{drawn}\n</svg>"
    )
