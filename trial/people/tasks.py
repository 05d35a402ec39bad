from celery import shared_task
from django.core.management import call_command

from trial.cache import remove_expired
from trial.people import services


@shared_task
def remove_ended_sessions() -> None:
    services.remove_ended_sessions()
    call_command("clearsessions")
    remove_expired()
