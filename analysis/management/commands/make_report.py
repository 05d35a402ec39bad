"""Compute a trial's report here and now, without a worker, and write its files into a folder."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from analysis import computing, services
from analysis.models import Kind, Report
from trial.protocol.models import Trial


class Command(BaseCommand):
    help = (
        "Computes a report of a trial: a rehearsal with shuffled labels, or, once the trial is unmasked, the report "
        "with the real groups. It stands in the registry like one that was asked for on the page. "
        "A closed report is refused: the committee alone asks for it, on its page."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trial", help="the trial's short name in addresses, such as sleep-study")
        parser.add_argument("--kind", choices=Kind.values, required=True)
        parser.add_argument("--output", type=Path, metavar="FOLDER", help="write the files there as well")
        parser.add_argument("--dry-run", action="store_true", help="say whether it could be asked for, and stop")

    def handle(self, **options) -> None:
        trial = Trial.objects.filter(slug=options["trial"]).first()
        if trial is None:
            raise CommandError(f"There is no trial {options['trial']}.", returncode=2)
        kind = Kind(options["kind"])
        try:
            if options["dry_run"]:
                services.must_be_entitled(kind, trial, None)
                services.must_fit_stage(kind, trial)
                services.must_have_people(trial)
                self.stdout.write("It can be computed. Nothing was written.")
                return
            report = services.ask_for_report(trial=trial, kind=kind, actor=None)
        except services.ReportRefused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        computing.compute_report(report.pk)
        report.refresh_from_db()
        if not report.is_done:
            raise CommandError(f"{report.get_failure_display()} {report.detail}".strip(), returncode=1)
        self._write(report, options["output"])

    def _write(self, report: Report, folder: Path | None) -> None:
        self.stdout.write(f"Report {report.number} is complete: data {report.data_sha256}, plan {report.plan_sha256}.")
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        for file in report.files.exclude(kind="document"):
            (folder / file.name).write_bytes(bytes(file.content))
            self.stdout.write(str(folder / file.name))
