"""Print fresh secrets for an installation."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand
from django.core.management.utils import get_random_secret_key

from trial.allocation.sealing import new_key


class Command(BaseCommand):
    help = "Print a new SECRET_KEY, FIELD_KEYS and ALLOCATION_KEY, ready for an environment file. Stores nothing."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        secret = get_random_secret_key() + get_random_secret_key()
        self.stdout.write(f"SECRET_KEY='{secret.replace(chr(39), 'x')}'")
        self.stdout.write(f"FIELD_KEYS='{Fernet.generate_key().decode()}'")
        self.stdout.write(f"ALLOCATION_KEY='{new_key()}'")
