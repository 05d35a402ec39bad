"""Backups of the test database as an operator makes and restores them: PostgreSQL's own programs, docs/operators.md."""

import os
import subprocess
from pathlib import Path

from django.core.management import call_command
from django.db import connection, connections


def dumped(*options: str) -> bytes:
    """The whole database, in pg_dump's own form unless told otherwise."""
    return run("pg_dump", *(options or ("--format", "custom")), database_name())


def set_back(dump: bytes) -> None:
    """Throw the database away and make it anew from a dump; whoever is connected is thrown out."""
    name, owner = database_name(), connections["owner"].settings_dict["USER"]
    application = connection.settings_dict["USER"]
    programs = folder_of_programs()
    with connection.cursor() as cursor:  # the owner may not throw out whom the application has left behind
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
    connections.close_all()
    run("dropdb", "--force", name, programs=programs)
    run("createdb", "--owner", owner, name, programs=programs)
    for statement in (
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {application}",
    ):
        run("psql", "--dbname", "postgres", "--command", statement, programs=programs)
    run("pg_restore", "--dbname", name, "--exit-on-error", programs=programs, given=dump)
    call_command("migrate", verbosity=0)


def database_name() -> str:
    return connection.settings_dict["NAME"]


def folder_of_programs() -> Path:
    """Those of the server that runs, so that their version fits: where the program of our own backend is."""
    connection.ensure_connection()
    program = Path(f"/proc/{connection.connection.info.backend_pid}/exe").resolve()
    assert program.name == "postgres", "PostgreSQL runs on another machine"
    return program.parent


def run(program: str, *arguments: str, programs: Path | None = None, given: bytes | None = None) -> bytes:
    """As the owner of the tables, who may make databases here."""
    owner = connections["owner"].settings_dict
    environment = {"PGHOST": owner["HOST"], "PGPORT": str(owner["PORT"]), "PGUSER": owner["USER"]}
    done = subprocess.run(
        [(programs or folder_of_programs()) / program, *arguments],
        input=given,
        env={**os.environ, **environment, "PGPASSWORD": owner["PASSWORD"]},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
