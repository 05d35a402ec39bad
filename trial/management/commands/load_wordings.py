"""Load a wording pack from the shell: into the site's store, and for a trial also into its use."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from questionnaires.wordings import services as wordings
from questionnaires.wordings.difference import Difference
from questionnaires.wordings.models import WordingPack
from questionnaires.wordings.pack import PackInvalid
from trial.protocol.models import Trial
from trial.protocol.wordings import services as of_trials


class Command(BaseCommand):
    help = "Check a wording pack and store it. Every mistake is listed; then nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the pack, a CSV or XLSX file")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--trial", metavar="SLUG", help="store it, and have this trial use it from now on")
        where.add_argument("--site", action="store_true", help="store it only; a trial takes it up on its own page")
        parser.add_argument("--dry-run", action="store_true", help="check it and show what would change")
        parser.add_argument("--reason", default="", help="why, for a trial that is running")

    def handle(self, *args: Any, **options: Any) -> None:
        file, trial = options["file"], self._trial(options["trial"])
        try:
            data = file.read_bytes()
            if options["dry_run"]:
                self._show(wordings.what_changes(wordings.check_pack(data), of_trials.packs_of(trial) if trial else []))
                return
            with transaction.atomic():
                pack = self._store(trial, data, file.name, options["reason"])
        except OSError as problem:
            raise CommandError(f"{file} cannot be read ({problem.strerror}). Give the path of a file.") from problem
        except PackInvalid as invalid:
            listed = "\n".join(f"  {mistake}" for mistake in invalid.mistakes)
            raise CommandError(f"{file} was not stored:\n{listed}") from invalid
        except of_trials.WordingRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        used = f" and used in {trial.slug} from now on" if trial else ""
        self.stdout.write(self.style.SUCCESS(f"Pack {pack.number} is stored{used} (SHA-256 {pack.sha256})."))

    def _trial(self, slug: str | None) -> Trial | None:
        found = Trial.objects.filter(slug=slug).first() if slug else None
        if slug and found is None:
            known = ", ".join(Trial.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no trial {slug!r}; there are {known}.")
        return found

    def _store(self, trial: Trial | None, data: bytes, file_name: str, reason: str) -> WordingPack:
        if trial is None:
            return wordings.load_pack(data=data, file_name=file_name)
        pack = of_trials.load_pack_in(trial=trial, data=data, file_name=file_name, actor=None)
        of_trials.adopt_pack(trial=trial, pack=pack, actor=None, reason=reason)
        return pack

    def _show(self, differences: list[Difference]) -> None:
        for each in differences:
            changed, same = len(each.changes), each.same
            self.stdout.write(
                f"{each.instrument.slug} in {each.language}, beside {each.before}: {changed} change, {same} stay"
            )
            for change in each.changes:
                self.stdout.write(f"  {change.key}\n    - {change.before}\n    + {change.after}")
        self.stdout.write(self.style.SUCCESS("No mistake found. Nothing was stored."))
