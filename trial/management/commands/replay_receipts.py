"""After the database was set back to an older copy: allocate the same people to the same arms again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from trial.allocation.services import AllocationRefused, replay_receipts
from trial.protocol.models import Trial


class Command(BaseCommand):
    help = (
        "Do again what the receipts outside of the database tell and the database has lost, so that everybody gets the "
        "group they were given. Whatever does not fit is named, and then nothing is done for that trial."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--trial", metavar="SLUG", help="this trial only")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        trials = Trial.objects.filter(slug=options["trial"]) if options["trial"] else Trial.objects.all()
        if not trials:
            raise CommandError("There is no such trial here. Restore the database first.")
        refused = [sentence for trial in trials if (sentence := self._replay(trial, dry_run=options["dry_run"]))]
        if refused:
            raise CommandError("\n".join(refused))

    def _replay(self, trial: Trial, *, dry_run: bool) -> str:
        """The sentence of a refusal, or nothing."""
        with transaction.atomic():
            try:
                done = replay_receipts(trial=trial)
            except AllocationRefused as refusal:
                return f"{trial.slug}: nothing was replayed. {refusal}"
            transaction.set_rollback(dry_run)
        said = "would be replayed" if dry_run else "replayed"
        for each in done:
            self.stdout.write(f"{trial.slug}: {each.event} of {each.of[:12]} at {each.at} {said}.")
        if not done:
            self.stdout.write(f"{trial.slug}: the database lacks no receipt.")
        return ""
