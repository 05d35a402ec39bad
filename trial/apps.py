from django.apps import AppConfig

from trial.celery import app as celery_app

__all__ = ["TrialConfig", "celery_app"]


class TrialConfig(AppConfig):
    """One app, many rooms; importing it connects shared tasks to the Celery application."""

    name = "trial"
