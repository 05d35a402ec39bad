"""What the application's database role may do: everything the site needs, and nothing to the audit trail but add."""

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql


def append_only_tables() -> list[str]:
    """Every table whose model carries the trigger "append_only": the audit trail, change tracking, answers' history."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.managed and "append_only" in {trigger.name for trigger in getattr(model._meta, "triggers", [])}
    )


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
