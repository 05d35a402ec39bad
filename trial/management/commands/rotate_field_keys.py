"""Encrypt everything anew under the first of FIELD_KEYS, so that an older key can be taken away."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from trial.enrolment.models import ConsentSignature
from trial.people.encryption import blind_index, decrypt, encrypt
from trial.people.models import ContactDetails

# Where the library keeps what its adapter encrypted.
ENCRYPTED_KEYS = ("secret", "seed")


class Command(BaseCommand):
    help = "Re-encrypt contact details, signatures and second-factor secrets under the first key of FIELD_KEYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="decrypt everything, store nothing")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        contacts = ContactDetails.objects.select_for_update()
        for contact in contacts:
            contact.email_index = blind_index(contact.email)
            if not options["dry_run"]:
                contact.save(update_fields=["name", "email", "phone", "email_index"])
        signatures = ConsentSignature.objects.select_for_update()
        for signature in signatures:
            if not options["dry_run"]:
                signature.save(update_fields=["name"])
        authenticators = Authenticator.objects.select_for_update()
        for authenticator in authenticators:
            renewed = {
                key: encrypt(decrypt(value)) if key in ENCRYPTED_KEYS else value
                for key, value in authenticator.data.items()
            }
            if not options["dry_run"]:
                authenticator.data = renewed
                authenticator.save(update_fields=["data"])
        said = "would be encrypted anew" if options["dry_run"] else "encrypted anew"
        self.stdout.write(
            self.style.SUCCESS(
                f"{len(contacts)} contact details, {len(signatures)} signatures, "
                f"{len(authenticators)} authenticators {said}."
            )
        )
