"""The other tables: scores, comparisons within groups, reliable change, consistency, missing data."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from analysis.change_results import ChangeResult
from analysis.report.document import Part, Rows, Table
from analysis.report.words import Material, decimals_for, interval, number, p_value, share, spoken
from analysis.results import OutcomeResult
from analysis.stats.little_mcar import LittleMcar
from analysis.stats.reliable_change import CATEGORIES
from trial.protocol.schema_analysis import Outcome


def scores_part(of: Material) -> Part:
    return Part("scores", _("Scores"), (_score_table(of),))


def _score_table(of: Material) -> Table:
    found = of.results.scores.set_index(["outcome", "arm", "wave"])
    columns = [name for wave in of.plan.waves for name in (f"{spoken(wave.name)}: *M* (*SD*)", "*n*")]
    groups = []
    for outcome in of.plan.outcomes:
        rows = []
        for arm in of.plan.arms:
            cells: list[str] = []
            for wave in of.plan.waves:
                row = found.loc[(outcome.id, arm.id, wave.id)]
                cells += [f"{number(row['mean'])} ({number(row['sd'])})", str(int(row["n"]))]
            rows.append((arm.short, *cells))
        groups.append(Rows(spoken(outcome.name), tuple(rows), outcome.higher_is == "worse"))
    return Table(
        "scores-table",
        of.numbering.table(),
        _("Observed Scores by Wave and Group"),
        (_("Outcome"), *columns),
        tuple(groups),
        of.note(of.in_set() + ".", _("Means of those who answered; the model's means are in the plots."), _arrow()),
    )


def _arrow() -> str:
    return _("↓ marks outcomes where lower is better.")


def within_part(of: Material) -> Part:
    return Part("within", _("Within groups"), (_within_table(of), _joint_table(of)))


def _within_table(of: Material) -> Table:
    rules = {"tukey": "*p* (Tukey)", "holm": "*p* (Holm)", "none": "*p*"}
    notes = {
        "tukey": _("Tukey's adjustment; the family is the waves of a group."),
        "holm": _("Holm's adjustment; the family is the comparisons of a group."),
        "none": _("Not adjusted for their number, as planned."),
    }
    rule = of.plan.analysis.post_hoc
    groups = [_within_rows(of, outcome) for outcome in of.plan.outcomes]
    return Table(
        "within-table",
        of.numbering.table(),
        _("Changes Within Groups"),
        (_("Outcome"), _("Change"), of.interval_head, "*SE*", "*t*", "*df*", rules[rule]),
        tuple(groups),
        of.note(
            of.in_set() + ".",
            _("Later less earlier wave, from the model; Kenward and Roger; intervals are not adjusted."),
            notes[rule],
            of.abbreviations(),
            _arrow(),
        ),
    )


def _within_rows(of: Material, outcome: Outcome) -> Rows:
    result = of.results.outcomes[outcome.id]
    heading, turned = spoken(outcome.name), outcome.higher_is == "worse"
    if isinstance(result, str):
        return Rows(heading, (), turned, why_not=result)
    order = {arm.id: place for place, arm in enumerate(of.plan.arms)}
    table = result.within.sort_values("arm", key=lambda arms: arms.map(order), kind="stable")
    rows = []
    for row in table.to_dict("records"):
        decimals = decimals_for(row["se"])
        name = f"{of.arm(row['arm'])}: {of.wave(row['time_a'])} → {of.wave(row['time_b'])}"
        figures = (number(-row["estimate"], decimals), interval(-row["high"], -row["low"], decimals))
        tests = (number(row["se"], decimals), number(-row["t"]), number(row["df"], 1), p_value(row["p_adjusted"]))
        rows.append((name, *figures, *tests))
    return Rows(heading, tuple(rows), turned)


def _joint_table(of: Material) -> Table:
    terms = {"arm": _("Group"), "time": _("Wave"), "arm:time": _("Group × wave")}
    groups = []
    for outcome in of.plan.outcomes:
        result = of.results.outcomes[outcome.id]
        if isinstance(result, OutcomeResult):
            rows = tuple(_joint_row(terms, row) for row in result.joint.to_dict("records"))
            groups.append(Rows(spoken(outcome.name), rows))
    return Table(
        "joint-table",
        of.numbering.table(),
        _("Joint Tests of the Model"),
        (_("Outcome"), "*F*", "*df*", "*p*"),
        tuple(groups),
        of.note(of.in_set() + ".", _("Kenward and Roger; means of groups and waves weigh the same.")),
    )


def _joint_row(terms: Mapping[str, str], row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    degrees = f"{row['num_df']}, {number(row['den_df'], 1)}"
    return terms[row["term"]], number(row["f"]), degrees, p_value(row["p"])


def change_part(of: Material) -> Part:
    return Part("change", _("Reliable change"), (_change_table(of),))


def _change_table(of: Material) -> Table:
    words = {
        "recovered": _("Recovered"),
        "improved": _("Improved"),
        "unchanged": _("Unchanged"),
        "deteriorated": _("Deteriorated"),
        "not classifiable": _("A score is missing"),
    }
    groups = []
    for id, found in of.results.changes.items():
        outcome = of.plan.outcome(id)
        if isinstance(found, str):
            groups.append(Rows(spoken(outcome.name), (), why_not=found))
            continue
        table = found.change.counts
        places = zip(table["category"], table["arm"], strict=True)
        counts = dict(zip(places, map(share, table["count"], table["out_of"]), strict=True))
        rows = [
            (words[category], *(counts.get((category, arm.id), "–") for arm in of.plan.arms), "")
            for category in CATEGORIES
        ]
        rows[0] = (*rows[0][:-1], _comparison(found))
        groups.append(Rows(f"{spoken(outcome.name)}{_criteria(found)}", tuple(rows)))
    return Table(
        "change-table",
        of.numbering.table(),
        _("Reliable and Clinically Significant Change"),
        (_("Outcome"), *(arm.short for arm in of.plan.arms), _("Test")),
        tuple(groups),
        of.note(of.in_set() + ".", _change_note(of), of.abbreviations()),
    )


def _criteria(found: ChangeResult) -> str:
    size = number(found.change.criteria.critical * found.change.s_diff)
    if found.cutoff is None:
        return _(" (reliable from %(size)s)") % {"size": size}
    return _(" (reliable from %(size)s, cut-off %(cutoff)s)") % {"size": size, "cutoff": number(found.cutoff)}


def _comparison(found: ChangeResult) -> str:
    if isinstance(found.comparison, str):
        return "–"
    test, exact = found.comparison.chi_square, found.comparison.exact
    told = f"χ²({test.df}) = {number(test.statistic)}, *p* = {p_value(test.p)}"
    return _("%(test)s; exact %(p)s") % {"test": told, "p": p_value(exact.p)}


def _change_note(of: Material) -> str:
    rules = of.plan.analysis.reliable_change
    if rules is None:
        return _("The plan asks for no reliable change.")
    said = _(
        "Jacobson and Truax (1991), from “%(first)s” to “%(last)s”; |RCI| above %(z)s. Shares are of those with "
        "both scores."
    ) % {"first": of.wave(rules.from_wave), "last": of.wave(rules.to_wave), "z": number(rules.critical_z)}
    if rules.rule == "rojas":
        said += " " + _("The literal rule of Rojas et al. (2023): every worse score is a deterioration.")
    return said


def quality_part(of: Material) -> Part:
    """Missing data, and how well the items go together."""
    blocks = [_missing_table(of), _mcar_table(of), _alpha_table(of)]
    return Part("missing", _("Missing data"), tuple(block for block in blocks if block))


def _missing_table(of: Material) -> Table:
    found = of.results.missing
    groups: list[Rows] = []
    if isinstance(found, str):
        groups = [Rows("", (), why_not=found)]
    else:
        places = zip(found.table["outcome"], found.table["time"], found.table["arm"], strict=True)
        cells = dict(zip(places, map(share, found.table["missing"], found.table["people"]), strict=True))
        for outcome in of.plan.outcomes:
            rows = tuple(
                (arm.short, *(cells.get((outcome.id, wave.id, arm.id), "–") for wave in of.plan.waves))
                for arm in of.plan.arms
            )
            groups.append(Rows(spoken(outcome.name), rows))
    total = ""
    if not isinstance(found, str):
        total = _("%(missing)s of %(expected)s scores are missing (%(share)s %%).") % {
            "missing": found.missing,
            "expected": found.expected,
            "share": number(100 * found.proportion, 1),
        }
    return Table(
        "missing-table",
        of.numbering.table(),
        _("Missing Scores by Wave and Group"),
        (_("Outcome"), *(spoken(wave.name) for wave in of.plan.waves)),
        tuple(groups),
        of.note(of.in_set() + ".", total, of.abbreviations()),
    )


def _mcar_table(of: Material) -> Table | None:
    if not of.results.mcar:
        return None
    groups = []
    for id, found in of.results.mcar.items():
        name = _("All outcomes") if id == "all" else spoken(of.plan.outcome(id).name)
        if isinstance(found, LittleMcar):
            groups.append(Rows("", ((name, number(found.statistic), str(found.df), p_value(found.p), str(found.n)),)))
        else:
            groups.append(Rows(name, (), why_not=found))
    return Table(
        "mcar-table",
        of.numbering.table(),
        _("Little's Test of Values Missing Completely at Random"),
        (_("Outcome"), "χ²", "*df*", "*p*", "*n*"),
        tuple(groups),
        of.note(_("Across the waves of each outcome. A large *p* does not show that values are missing at random.")),
    )


def _alpha_table(of: Material) -> Table | None:
    found = of.results.alphas
    if found.empty:
        return None
    groups = []
    for id, rows in found.groupby("outcome", sort=False):
        told = tuple(
            (
                of.wave(row["wave"]),
                str(row["n"]),
                number(row["alpha"]) if math.isfinite(row["alpha"]) else "–",
                interval(row["low"], row["high"]) if math.isfinite(row["alpha"]) else row["why_not"],
            )
            for row in rows.to_dict("records")
        )
        items = _("%(name)s, %(count)s items") % {
            "name": spoken(of.plan.outcome(str(id)).name),
            "count": rows["items"].iloc[0],
        }
        groups.append(Rows(items, told))
    return Table(
        "alpha-table",
        of.numbering.table(),
        _("Internal Consistency: Cronbach's Alpha"),
        (_("Scale"), "*n*", "α", of.interval_head),
        tuple(groups),
        of.note(_("Of those who answered every item, both groups together; Feldt's interval.")),
    )
