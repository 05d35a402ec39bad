"""What the application's database role may do: everything the site needs, and nothing to the audit trail but add.

pgtrigger and pghistory trust whoever is connected: a setting of the session switches their triggers off, and their
triggers write with that session's rights. Here both are taken from the application, after each `migrate`.
"""

import pghistory.models
import pghistory.trigger
import pgtrigger
from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from trial.audit.models import AuditEntry

# session_user is who has signed in: SET ROLE and SECURITY DEFINER do not change it.
IGNORING_IS_FOR_THE_OWNER = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN AS $$
BEGIN
    RETURN session_user = {owner}
        AND trigger_name = ANY(coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{{}}')::text[]);
END;
$$ LANGUAGE plpgsql
"""
DATABASE_SAYS_WHEN = """
CREATE OR REPLACE FUNCTION public.audit_stored_now() RETURNS TRIGGER AS $$
BEGIN
    NEW.stored_at := clock_timestamp();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE OR REPLACE TRIGGER audit_stored_now BEFORE INSERT ON {trail}
    FOR EACH ROW EXECUTE FUNCTION public.audit_stored_now()
"""


def event_tables() -> list[str]:
    """The tables that the triggers of change tracking write, and nobody else."""
    events = [model for model in apps.get_models() if issubclass(model, pghistory.models.Event) and model._meta.managed]
    return sorted({model._meta.db_table for model in events})


def append_only_tables() -> list[str]:
    """Every table with the trigger `append_only`: the trail, change tracking, consents, withdrawals."""
    kept = [model for model, trigger in pgtrigger.registered() if trigger.name == "append_only"]
    return sorted({model._meta.db_table for model in kept})


def tracking_functions() -> list[str]:
    """The functions of the triggers that write the event tables; pgtrigger names them like the triggers."""
    tracking = [pair for pair in pgtrigger.registered() if isinstance(pair[1], pghistory.trigger.Event)]
    return sorted(trigger.get_pgid(model) for model, trigger in tracking)


def grant(owner: BaseDatabaseWrapper, role: str) -> None:
    """Give `role` its rights on every table of the schema, over the owner's connection. All or nothing; idempotent."""
    with transaction.atomic(using=owner.alias), owner.cursor() as cursor:
        cursor.execute("SELECT session_user")
        for statement in [*_protection(cursor.fetchone()[0]), *_rights(sql.Identifier(role))]:
            cursor.execute(statement)


def _protection(owner: str) -> list[sql.Composable]:
    """Statements after which a session's settings bend no trigger, and tracking writes with the owner's rights."""
    statements: list[sql.Composable] = [
        sql.SQL(IGNORING_IS_FOR_THE_OWNER).format(owner=sql.Literal(owner)),
        sql.SQL(DATABASE_SAYS_WHEN).format(trail=sql.Identifier(AuditEntry._meta.db_table)),
    ]
    for name in map(sql.Identifier, tracking_functions()):
        statements += [
            sql.SQL("ALTER FUNCTION public.{}() SECURITY DEFINER SET search_path = public, pg_temp").format(name),
            sql.SQL("REVOKE EXECUTE ON FUNCTION public.{}() FROM PUBLIC").format(name),
        ]
    return statements


def _rights(role: sql.Identifier) -> list[sql.Composable]:
    statements: list[sql.Composable] = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(role),
    ]
    for table in append_only_tables():
        statements.append(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), role))
    for table in event_tables():
        statements.append(sql.SQL("REVOKE INSERT ON {} FROM {}").format(sql.Identifier(table), role))
    return statements
