"""The Celery application. Tasks live in each room's tasks.py and only call that room's services."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")

app = Celery("trial")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["trial.people", "trial.messages", "analysis"])
