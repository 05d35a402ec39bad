"""Analyse a data file with the mixed model; no database is started."""

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from analysis.analyse import analyse, as_json
from analysis.datafile import read_table, trial_data
from analysis.replication import compare_with_published, replication_json
from analysis.stats.errors import StatisticsError
from analysis.text_report import analysis_text


class Command(BaseCommand):
    help = (
        "Analyses a long data file (one row a participant and time, .csv or .sav): mixed model with Kenward-Roger "
        "tests and profile intervals, means, Tukey contrasts and joint tests of each outcome."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path, metavar="DATA.(csv|sav)")
        parser.add_argument("--id", required=True, help="column that identifies the participant")
        parser.add_argument("--arm", required=True, help="column of the arm")
        parser.add_argument("--time", required=True, help="column of the time")
        parser.add_argument("--outcomes", nargs="+", metavar="COLUMN", help="default: all other numeric columns")
        parser.add_argument("--covariates", nargs="+", default=[], metavar="COLUMN", help="numeric columns")
        parser.add_argument("--reference-arm", help="code or value label; default: the first")
        parser.add_argument("--reference-time", help="code or value label; default: the first")
        parser.add_argument("--replicate", type=Path, metavar="TABLE.csv", help="published table to compare with")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: the terminal")

    def handle(self, **options) -> None:
        try:
            report = self._report(options)
            if options["output"] is None:
                self.stdout.write(report, ending="")
            else:
                options["output"].write_text(report, encoding="utf-8")
        except StatisticsError as problem:
            raise CommandError(str(problem), returncode=2) from problem
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}.", returncode=2) from problem

    def _report(self, options: dict) -> str:
        data = trial_data(
            read_table(options["data"]),
            participant=options["id"],
            arm=options["arm"],
            time=options["time"],
            outcomes=options["outcomes"],
            covariates=options["covariates"],
            reference_arm=options["reference_arm"],
            reference_time=options["reference_time"],
        )
        published = None if options["replicate"] is None else read_table(options["replicate"])
        analysis = analyse(data)
        cells = None if published is None else compare_with_published(analysis, published)
        if options["format"] == "text":
            return analysis_text(analysis, cells)
        result = as_json(analysis) | ({} if cells is None else {"replication": replication_json(cells)})
        return json.dumps(result, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
