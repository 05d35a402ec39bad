"""Allocate the next person of a trial from the shell, while its pages cannot be reached."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trial.allocation import services
from trial.audit.services import Refused
from trial.people.models import Membership, Role
from trial.protocol.models import Trial


class Command(BaseCommand):
    help = "Give the person whose turn it is the next place of the sealed list. It says that it is done, and no group."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trial", help="the trial's slug")
        parser.add_argument("code", help="the participant's code, as P-003")
        parser.add_argument("--by", metavar="EMAIL", required=True, help="the recruiting coordinator who asks for it")

    def handle(self, *args: Any, **options: Any) -> None:
        trial = Trial.objects.filter(slug=options["trial"]).first()
        participant = trial.participants.filter(code=options["code"]).first() if trial else None
        if trial is None or participant is None:
            raise CommandError(f"There is no participant {options['code']} in a trial {options['trial']}.")
        recruiters = Membership.objects.current().filter(trial=trial, role=Role.RECRUITER)
        asking = recruiters.filter(user__email=options["by"].lower()).select_related("user").first()
        if asking is None:
            raise CommandError(f"{options['by']} is no recruiting coordinator of {trial.slug}. Nobody was allocated.")
        try:
            services.allocate_next(trial=trial, participant=participant, actor=asking.user)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(self.style.SUCCESS(f"{participant.code} has a place and is told by mail."))
