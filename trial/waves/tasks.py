from celery import shared_task

from trial.messages.tasks import send_soon
from trial.waves import services


@shared_task
def ask_for_due_mails() -> None:
    """Runs every minute: what is due and not in the outbox yet goes in, and is sent at once."""
    if services.ask_for_due_mails():
        send_soon()
