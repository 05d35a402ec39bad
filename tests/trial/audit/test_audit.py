"""The trail holds against the application's own database role, by raw SQL, and says who did what."""

from datetime import UTC, datetime

import pghistory
import pytest
from django.db import DatabaseError, connection, connections, transaction

from questionnaires import clock
from trial.audit.grants import append_only_tables
from trial.audit.models import AuditEntry
from trial.audit.services import record
from trial.people.models import Membership, Role, User
from trial.people.services import add_member
from trial.protocol.models import ProtocolVersion


def refused(statement: str) -> bool:
    """Whether the database refuses `statement` from the application."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False


def test_entry_says_who_what_why_and_when(trial, pi):
    with clock.fixed(datetime(2026, 10, 5, 12, tzinfo=UTC)):
        entry = record("protocol.draft_saved", trial=trial, actor=pi, reason="a slip", number=2)
    entry.refresh_from_db()

    assert (entry.actor, entry.actor_kind, entry.reason, entry.data) == (pi, "staff", "a slip", {"number": 2})
    assert entry.happened_at == datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert entry.stored_at != entry.happened_at


def test_entry_by_participant_and_by_program_differ(trial, participant):
    by_participant = record("session.opened", trial=trial, participant=participant, by_participant=True)
    by_program = record("link.issued", trial=trial, participant=participant)

    assert (by_participant.actor_kind, by_program.actor_kind) == ("participant", "system")


@pytest.mark.parametrize("verb", ["UPDATE {} SET {}={}", "DELETE FROM {}", "TRUNCATE {} CASCADE", "DROP TABLE {}"])
def test_application_role_can_only_add_to_the_trail(trial, verb):
    tables = append_only_tables()
    columns = {table: "pgh_id" if table.endswith("event") else "id" for table in tables}

    allowed = [table for table in tables if not refused(verb.format(table, columns[table], columns[table]))]

    assert allowed == []
    assert set(tables) == {
        "analysis_reportfile",
        "questionnaires_answerchange",
        "questionnaires_crossing",
        "questionnaires_wordingpack",
        "trial_adoptedpack",
        "trial_allocationlist",
        "trial_attendancenote",
        "trial_auditentry",
        "trial_consent",
        "trial_contactattempt",
        "trial_criterionjudgement",
        "trial_crossover",
        "trial_mailtext",
        "trial_membershipevent",
        "trial_participantevent",
        "trial_sealedslot",
        "trial_sociodemographicanswers",
        "trial_storedreceipt",
        "trial_trialevent",
        "trial_userevent",
        "trial_withdrawal",
        "trial_wordingsignature",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE trial_auditentry DISABLE TRIGGER ALL",
        "CREATE TABLE loot (id int)",
        "UPDATE django_migrations SET name = ''",
        "SET session_replication_role = replica",
        "ALTER TABLE trial_auditentry OWNER TO CURRENT_USER",
    ],
)
def test_application_role_cannot_bend_the_database(db, statement):
    assert refused(statement)


def test_trigger_refuses_even_the_owner(committed_db):
    record("trial.created", trial=None)
    with connections["owner"].cursor() as cursor, pytest.raises(DatabaseError, match="append_only"):
        cursor.execute("UPDATE trial_auditentry SET reason = 'tidied'")


def test_protocol_in_force_never_changes(trial):
    version = ProtocolVersion.objects.get(trial=trial)

    assert refused(f"UPDATE trial_protocolversion SET source = '' WHERE id = {version.pk}")
    assert refused(f"DELETE FROM trial_protocolversion WHERE id = {version.pk}")


def test_change_by_raw_sql_is_recorded(trial, pi):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE trial_user SET name = 'Somebody else' WHERE id = %s", [pi.pk])

    labels = list(User.pgh_event_model.objects.filter(pgh_obj_id=pi.pk).values_list("pgh_label", "name"))
    assert labels == [("insert", "The pi"), ("update", "Somebody else")]


def test_change_says_who_made_it_and_names_nobody(trial, pi, as_staff):
    as_staff(pi).post(f"/t/{trial.slug}/team/", {"email": "new@example.org", "name": "New", "role": "monitor"})

    event = Membership.pgh_event_model.objects.get(role=Role.MONITOR)
    assert event.pgh_context["user"] == pi.pk
    assert set(event.pgh_context) == {"user"}


def test_history_never_holds_a_password_or_an_address():
    tracked = {model.__name__: {field.name for field in model._meta.get_fields()} for model in pghistory_models()}

    assert set(tracked) == {"MembershipEvent", "ParticipantEvent", "TrialEvent", "UserEvent"}
    assert {"password", "last_login"} & tracked["UserEvent"] == set()


def pghistory_models() -> list[type]:
    return [model for model in pghistory.models.Event.__subclasses__() if model._meta.app_label == "trial"]


def test_entry_is_lost_with_its_transaction(trial, pi):
    before = AuditEntry.objects.count()
    with transaction.atomic():
        add_member(trial=trial, email="x@example.org", name="X", role=Role.MONITOR, actor=pi)
        transaction.set_rollback(True)

    assert AuditEntry.objects.count() == before
