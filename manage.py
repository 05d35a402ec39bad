#!/usr/bin/env python
"""Django's command line. A person gets a sentence instead of a traceback for what can be put right outside."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")
    try:
        _ = settings.INSTALLED_APPS  # reads the settings now, so that a bad value is told before anything else
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"equipoise: {problem}")
    except OperationalError as problem:
        found = " ".join(str(problem).split())
        sys.exit(f"equipoise: the database did not answer ({found}). Check DATABASE_URL and that it is running.")


if __name__ == "__main__":
    main()
