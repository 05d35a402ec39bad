from celery import shared_task

from trial.messages.tasks import send_soon
from trial.safety import services


@shared_task
def look_after_cases() -> None:
    """Runs every minute: crossings without a case get one, cases that nobody took in time are told above."""
    written = services.open_cases(), services.escalate_late_cases()
    if any(written):
        send_soon()
