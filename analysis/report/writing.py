"""One set of one report, written as a document in the language that is active."""

from collections.abc import Iterator

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analysis.frames import TrialFrames
from analysis.participant_flow import flow_counts
from analysis.plan import Plan
from analysis.report.document import Document
from analysis.report.main_results import main_part
from analysis.report.more_tables import change_part, quality_part, scores_part, within_part
from analysis.report.participants import participants_part, set_name
from analysis.report.words import Material, spoken, unavailable
from analysis.results import SetResults
from trial.protocol.schema import Protocol


def write_document(
    protocol: Protocol, plan: Plan, frames: TrialFrames, results: SetResults, made_with: str
) -> Document:
    """Return the report of one analysis set. The same data and plan give the same document."""
    of = Material(protocol, plan, frames, results, flow_counts(frames, plan, results.set_id))
    parts = [participants_part, quality_part, main_part, scores_part, within_part]
    parts += [change_part] if results.changes else []
    return Document(
        language=(get_language() or "en").split("-")[0],
        study=spoken(protocol.short_name),
        title=_title(of),
        simulated=of.simulated,
        warning=of.warning,
        set_id=results.set_id,
        set_name=set_name(of),
        set_words=_set_words(of),
        other_sets=tuple(_other_sets(of)),
        provenance=(
            (_("Data"), frames.sha256),
            (_("Plan"), plan.sha256),
            (_("Protocol %(version)s") % {"version": protocol.version}, protocol.sha256),
            (_("Groups"), _groups(of)),
            (_("Made with"), made_with),
        ),
        parts=tuple(write(of) for write in parts),
    )


def _title(of: Material) -> str:
    titles = {
        "shuffled": _("Rehearsal of the analysis"),
        "closed": _("Closed report"),
        "real": _("Final analysis"),
    }
    return titles[of.frames.labels]


def _groups(of: Material) -> str:
    return {"shuffled": _("shuffled"), "closed": _("under letters"), "real": _("opened")}[of.frames.labels]


def _other_sets(of: Material) -> Iterator[tuple[str, str, str]]:
    for each in of.plan.analysis.sets:
        if each.id != of.results.set_id:
            why = of.frames.unavailable.get(each.id)
            yield each.id, spoken(each.name), unavailable(why) if why else ""


def _set_words(of: Material) -> str:
    said = _("%(analysed)s of the %(randomised)s who were randomised.")
    return said % {"analysed": of.flow.analysed, "randomised": of.flow.randomised}
