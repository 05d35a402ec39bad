from importlib import import_module

from celery import shared_task

from analysis import services


@shared_task
def compute_report(report_pk: int) -> None:
    """Carries the row's id alone: what it may compute stands in the row and in the trial.

    The statistics are loaded with the first report, and not by the clock of recurring work and an idle worker.
    """
    import_module("analysis.computing").compute_report(report_pk)


@shared_task
def compute_due_reports() -> None:
    """Runs every minute: what was asked for while the queue was away, and what a killed worker left."""
    for report_pk in services.due_reports():
        compute_report.apply_async([report_pk], expires=60)
