"""What the application's database role may do: everything the site needs, and nothing to the audit trail but add."""

import pghistory.models
from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from trial.audit.models import AuditEntry


def append_only_tables() -> list[str]:
    """The audit trail, and every table that the triggers of change tracking write."""
    events = [model for model in apps.get_models() if issubclass(model, pghistory.models.Event) and model._meta.managed]
    return sorted({AuditEntry._meta.db_table, *(model._meta.db_table for model in events)})


def grant(owner: BaseDatabaseWrapper, role: str) -> None:
    """Give `role` its rights on every table of the schema, over the owner's connection. Idempotent."""
    name = sql.Identifier(role)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(name),
    ]
    for table in append_only_tables():
        statements.append(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name))
    with owner.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
