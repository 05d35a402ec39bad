"""The plot of estimated means over time."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from analysis.figures import Panel, Series, key_mark, panel, sheet
from analysis.report.document import Figure
from analysis.report.words import Material, direction, number, spoken
from analysis.results import OutcomeResult
from trial.protocol.schema_analysis import Outcome


def means_figure(of: Material, outcomes: Sequence[Outcome], priority: str) -> Figure:
    """Small multiples, one an outcome; arms in the protocol's order, all drawn with the same weight."""
    panels = [_panel(of, outcome) for outcome in outcomes]
    people = of.results.people
    key = [Series(f"{of.arm_name(arm.id)}, n = {people[arm.id]}", place, ()) for place, arm in enumerate(of.plan.arms)]
    titles = {
        "primary": _("Estimated Means Over Time, Primary Outcomes"),
        "secondary": _("Estimated Means Over Time, Secondary Outcomes"),
        "exploratory": _("Estimated Means Over Time, Exploratory Outcomes"),
    }
    masked = of.is_masked
    note = _("Means of the model with %(level)s %% intervals. The axes may show a part of the scale.")
    return Figure(
        f"means-{priority}",
        of.numbering.figure(),
        titles[priority],
        tuple((key_mark(each.place, is_masked=masked), each.name) for each in key),
        tuple(panel(each, is_masked=masked) for each in panels),
        True,
        of.note(note % {"level": of.level}),
        sheet(panels, key, is_masked=masked, says=of.stamp),
        f"means-{priority}",
    )


def _panel(of: Material, outcome: Outcome) -> Panel:
    result = of.results.outcomes[outcome.id]
    assert isinstance(result, OutcomeResult)  # noqa: S101  chosen by the caller
    waves = [wave.id for wave in of.plan.waves]
    means = result.means.set_index(["arm", "time"])
    series = []
    told = []
    for place, arm in enumerate(of.plan.arms):
        rows = [means.loc[(arm.id, wave)] for wave in waves]
        series.append(Series(arm.short, place, tuple((row["mean"], row["low"], row["high"]) for row in rows)))
        told.append(f"{arm.short}: {', '.join(number(row['mean']) for row in rows)}")
    title = spoken(outcome.name)
    words = direction(outcome)
    return Panel(
        title=title,
        direction=words,
        told=f"{title}, {words}. {'; '.join(told)}.",
        waves=tuple(_short(of.wave(wave), place) for place, wave in enumerate(waves)),
        series=tuple(series),
    )


def _short(name: str, place: int) -> str:
    """A wave's name if it fits below its tick, else its number."""
    return name if len(name) <= 11 else _("Wave %(number)s") % {"number": place + 1}
