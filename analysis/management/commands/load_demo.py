"""Fill the demo and print how to sign in. Safe to run again: what is there stays."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analysis import demo_trial


class Command(BaseCommand):
    help = "Fill the demo with the model trial and print how to sign in. Works with EQUIPOISE_ENV=demo only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IN_DEMO:
            raise CommandError("The demo's people have a known password. It runs with EQUIPOISE_ENV=demo only.")
        try:
            demo_trial.load()
        except demo_trial.NotTheDemosDatabase as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Staff, each with the password {demo_trial.PASSWORD} and a second factor:")
        for login in demo_trial.logins():
            self.stdout.write(f"  {login.role:<26} {login.email:<28} secret {login.secret}  code now {login.code}")
        self.stdout.write(f"Codes change every 30 seconds; the current ones: {settings.SITE_URL}/demo/")
        self.stdout.write(f"A participant's personal link: {settings.SITE_URL}{demo_trial.participant_page()}")
