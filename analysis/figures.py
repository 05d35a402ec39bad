"""The report's plots as SVG: means over time, and differences with their intervals. Pure.

One drawing serves the page, where app.css styles it by its classes and follows the reader's light or dark, and the
files, which carry the same style with its values written in. Words come from the caller.
"""

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

PANEL_WIDTH, PANEL_HEIGHT = 264, 232
LEFT, RIGHT, TOP, BOTTOM = 36, 260, 48, 200
APART = 12  # between the arms of one wave, so that intervals do not cover each other
DASHES = ("", "7 4", "2 4", "9 3 2 3")
MARKS = ("circle", "square", "triangle", "diamond")

# The classes of app.css, section 6, in light.
STYLE = """
svg { font-family: "DejaVu Sans", sans-serif; background: #fff; }
text { fill: #16242b; font-size: 13px; }
.dim { fill: #4a5a62; } .strong { font-weight: 700; }
.axis { stroke: #4a5a62; stroke-width: 1; } .grid { stroke: #dad8cf; stroke-width: 1; }
.zero { stroke: #16242b; stroke-width: 1.25; }
.ci { stroke: #16242b; stroke-width: 2; fill: none; }
.pt { fill: #16242b; stroke: #16242b; stroke-width: 2; } .pt-open { fill: #fff; }
.arm-1 { stroke: #4541a6; } .arm-2 { stroke: #c2631b; } .arm-3 { stroke: #1f7a63; } .arm-4 { stroke: #8a2c62; }
.line { fill: none; stroke-width: 2.5; }
.whisker { stroke-width: 1.75; fill: none; }
.dot { stroke-width: 2.5; fill: #fff; }
.dot.arm-1 { fill: #4541a6; } .dot.arm-3 { fill: #1f7a63; }
.box { fill: #fff; stroke: #4a5a62; stroke-width: 1.25; }
.box-side { fill: #edece5; stroke: #77848b; stroke-width: 1; }
.stage { fill: #e2eff1; } .stage-text { fill: #0b5566; font-weight: 700; }
.flow { stroke: #4a5a62; stroke-width: 1.5; fill: none; } .tip { fill: #4a5a62; }
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One arm's means: its name, its place among the arms (from 0), and mean, low and high at each wave."""

    name: str
    place: int
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One outcome's means over time. `told` is the same in words, for those who do not see it."""

    title: str
    direction: str
    told: str
    waves: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class ForestLine:
    """One outcome: its title, a note behind it, and estimate, low and high of each contrast, with their text."""

    title: str
    note: str
    points: tuple[tuple[float, float, float, str], ...]


@dataclass(frozen=True, slots=True)
class ForestPlace:
    """Where a forest plot has its parts: the drawing's width, the axis from left to right, the first row, the room
    above a row's intervals for its title, and whether figures stand beside them."""

    width: int
    left: int
    right: int
    top: int
    above: int
    figures: bool


WIDE = ForestPlace(860, 250, 660, 34, 0, True)
NARROW = ForestPlace(328, 18, 310, 8, 18, False)


def panel(of: Panel, *, is_masked: bool) -> str:
    """Return one small multiple for the page. A masked one is in ink: colours of arms would say which is which."""
    title = f"<title>{escape(of.told)}</title>"
    box = f'viewBox="0 0 {PANEL_WIDTH} {PANEL_HEIGHT}"'
    drawn = _panel(of, is_masked)
    return f'<svg class="plot" {box} role="img" aria-label="{escape(of.told)}">{title}\n{drawn}\n</svg>'


def sheet(panels: Sequence[Panel], key: Sequence[Series], *, is_masked: bool, says: str = "") -> str:
    """Return all panels on one sheet, three a row, with the key: a file of its own. `says` is written at the foot."""
    across = min(3, len(panels))
    rows = math.ceil(len(panels) / across)
    width, top = across * (PANEL_WIDTH + 24), 34
    height = top + rows * (PANEL_HEIGHT + 20) + (24 if says else 0)
    drawn = [_key(key, is_masked)]
    for number, each in enumerate(panels):
        x, y = (number % across) * (PANEL_WIDTH + 24), top + (number // across) * (PANEL_HEIGHT + 20)
        drawn.append(f'<g transform="translate({x} {y})">{_panel(each, is_masked)}</g>')
    return alone("\n".join(drawn), width, height, says, " ".join(each.told for each in panels))


def forest(lines: Sequence[ForestLine], sides: tuple[str, str], heads: tuple[str, str], told: str) -> tuple[str, str]:
    """Return differences with their intervals, wide and narrow; right of zero is what `sides[1]` says.

    The narrow one has no room for the figures, which stand in its title and in the table.
    """
    drawings = ((WIDE, "plot plot-wide at-wide"), (NARROW, "plot at-narrow"))
    wide, narrow = (_forest_svg(_forest(lines, sides, heads, at), kind, told) for at, kind in drawings)
    return wide, narrow


def _forest_svg(drawing: tuple[str, float, float], kind: str, told: str) -> str:
    drawn, width, height = drawing
    open_tag = f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(told)}">'
    return f"{open_tag}<title>{escape(told)}</title>\n{drawn}\n</svg>"


def forest_sheet(
    lines: Sequence[ForestLine], sides: tuple[str, str], heads: tuple[str, str], told: str, says: str = ""
) -> str:
    """Return the same as a file of its own."""
    drawn, width, height = _forest(lines, sides, heads, WIDE)
    return alone(drawn, width, height + (24 if says else 0), says, told)


def alone(drawn: str, width: float, height: float, says: str, told: str, origin: str = "0 0") -> str:
    """Return a drawing that needs no style sheet, with `says` at its foot."""
    foot = f'<text class="strong" x="2" y="{height - 8:g}">{escape(says)}</text>' if says else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{origin} {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}"><title>{escape(told)}</title><style>{STYLE}</style>'
        f'<rect x="-9" y="-9" width="{width + 18:g}" height="{height + 18:g}" fill="#fff"/>\n{drawn}\n{foot}</svg>\n'
    )


def key_mark(place: int, *, is_masked: bool) -> str:
    """Return the small drawing of an arm's line and mark, for a legend."""
    line = f'<path class="{_line_class(place, is_masked)}"{_dash(place)} d="M2 8h40"/>'
    return f'<svg viewBox="0 0 44 16" class="plot" aria-hidden="true">{line}{_mark(22, 8, place, is_masked)}</svg>'


def contrast_mark(number: int) -> str:
    """Return the legend's drawing of a contrast: the first filled, the others open."""
    kind = "pt" if number == 0 else "pt pt-open"
    return (
        f'<svg viewBox="0 0 44 16" class="plot" aria-hidden="true"><path class="ci" d="M4 8h36"/>'
        f'<circle class="{kind}" cx="22" cy="8" r="4.5"/></svg>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Return 3 to 7 round numbers that enclose an interval.

    Examples
    --------
    >>> ticks(2.3, 10.9)
    [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    """
    span = high - low or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(span))
    step = next(size * part for part in (0.2, 0.25, 0.5, 1.0, 2.0) if span / (size * part) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * number, 10) for number in range(first, max(last, first + 1) + 1)]


def _decimals(marks: Sequence[float]) -> int:
    """As many as tell one tick from the next."""
    return next(places for places in range(7) if all(abs(round(mark, places) - mark) < 1e-9 for mark in marks))


def _panel(of: Panel, is_masked: bool) -> str:
    values = [value for series in of.series for point in series.points for value in point if math.isfinite(value)]
    marks = ticks(min(values), max(values))
    decimals = _decimals(marks)

    def at(value: float) -> float:
        return BOTTOM - (value - marks[0]) / (marks[-1] - marks[0]) * (BOTTOM - TOP)

    drawn = [_heading(of)]
    for mark in marks:
        label = f"{mark:.{decimals}f}".replace("-", "−")
        drawn.append(f'<path class="grid" d="M{LEFT} {at(mark):.1f}H{RIGHT}"/>')
        drawn.append(f'<text class="dim" x="{LEFT - 6}" y="{at(mark) + 4.5:.1f}" text-anchor="end">{label}</text>')
    places = _places(len(of.waves))
    for x, wave in zip(places, of.waves, strict=True):
        drawn.append(f'<text class="dim" x="{x:g}" y="222" text-anchor="middle">{escape(wave)}</text>')
    for series in reversed(of.series):
        shift = (series.place - (len(of.series) - 1) / 2) * APART
        drawn.append(_series(series, [x + shift for x in places], at, is_masked))
    return "\n".join(drawn)


def _heading(of: Panel) -> str:
    """Two lines: what fits of the title, then the rest of it and the direction."""
    first, *more = textwrap.wrap(of.title, 32) or [""]
    rest = f"{escape(' '.join(more))}, " if more else ""
    return (
        f'<text class="strong" x="0" y="12">{escape(first)}</text>'
        f'<text class="strong" x="0" y="29">{rest}'
        f'<tspan class="dim" font-weight="400">{escape(of.direction)}</tspan></text>'
    )


def _places(count: int) -> list[float]:
    room = RIGHT - LEFT
    return [LEFT + room * (number + 0.5) / count for number in range(count)]


def _series(series: Series, places: Sequence[float], at, is_masked: bool) -> str:
    drawn, line = [], []
    for x, (mean, low, high) in zip(places, series.points, strict=True):
        if not math.isfinite(mean):
            continue
        top, bottom = at(high), at(low)
        kind = "ci" if is_masked else f"whisker arm-{series.place % 4 + 1}"
        drawn.append(
            f'<path class="{kind}" d="M{x:g} {top:.1f}V{bottom:.1f}M{x - 4:g} {top:.1f}h8M{x - 4:g} {bottom:.1f}h8"/>'
        )
        line.append(f"{x:g} {at(mean):.1f}")
    drawn.append(f'<path class="{_line_class(series.place, is_masked)}"{_dash(series.place)} d="M{"L".join(line)}"/>')
    for x, (mean, _, _) in zip(places, series.points, strict=True):
        if math.isfinite(mean):
            drawn.append(_mark(x, at(mean), series.place, is_masked))
    return "\n".join(drawn)


def _line_class(place: int, is_masked: bool) -> str:
    return "line zero" if is_masked else f"line arm-{place % 4 + 1}"


def _dash(place: int) -> str:
    dash = DASHES[place % 4]
    return f' stroke-dasharray="{dash}"' if dash else ""


def _mark(x: float, y: float, place: int, is_masked: bool) -> str:
    kind = ("pt" if place % 2 == 0 else "pt pt-open") if is_masked else f"dot arm-{place % 4 + 1}"
    shape = MARKS[place % 4]
    if shape == "circle":
        return f'<circle class="{kind}" cx="{x:g}" cy="{y:.1f}" r="4.5"/>'
    if shape == "square":
        return f'<rect class="{kind}" x="{x - 4.5:g}" y="{y - 4.5:.1f}" width="9" height="9"/>'
    if shape == "triangle":
        return f'<path class="{kind}" d="M{x:g} {y - 5.5:.1f}l5.5 10h-11z"/>'
    return f'<path class="{kind}" d="M{x:g} {y - 6:.1f}l6 6-6 6-6-6z"/>'


def _key(key: Sequence[Series], is_masked: bool) -> str:
    drawn, x = [], 0.0
    for series in key:
        line = f'<path class="{_line_class(series.place, is_masked)}"{_dash(series.place)} d="M{x + 2:g} 12h40"/>'
        drawn.append(line + _mark(x + 22, 12, series.place, is_masked))
        drawn.append(f'<text x="{x + 50:g}" y="16.5">{escape(series.name)}</text>')
        x += 50 + 8.2 * len(series.name) + 28
    return "".join(drawn)


def _forest(
    lines: Sequence[ForestLine], sides: tuple[str, str], heads: tuple[str, str], place: ForestPlace
) -> tuple[str, float, float]:
    values = [value for line in lines for *numbers, _ in line.points for value in numbers] + [0.0]
    marks = ticks(min(values), max(values))
    decimals, count = _decimals(marks), max(len(line.points) for line in lines)
    row = place.above + 18 * count + 10
    bottom = place.top + row * len(lines)

    def at(value: float) -> float:
        return place.left + (value - marks[0]) / (marks[-1] - marks[0]) * (place.right - place.left)

    drawn = []
    if place.figures:
        drawn.append(f'<text class="dim" x="0" y="16">{escape(heads[0])}</text>')
        drawn.append(f'<text class="dim" x="{place.width}" y="16" text-anchor="end">{escape(heads[1])}</text>')
    for mark in marks:
        kind = "zero" if mark == 0 else "grid"
        drawn.append(f'<path class="{kind}" d="M{at(mark):.1f} {place.top - 4}V{bottom}"/>')
        label = f"{mark:.{decimals}f}".replace("-", "−")
        drawn.append(f'<text class="dim" x="{at(mark):.1f}" y="{bottom + 20}" text-anchor="middle">{label}</text>')
    drawn.append(f'<path class="axis" d="M{place.left - 12} {bottom}H{place.right + 12}"/>')
    drawn += [_forest_line(line, place.top + row * number, row, at, place) for number, line in enumerate(lines)]
    middle = at(0)
    ends = (middle - 10, "end", middle + 10, "start") if place.figures else (0, "start", place.width, "end")
    drawn.append(f'<text x="{ends[0]:.1f}" y="{bottom + 44}" text-anchor="{ends[1]}">← {escape(sides[0])}</text>')
    drawn.append(f'<text x="{ends[2]:.1f}" y="{bottom + 44}" text-anchor="{ends[3]}">{escape(sides[1])} →</text>')
    return "\n".join(drawn), place.width, bottom + 56


def _forest_line(line: ForestLine, top: float, row: float, at: Callable[[float], float], place: ForestPlace) -> str:
    y = top + row / 2 + 5 if place.figures else top + 13
    halo = "" if place.figures else " label-halo"
    drawn = [
        f'<text class="strong{halo}" x="0" y="{y:g}">{escape(line.title)} '
        f'<tspan class="dim" font-weight="400">{escape(line.note)}</tspan></text>'
    ]
    for number, (estimate, low, high, text) in enumerate(line.points):
        y = top + place.above + 14 + 18 * number
        x, start, end = at(estimate), at(low), at(high)
        drawn.append(f'<path class="ci" d="M{start:.1f} {y}H{end:.1f}M{start:.1f} {y - 4}v8M{end:.1f} {y - 4}v8"/>')
        kind = "pt" if number == 0 else "pt pt-open"
        drawn.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y}" r="5"/>')
        if place.figures:
            drawn.append(f'<text x="{place.width}" y="{y + 5}" text-anchor="end">{escape(text)}</text>')
    return "\n".join(drawn)
