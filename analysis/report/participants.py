"""Who took part: the flow, and the groups before the programme."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from analysis.figures import alone
from analysis.plan import Characteristic
from analysis.report.document import Figure, Part, Rows, Table
from analysis.report.words import Material, number, p_value, reason, share, spoken
from analysis.stats.baseline import EVERYBODY, BaselineTable
from trial.flow.counts import Exit, left
from trial.flow.diagram import Box, Flow, Stage, narrow, wide


def participants_part(of: Material) -> Part:
    return Part("participants", _("Participants"), (_flow_figure(of), _flow_table(of), _baseline_table(of)))


def _flow_figure(of: Material) -> Figure:
    flow = _flow(of)
    drawing = wide(flow)
    box, _open, inside = drawing.partition(">")
    width, height = (float(part) for part in box.split('viewBox="-2 -2 ')[1].split('"')[0].split())
    says = of.stamp
    body = inside.removesuffix("</svg>")
    sheet = alone(body, width, height + (26 if says else 0), says, flow.label, origin="-2 -2")
    note = of.note(_("The set is “%(set)s”.") % {"set": set_name(of)}, of.abbreviations())
    title = _("Flow of Participants")
    return Figure("flow", of.numbering.figure(), title, (), (drawing, narrow(flow)), False, note, sheet, "flow")


def set_name(of: Material) -> str:
    return next(spoken(each.name) for each in of.plan.analysis.sets if each.id == of.results.set_id)


def _flow(of: Material) -> Flow:
    start = of.flow.enrolment
    stages = [Stage(_("Allocation"), tuple(Box(of.arm_name(arm.arm), arm.allocated) for arm in of.flow.arms))]
    for place, wave in enumerate(of.plan.wave_ids[1:]):
        boxes = tuple(
            Box(
                pgettext("people in the flow", "Answered"),
                arm.waves[place].answered,
                _exit_lines(of, arm.waves[place].exits),
            )
            for arm in of.flow.arms
        )
        stages.append(Stage(of.wave(wave), boxes))
    analysed = tuple(
        Box(pgettext("people in the flow", "Analysed"), arm.analysed, _exit_lines(of, arm.left_out))
        for arm in of.flow.arms
    )
    stages.append(Stage(_("Analysis"), analysed))
    return Flow(
        label=_("Flow of participants: %(randomised)s randomised, %(analysed)s analysed.")
        % {"randomised": of.flow.randomised, "analysed": of.flow.analysed},
        enrolment=_("Enrolment"),
        randomised=Box(_("Randomised"), of.flow.randomised),
        stages=tuple(stages),
        top=Box(_("Assessed for eligibility"), start.assessed) if start else None,
        aside=Box(_("Not randomised"), left(start.exits), _exit_lines(of, start.exits)) if start else None,
    )


def _exit_lines(of: Material, exits: tuple[Exit, ...]) -> tuple[str, ...]:
    return tuple(f"{reason(each.reason, of.protocol).capitalize()}, {each.count}" for each in exits)


def _flow_table(of: Material) -> Table:
    arms = of.flow.arms
    rows = [(_("Randomised"), *(str(arm.allocated) for arm in arms))]
    for place, wave in enumerate(of.plan.wave_ids[1:]):
        answered = (str(arm.waves[place].answered) for arm in arms)
        rows.append((pgettext("people in the flow", "Answered: %(wave)s") % {"wave": of.wave(wave)}, *answered))
    reasons = list(dict.fromkeys(each.reason for arm in arms for each in arm.left_out))
    for id in reasons:
        counted = (str(sum(each.count for each in arm.left_out if each.reason == id)) for arm in arms)
        rows.append((_("Left out: %(reason)s") % {"reason": reason(id, of.protocol)}, *counted))
    rows.append((pgettext("people in the flow", "Analysed"), *(str(arm.analysed) for arm in arms)))
    return Table(
        "flow-table",
        of.numbering.table(),
        _("Numbers of Participants"),
        (_("Stage"), *(of.arm(arm.arm) for arm in arms)),
        (Rows("", tuple(rows)),),
        of.note(_("The same figures as in the flow of participants."), *of.flow.problems(), of.abbreviations()),
    )


def _baseline_table(of: Material) -> Table:
    arms = [arm.id for arm in of.plan.arms]
    pairs = len(arms) == 2
    tested = of.plan.analysis.tests_baseline_differences
    columns = [_("Characteristic"), *(of.arm(arm) for arm in arms), _("All")]
    columns += [_("Difference in SD")] if pairs else []
    columns += [_("Test"), "*p*"] if tested else []
    groups = []
    for each in of.plan.characteristics:
        found = of.results.baseline[each.id]
        heading = spoken(each.text) + (f" ({spoken(each.unit)})" if each.unit else "")
        if isinstance(found, str):
            groups.append(Rows(heading, (), why_not=found))
            continue
        rows = list(_number_rows(found, arms) if each.kind == "number" else _category_rows(found, arms, each))
        ends = [_difference(found)] * pairs + ([*_test(found)] if tested else [])
        rows[0] = (*rows[0], *ends)
        rows[1:] = [(*row, *("" for _each in ends)) for row in rows[1:]]
        groups.append(Rows(heading, tuple(rows)))
    return Table(
        "baseline",
        of.numbering.table(),
        _("Characteristics Before the Programme"),
        tuple(columns),
        tuple(groups),
        of.note(of.in_set() + ".", _baseline_note(of, tested), of.abbreviations()),
    )


def _baseline_note(of: Material, tested: bool) -> str:
    against, arm = (of.arm(id) for id in of.plan.arm_ids[:2])
    said = _("Differences are standardised: %(arm)s less %(against)s, without a sign for categories.")
    ask = _("Tests are those that the plan asks for; a difference at baseline is chance.")
    no = _("A difference at baseline is chance, so the plan asks for no test.")
    return f"{said % {'arm': arm, 'against': against}} {ask if tested else no}"


def _number_rows(found: BaselineTable, arms: list[str]) -> Iterator[tuple[str, ...]]:
    table = found.continuous.set_index(found.continuous["arm"].astype(str))
    columns = [table.loc[arm] for arm in [*arms, EVERYBODY]]
    yield (_("*M* (*SD*)"), *(f"{number(row['mean'])} ({number(row['sd'])})" for row in columns))
    yield (_("Range"), *(f"{number(row['lowest'], 0)}–{number(row['highest'], 0)}" for row in columns))
    if any(row["missing"] for row in columns):
        yield (_("No answer"), *(str(row["missing"]) for row in columns))


def _category_rows(found: BaselineTable, arms: list[str], each: Characteristic) -> Iterator[tuple[str, ...]]:
    answers = {"yes": _("Yes"), "no": _("No")}
    table = found.categorical
    words = dict(each.options)
    for level in [id for id, _text in each.options if (table["level"] == id).any()]:
        rows = table[table["level"] == level].set_index(table.loc[table["level"] == level, "arm"].astype(str))
        text = words[level]
        cells = (share(rows.loc[arm, "count"], rows.loc[arm, "n"]) for arm in [*arms, EVERYBODY])
        yield (spoken(text) if text else answers[level], *cells)
    first = table[table["level"] == table["level"].iloc[0]]
    missing = first.set_index(first["arm"].astype(str))["missing"]
    if missing.any():
        yield (_("No answer"), *(str(missing.loc[arm]) for arm in [*arms, EVERYBODY]))


def _difference(found: BaselineTable) -> str:
    return number(float(found.differences["difference"].iloc[0]))


def _test(found: BaselineTable) -> tuple[str, str]:
    if found.tests.empty:
        return "–", "–"
    row = found.tests.iloc[0]
    df = number(float(row["df"]), 0)
    name = f"*t*({df})" if row["test"] == "student" else f"χ²({df})"
    return f"{name} = {number(float(row['statistic']))}", p_value(float(row["p"]))
