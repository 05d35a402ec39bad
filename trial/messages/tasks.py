from celery import shared_task
from django.db import transaction

from trial.messages import services


@shared_task
def send_due_mail() -> None:
    """Runs every minute, and at once when a page has asked for a mail; both find the same rows."""
    services.send_due_mail()


def send_soon() -> None:
    """Wake a worker after this commit. With the queue away it only logs: the next minute's run finds the row."""
    transaction.on_commit(send_due_mail.delay, robust=True)
