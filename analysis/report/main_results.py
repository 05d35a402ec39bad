"""The main results: differences in change, in words, tables and pictures."""

from collections.abc import Sequence

import pandas as pd
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from analysis.figures import ForestLine, contrast_mark, forest, forest_sheet
from analysis.report.closed_words import closed_words
from analysis.report.document import Figure, Part, Rows, Table, Words
from analysis.report.means import means_figure
from analysis.report.words import (
    Material,
    decimals_for,
    interval,
    number,
    p_value,
    spoken,
    within_sentence,
)
from analysis.results import OutcomeResult
from trial.protocol.schema_analysis import Contrast, Outcome


def main_part(of: Material) -> Part:
    """Primary outcomes with words and pictures, then the tables of the others."""
    blocks: list = [_in_words(of)]
    for priority in ("primary", "secondary", "exploratory"):
        chosen = [outcome for outcome in of.plan.outcomes if outcome.priority == priority]
        if chosen:
            blocks.append(_contrast_table(of, chosen, priority))
            blocks += _pictures(of, chosen, priority)
    return Part("results", _("Main results"), tuple(blocks))


def priority_words(priority: str) -> str:
    return {
        "primary": _("Primary Outcomes"),
        "secondary": _("Secondary Outcomes"),
        "exploratory": _("Exploratory Outcomes"),
    }[priority]


def _pictures(of: Material, outcomes: Sequence[Outcome], priority: str) -> list[Figure]:
    """Plots of those that could be modelled; the forest of the primary ones alone."""
    done = [outcome for outcome in outcomes if isinstance(of.results.outcomes[outcome.id], OutcomeResult)]
    if not done:
        return []
    # One zero line for several comparisons would have more than two sides.
    is_one_pair = len({(each.arm, each.against) for each in of.plan.contrasts}) == 1
    forests = [_forest_figure(of, done)] if priority == "primary" and is_one_pair else []
    return [*forests, means_figure(of, done, priority)]


def _in_words(of: Material) -> Words:
    if of.is_rehearsal:
        said = _(
            "The groups of this report are shuffled: whoever reads it learns nothing about anybody, and every "
            "difference in it is chance. It shows what the report will look like and that it can be computed."
        )
        return Words(_("In plain words"), ((of.warning + ".", said),))
    primary = [outcome for outcome in of.plan.outcomes if outcome.priority == "primary"]
    paragraphs = [(_contrast_name(of, each) + ".", _contrast_words(of, each, primary)) for each in of.plan.contrasts]
    if of.is_closed:
        paragraphs = [*closed_words(of.warning, of.protocol), *paragraphs]
    people = sum(of.results.people.values())
    trust = _(
        "%(people)s people. %(tests)s primary outcomes at %(waves)s waves, without a correction for their number. "
        "An interval that includes “no difference” does not show that there is none."
    )
    told = trust % {"people": people, "tests": len(primary), "waves": len({each.wave for each in of.plan.contrasts})}
    return Words(_("In plain words"), (*paragraphs, (_("How far to trust this."), told)))


def _contrast_words(of: Material, contrast: Contrast, outcomes: Sequence[Outcome]) -> str:
    """Which intervals leave out zero, and for whom; which include it; which there are none of."""
    favour: dict[str, list[str]] = {}
    for outcome in outcomes:
        name = within_sentence(spoken(outcome.name))
        favour.setdefault(_in_favour(of, contrast, outcome), []).append(name)
    names = {"arm": of.arm(contrast.arm), "against": of.arm(contrast.against)}
    sentences = {
        "arm": _("The interval leaves out “no difference”, in favour of %(arm)s: %(outcomes)s."),
        "against": _("The interval leaves out “no difference”, in favour of %(against)s: %(outcomes)s."),
        "different": _("The interval leaves out “no difference”: %(outcomes)s."),
        "open": _("The interval includes “no difference”: %(outcomes)s."),
        "none": _("Not analysed: %(outcomes)s."),
    }
    told = [kind for kind in sentences if kind in favour]
    return " ".join(sentences[kind] % {**names, "outcomes": ", ".join(favour[kind])} for kind in told)


def _in_favour(of: Material, contrast: Contrast, outcome: Outcome) -> str:
    result = of.results.outcomes[outcome.id]
    if isinstance(result, str):
        return "none"
    row = _row(result, contrast)
    if row["low"] <= 0 <= row["high"]:
        return "open"
    if outcome.higher_is == "neither":
        return "different"
    return "arm" if (row["estimate"] > 0) == (outcome.higher_is == "better") else "against"


def _row(result: OutcomeResult, contrast: Contrast) -> pd.Series:
    return result.contrasts.set_index("contrast").loc[contrast.id]


def _contrast_table(of: Material, outcomes: Sequence[Outcome], priority: str) -> Table:
    groups = []
    for outcome in outcomes:
        result = of.results.outcomes[outcome.id]
        heading, turned = spoken(outcome.name), outcome.higher_is == "worse"
        if isinstance(result, str):
            groups.append(Rows(heading, (), turned, why_not=result))
            continue
        rows = tuple((_contrast_name(of, each), *_figures(_row(result, each))) for each in of.plan.contrasts)
        groups.append(Rows(heading, rows, turned))
    return Table(
        f"contrasts-{priority}",
        of.numbering.table(),
        _("Differences Between the Groups in Change Since Baseline, %(outcomes)s")
        % {"outcomes": priority_words(priority)},
        (_("Outcome"), "*b*", of.interval_head, "*SE*", "*t*", "*df*", "*p*"),
        tuple(groups),
        of.note(of.in_set() + ".", _model_note(of), of.abbreviations(), _turned_note(outcomes)),
    )


def _contrast_name(of: Material, contrast: Contrast) -> str:
    if len(of.plan.arms) == 2 and not of.is_closed:
        return spoken(contrast.name)
    return f"{spoken(contrast.name)}: {of.arm(contrast.arm)} – {of.arm(contrast.against)}"


def _figures(row: pd.Series) -> tuple[str, ...]:
    decimals = decimals_for(row["se"])
    return (
        number(row["estimate"], decimals),
        interval(row["low"], row["high"], decimals),
        number(row["se"], decimals),
        number(row["t"]),
        number(row["df"], 1),
        p_value(row["p"]),
    )


def _model_note(of: Material) -> str:
    analysis = of.plan.analysis
    degrees = {"satterthwaite": _("Satterthwaite"), "kenward_roger": _("Kenward and Roger")}
    said = _(
        "Linear mixed model, outcome on group, wave and their interaction, random intercept for participant, "
        "%(method)s; references are %(arm)s and “%(wave)s”. Intervals by profile likelihood (ML refit); "
        "*t*, *df* and *p* after %(degrees)s."
    )
    return said % {
        "method": analysis.estimation.upper(),
        "arm": of.arm(analysis.reference_arm),
        "wave": of.wave(analysis.reference_wave),
        "degrees": degrees[analysis.degrees_of_freedom],
    }


def _turned_note(outcomes: Sequence[Outcome]) -> str:
    turned = any(outcome.higher_is == "worse" for outcome in outcomes)
    return _("↓ marks outcomes where lower is better.") if turned else ""


def _forest_figure(of: Material, outcomes: Sequence[Outcome]) -> Figure:
    lines = [_forest_line(of, outcome) for outcome in outcomes]
    contrast = of.plan.contrasts[0]
    better = pgettext("the group of which this is the side", "%(arm)s better")
    sides = (better % {"arm": of.arm(contrast.against)}, better % {"arm": of.arm(contrast.arm)})
    heads = (_("Outcome"), _("SD [%(interval)s]") % {"interval": of.interval_head})
    told = ". ".join(f"{line.title}: {', '.join(point[3] for point in line.points)}" for line in lines)
    key = tuple((contrast_mark(place), _contrast_name(of, each)) for place, each in enumerate(of.plan.contrasts))
    says = " · ".join([*(f"{'●○'[min(place, 1)]} {words}" for place, (_mark, words) in enumerate(key))])
    foot = ". ".join(part for part in (says, of.stamp) if part)
    note = _(
        "Estimates divided by the total standard deviation of the model, turned so that right is better for %(arm)s. "
        "Bars are %(level)s %% intervals by Kenward and Roger."
    ) % {"arm": of.arm(contrast.arm), "level": of.level}
    return Figure(
        "forest",
        of.numbering.figure(),
        _("Differences in Change Since Baseline, in Standard Deviations"),
        key,
        forest(lines, sides, heads, told),
        False,
        of.note(note, _("The unstandardised figures are in the table above.")),
        forest_sheet(lines, sides, heads, told, foot),
        "forest",
    )


def _forest_line(of: Material, outcome: Outcome) -> ForestLine:
    result = of.results.outcomes[outcome.id]
    assert isinstance(result, OutcomeResult)  # noqa: S101  chosen by the caller
    sign = -1 if outcome.higher_is == "worse" else 1
    points = []
    for contrast in of.plan.contrasts:
        row = _row(result, contrast)
        low, high = sorted((sign * row["std_low"], sign * row["std_high"]))
        estimate = sign * row["standardised"]
        points.append((estimate, low, high, f"{number(estimate)} {interval(low, high)}"))
    return ForestLine(spoken(outcome.name), _("(turned)") if sign < 0 else "", tuple(points))
