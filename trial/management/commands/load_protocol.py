"""Load a protocol file from the shell: a new trial in draft, or a draft for a trial that exists."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from trial.messages.services import invite_member
from trial.people.models import Role
from trial.protocol import services
from trial.protocol.mistakes import ProtocolInvalid
from trial.protocol.models import Trial


class Command(BaseCommand):
    help = "Check a protocol file and store it as a draft. Every mistake is listed; then nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the protocol, a TOML file")
        parser.add_argument("--dry-run", action="store_true", help="check only")
        parser.add_argument("--reason", default="", help="why, for a trial whose protocol is in force")
        parser.add_argument("--pi", metavar="EMAIL", help="the principal investigator, who gets a mail to sign in")
        parser.add_argument("--pi-name", metavar="NAME", default="", help="and how to address them")

    def handle(self, *args: Any, **options: Any) -> None:
        source = self._read(options["file"])
        try:
            protocol = services.check(source)
            if options["dry_run"]:
                self.stdout.write(self.style.SUCCESS(f"{options['file']}: no mistake found. Nothing was stored."))
                return
            with transaction.atomic():
                trial = self._store(protocol.slug, source, options)
        except ProtocolInvalid as invalid:
            listed = "\n".join(f"  {mistake}" for mistake in invalid.mistakes)
            raise CommandError(f"{options['file']} was not stored:\n{listed}") from invalid
        except services.ProtocolRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        draft = trial.draft()
        self.stdout.write(self.style.SUCCESS(f"{trial.slug}: draft {draft.number if draft else ''} is stored."))

    def _read(self, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except OSError as problem:
            raise CommandError(
                f"{file} cannot be read ({problem.strerror}). Give the path of a TOML file."
            ) from problem

    def _store(self, slug: str, source: bytes, options: dict[str, Any]) -> Trial:
        trial = Trial.objects.filter(slug=slug).first()
        if trial:
            services.save_draft(trial=trial, source=source, actor=None, reason=options["reason"])
        else:
            trial = services.create_trial(source=source)
        if options["pi"]:
            name = options["pi_name"] or options["pi"]
            invite_member(trial=trial, email=options["pi"], name=name, role=Role.PI, actor=None)
        return trial
