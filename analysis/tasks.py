from celery import shared_task
from django.db import transaction

from analysis import services
from analysis.models import Report


@shared_task
def compute_report(report_pk: int) -> None:
    """Carries the row's id alone: what it may compute stands in the row and in the trial."""
    services.compute_report(report_pk)


@shared_task
def compute_due_reports() -> None:
    """Runs every minute: what was asked for while the queue was away, and what a killed worker left."""
    for report_pk in services.due_reports():
        compute_report.apply_async([report_pk], expires=60)


def compute_soon(report: Report) -> None:
    """Wake a worker after this commit. With the queue away it only logs: the next minute's run finds the row."""
    transaction.on_commit(lambda: compute_report.delay(report.pk), robust=True)
