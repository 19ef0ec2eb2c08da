"""Tables: made and migrated by one process at a time, and refused when they may not be."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from engine_telemetry.database import Database
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.persistence.schema import REVISION, VERSION_TABLE, alembic_config, prepare_schema
from engine_telemetry.engine.persistence.tables import metadata
from engine_telemetry.exceptions import ConfigurationError

NewEngine = Callable[..., ProcessEngine]


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """Without any tables."""
    return empty_database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.dispose()


def test_the_migrations_make_the_tables_that_the_code_knows(new_engine: NewEngine, database: Database) -> None:
    new_engine().open()
    with database.begin() as connection:
        command.check(alembic_config(connection))  # raises if there is a difference; telemetry's tables are none
        assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == REVISION


def test_a_second_start_changes_nothing(database: Database) -> None:
    for _ in range(2):
        prepare_schema(database, update=True, source="a test")
    with database.read() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).all() == [(REVISION,)]  # noqa: S608


def test_tables_of_telemetry_and_of_a_host_are_left_alone(new_engine: NewEngine, database_url: str) -> None:
    host = create_engine(database_url)
    with host.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('the host''s')"))
        connection.execute(text("CREATE TABLE telemetry_other (id INTEGER)"))
    new_engine().open()
    with host.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "the host's"
        names = inspect(connection).get_table_names()
    host.dispose()
    assert {"alembic_version", "telemetry_other", "telemetry_state", *metadata.tables} <= set(names)


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_missing_tables_are_refused_when_they_may_not_be_made(new_engine: NewEngine, tmp_path: Path) -> None:
    engine = new_engine(database_schema_update=False)
    with pytest.raises(ConfigurationError) as caught:
        engine.repository_service.deployments()
    message = str(caught.value)
    assert "has no engine tables" in message
    assert "databaseSchemaUpdate is false (keyword)" in message
    assert str(tmp_path) in message
    new_engine().open()
    assert engine.repository_service.deployments() == []


def test_old_tables_are_refused_when_they_may_not_be_changed(new_engine: NewEngine, database: Database) -> None:
    new_engine().open()
    with database.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0000'"))  # noqa: S608
    with pytest.raises(ConfigurationError, match="has engine tables of revision '0000', this release needs"):
        new_engine(database_schema_update=False).open()


@pytest.mark.parametrize("update", [True, False])
def test_tables_of_a_later_release_are_refused(new_engine: NewEngine, database: Database, *, update: bool) -> None:
    new_engine().open()
    with database.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608
    with pytest.raises(ConfigurationError, match="revision '9999'"):
        new_engine(database_schema_update=update).open()


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_tables_that_are_rebuilt_keep_their_rows_and_indexes(database: Database) -> None:
    with database.begin() as connection:
        command.upgrade(alembic_config(connection), "0006")
        ids = "'i', 'i', 'd', 'k'"
        columns = "id, root_id, definition_id, definition_key, start_time, state"
        connection.execute(text(f"INSERT INTO engine_hi_process_instance ({columns}) VALUES ({ids}, '2026-01-01', '')"))  # noqa: S608
        columns = "id, instance_id, definition_id, definition_key, task_definition_key, priority, start_time"
        connection.execute(text(f"INSERT INTO engine_hi_task ({columns}) VALUES ({ids}, 'u', 50, '2026-01-01')"))  # noqa: S608
        indexes = inspect(connection).get_indexes("engine_hi_task")
    prepare_schema(database, update=True, source="a test")
    with database.begin() as connection:
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'engine_hi_task'")).scalar_one()
        assert made.endswith("WITHOUT ROWID")
        assert connection.execute(text("SELECT id, task_definition_key FROM engine_hi_task")).all() == [("i", "u")]
        names = {index["name"] for index in inspect(connection).get_indexes("engine_hi_task")}
        assert names == {index["name"] for index in indexes}
        connection.execute(text("DELETE FROM engine_hi_process_instance"))
        assert connection.execute(text("SELECT id FROM engine_hi_task")).all() == []


CHILD = """
import sys
from engine_telemetry.engine import ProcessEngine
sys.stdin.readline()
with ProcessEngine(database_url=sys.argv[1], telemetry_state_directory=sys.argv[2]) as engine:
    engine.repository_service.deploy({"a.txt": b"a"})
"""


@pytest.mark.full
def test_eight_processes_that_open_an_empty_database_at_once_all_work(
    new_engine: NewEngine, database_url: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-W", "error", "-c", CHILD, database_url, str(tmp_path / "state")]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    results = [(child.communicate(timeout=50)[1], child.returncode) for child in children]
    assert results == [("", 0)] * 8
    assert new_engine().repository_service.count_deployments() == 8
