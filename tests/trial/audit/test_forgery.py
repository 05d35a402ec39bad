"""Whoever holds the application's database role can neither switch a trigger off nor write what triggers write."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction

from trial.audit.grants import event_tables, tracking_functions
from trial.audit.services import record
from trial.people.models import Membership, Role, User

EVERY_TRIGGER = "SELECT set_config('pgtrigger.ignore', (SELECT array_agg(tgname)::text FROM pg_trigger), true)"
STATE = """
SELECT proname, prosecdef, proconfig, prosrc, proacl::text FROM pg_proc
WHERE pronamespace = 'public'::regnamespace ORDER BY proname
"""
RIGHTS = """
SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.table_privileges
WHERE grantee = 'equipoise_app' GROUP BY table_name ORDER BY table_name
"""


def rows(statement: str, *values: object, using=connection) -> list[tuple]:
    with using.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def refusal(*statements: str) -> str:
    """The first line of what the database says to the application, or nothing when it obeys."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except DatabaseError as problem:
        return str(problem).splitlines()[0]
    return ""


@pytest.mark.parametrize(
    "statement", ["UPDATE trial_protocolversion SET source = ''", "DELETE FROM trial_protocolversion"]
)
def test_protocol_in_force_stays_although_the_session_ignores_every_trigger(trial, statement):
    said = refusal(EVERY_TRIGGER, statement)

    assert said == "pgtrigger: Cannot update or delete rows from trial_protocolversion table"


def test_changes_are_recorded_although_the_session_ignores_every_trigger(trial, pi):
    with connection.cursor() as cursor:
        cursor.execute(EVERY_TRIGGER)
        cursor.execute("UPDATE trial_membership SET role = 'monitor' WHERE user_id = %s", [pi.pk])
        with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
            cursor.execute("DELETE FROM trial_membership WHERE user_id = %s", [pi.pk])

    events = Membership.pgh_event_model.objects.order_by("pgh_id").values_list("pgh_label", "role")
    assert list(events) == [("insert", "pi"), ("update", "monitor")]


def test_owner_alone_may_ignore_a_trigger(committed_db):
    record("trial.created", trial=None)
    with transaction.atomic(using="owner"):
        rows(EVERY_TRIGGER, using=connections["owner"])
        changed = rows("UPDATE trial_auditentry SET reason = 'mended' RETURNING reason", using=connections["owner"])

    assert changed == [("mended",)]


def test_event_of_four_tables_cannot_be_forged(db):
    said = [refusal(f"INSERT INTO {table} DEFAULT VALUES") for table in event_tables()]

    assert said == [
        "permission denied for table trial_membershipevent",
        "permission denied for table trial_participantevent",
        "permission denied for table trial_trialevent",
        "permission denied for table trial_userevent",
    ]


def test_entry_is_stored_when_the_database_says(trial):
    entry = record("trial.created", trial=trial)
    columns = "action, actor_kind, actor_roles, reason, data, happened_at"
    forged = f"""INSERT INTO trial_auditentry ({columns}, stored_at)
        SELECT {columns}, '2020-01-01' FROM trial_auditentry WHERE id = %s RETURNING stored_at"""

    ((stored_at,),) = rows(forged, entry.pk)

    assert timedelta(0) <= datetime.now(UTC) - stored_at < timedelta(seconds=10)


def test_tracking_writes_with_the_owners_rights_and_keeps_the_context(trial, pi, as_staff):
    as_staff(pi).post(f"/t/{trial.slug}/team/", {"email": "new@example.org", "name": "New", "role": "monitor"})

    event = Membership.pgh_event_model.objects.get(role=Role.MONITOR)
    assert event.pgh_context == {"user": pi.pk}
    assert User.pgh_event_model.objects.filter(email="new@example.org").values_list("pgh_label").first() == ("insert",)


def test_twelve_tracking_functions_are_nobodys_to_use_and_find_no_planted_table(db):
    state = {name: (definer, config, acl) for name, definer, config, _, acl in rows(STATE)}

    functions = tracking_functions()

    assert len(functions) == 12
    assert {(state[name][0], *state[name][1]) for name in functions} == {(True, "search_path=public, pg_temp")}
    assert {state[name][2] for name in functions} == {"{equipoise_owner=X/equipoise_owner}"}


def test_migrating_again_changes_no_function_and_no_right(committed_db):
    owner = connections["owner"]
    before = rows(STATE, using=owner), rows(RIGHTS, using=owner)

    call_command("migrate", verbosity=0)

    assert (rows(STATE, using=owner), rows(RIGHTS, using=owner)) == before
    assert dict(before[1])["trial_auditentry"] == "INSERT SELECT"
    assert {dict(before[1])[table] for table in event_tables()} == {"SELECT"}
