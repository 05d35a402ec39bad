"""A report's files: documents for the page, PDF, figures, tables and data. The same data and plan give the same bytes.

Nothing of a run goes in: no time, no user, no number of the report.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from analysis.csv_text import csv_text
from analysis.frames import TrialFrames
from analysis.plan import Plan
from analysis.report.document import Document
from analysis.report.pdf import picture, report_pdf
from analysis.report.tidy import data_tables, result_tables
from analysis.report.writing import write_document
from analysis.results import SetResults, set_results
from trial.protocol.schema import Protocol

# Older than any trial, as ZIP counts.
NO_TIME = (1980, 1, 1, 0, 0, 0)
PREFIXES = {"shuffled": "rehearsal-", "closed": "closed-", "real": ""}


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file: to download, or (a document) to show. `set_id` and `language` are "" where it has none."""

    name: str
    kind: str  # document, pdf, figures, tables, data, plan
    set_id: str
    language: str
    content: bytes


Step = Callable[[str, float], None]


def report_files(
    protocol: Protocol, frames: TrialFrames, plan: Plan, made_with: str, step: Step = lambda name, part: None
) -> Iterator[MadeFile]:
    """Compute and write everything.

    `step` hears what is being done ("models", "files") and which part of the whole is behind us, from 0 to 1.
    """
    prefix = ("simulated-" if frames.is_simulated else "") + PREFIXES[frames.labels]
    yield _source(frames, plan, prefix)
    primary_first = sorted(plan.analysis.sets, key=lambda each: not each.is_primary)
    sets = [each.id for each in primary_first if each.id in frames.sets]
    share = 1 / len(sets) if sets else 1
    for place, set_id in enumerate(sets):
        results = _results(frames, plan, set_id, step, place * share, share / 2)
        yield MadeFile(f"{prefix}tables-{set_id}.zip", "tables", set_id, "", _tables(frames, results))
        step("files", (place + 0.5) * share)
        for number, (language, _name) in enumerate(settings.LANGUAGES, start=1):
            with translation.override(language):
                document = write_document(protocol, plan, frames, results, made_with)
                yield from _written(document, prefix, set_id, language)
            step("files", (place + 0.5 + 0.5 * number / len(settings.LANGUAGES)) * share)


def _source(frames: TrialFrames, plan: Plan, prefix: str) -> MadeFile:
    """The data with the plan. A closed report has the plan alone: whoever knows the group of one person would find
    the letter of all in rows of persons."""
    if frames.labels == "closed":
        return MadeFile(f"{prefix}plan.zip", "plan", "", "", zipped({"plan.json": plan.canonical}))
    return MadeFile(f"{prefix}data.zip", "data", "", "", _data(frames, plan))


def _results(frames: TrialFrames, plan: Plan, set_id: str, step: Step, begin: float, room: float) -> SetResults:
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        step("models", begin + room * done / len(plan.outcomes))

    return set_results(frames, plan, set_id, one_more)


def _written(document: Document, prefix: str, set_id: str, language: str) -> Iterator[MadeFile]:
    told = document.as_json()
    stored = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    yield MadeFile(f"document-{set_id}-{language}.json", "document", set_id, language, stored)
    yield MadeFile(f"{prefix}report-{set_id}-{language}.pdf", "pdf", set_id, language, report_pdf(told))
    yield MadeFile(f"{prefix}figures-{set_id}-{language}.zip", "figures", set_id, language, _figures(document, prefix))


def _figures(document: Document, prefix: str) -> bytes:
    files = {}
    for figure in document.figures:
        files[f"{prefix}{figure.file}.svg"] = figure.sheet.encode()
        files[f"{prefix}{figure.file}.png"] = picture(figure.sheet)
    return zipped(files)


def _tables(frames: TrialFrames, results: SetResults) -> bytes:
    return zipped({f"{name}.csv": csv_text(table) for name, table in result_tables(frames, results).items()})


def _data(frames: TrialFrames, plan: Plan) -> bytes:
    files = {f"{name}.csv": csv_text(table) for name, table in data_tables(frames).items()}
    return zipped({**files, "plan.json": plan.canonical})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive whose bytes follow from its files alone: sorted, without a time."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as whole:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, NO_TIME)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o644 << 16
            whole.writestr(about, files[name])
    return archive.getvalue()
