"""The Celery application. Tasks live in each room's tasks.py and only call that room's services."""

import logging
import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")

logging.captureWarnings(True)  # Celery warns before it asks how to log
app = Celery("trial")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["trial.people", "trial.messages", "trial.waves", "trial.allocation", "trial.safety", "analysis"]
)


@setup_logging.connect
def log_as_everywhere(**_: Any) -> None:
    """With a receiver Celery sets up no format and no level of its own."""
    dictConfig(settings.LOGGING)
