"""Remove the second factor of somebody who lost the phone and the recovery codes."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from trial.people.models import User
from trial.people.services import record_account_event


class Command(BaseCommand):
    help = "Remove a person's second factor; at the next sign-in they set up a new one. Needs a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="stands in the audit trail")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {options['email']}. Check the address.")
        held = Authenticator.objects.filter(user=user)
        if options["dry_run"]:
            self.stdout.write(f"{held.count()} would be removed. Nothing was changed.")
            return
        with transaction.atomic():
            count = held.delete()[0]
            record_account_event(user, "removed", thing="second_factor", actor=None, reason=options["reason"])
        self.stdout.write(self.style.SUCCESS(f"{count} removed."))
