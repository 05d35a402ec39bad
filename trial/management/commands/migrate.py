"""`migrate` as the database's owner, who alone may change its shape; then the application gets its rights."""

from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections

from trial.audit.grants import grant
from trial.cache import create_table


class Command(MigrateCommand):
    help = "Update the database's shape as its owner (DATABASE_OWNER_URL) and grant the application its rights."

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] == "default" and "owner" in settings.DATABASES:
            options["database"] = "owner"
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"]:
            return
        database = options["database"]
        create_table(connections[database])
        application = settings.DATABASES["default"].get("USER")
        if database == "owner" and application:
            grant(connections["owner"], application)
