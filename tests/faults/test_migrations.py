"""A database of an earlier release: what is in it survives the migrations, on each kind of database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, insert, select

from engine_telemetry.database import Database
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence import history_tables, tables
from engine_telemetry.engine.persistence.schema import alembic_config, prepare_schema
from engine_telemetry.engine.persistence.variables import read_scopes, row_id, searched_text
from tests.faults.conftest import TestDatabase

FIRST_RELEASE = "0002"
TIME = datetime(2026, 11, 1, 10, 0, 0, 123456)  # noqa: DTZ001  as it lies in the column
INSTANCE = {"id": "i", "definition_id": "p:1:x", "business_key": "Grüße 🌍", "start_time": TIME, "state": "{}"}
WAITS = {"instance_id": "i", "created": TIME}
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("deployment", {"id": "d", "name": "Grüße 🌍", "deployment_time": TIME}),
    (
        "process_definition",
        {"id": "p:1:x", "key": "p", "version": 1, "deployment_id": "d", "resource_name": "p.bpmn"}
        | {"serializer_version": "1", "spec": "{}"},
    ),
    ("process_instance", INSTANCE | {"revision": 3, "serializer_version": "1"}),
    (
        "task",
        {"id": "t", **WAITS, "task_definition_key": "a", "assignee": "joe", "priority": 50}
        | {"candidate_users": "joe", "candidate_groups": "staff, 係, staff"},
    ),
    (
        "external_task",
        {"id": "e", **WAITS, "definition_id": "p:1:x", "definition_key": "p", "activity_id": "b"}
        | {"topic_name": "t", "priority": 0},
    ),
    *(
        ("variable", {"instance_id": "i", "name": name, "type": kind, "value": value, "value_info": "{}"})
        for name, kind, value in (
            ("n", "Integer", "7"),
            ("s", "String", '"Grüße 🌍"'),
            ("yes", "Boolean", "true"),
            ("at", "Date", '"2026-11-01T11:00:00+01:00"'),
            ("none", "Null", "null"),
        )
    ),
]


@pytest.fixture
def old(database: TestDatabase) -> Iterator[Database]:
    """A database of the first release, in the middle of its work."""
    made = Database(database.url)
    with made.change_schema() as connection:
        command.upgrade(alembic_config(connection), FIRST_RELEASE)
        for name, row in ROWS:
            connection.execute(insert(Table(f"engine_{name}", MetaData(), autoload_with=connection)).values(row))
    yield made
    made.dispose()


def migrate(old: Database) -> None:
    prepare_schema(old, update=True, source="a test")


def rows(connection: Connection, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(*(table.c[name] for name in columns)))]


def test_what_the_first_release_stored_is_there_after_the_migrations(old: Database) -> None:
    migrate(old)
    with old.read() as connection:
        instance = rows(connection, tables.process_instance, "id", "root_id", "super_instance_id", "suspended")
        assert instance == [("i", "i", None, False)]
        assert rows(connection, tables.task, "id", "assignee", "suspended", "due") == [("t", "joe", False, None)]
        assert rows(connection, tables.external_task, "id", "suspended", "retries") == [("e", False, None)]
        links = rows(connection, tables.identity_link, "task_id", "type", "user_id", "group_id")
        expected = {("t", "candidate", "joe", None), ("t", "candidate", None, "staff"), ("t", "candidate", None, "係")}
        assert (len(links), set(links)) == (3, expected)
        assert rows(connection, tables.process_definition, "suspended", "startable_in_tasklist") == [(False, True)]


def test_variables_get_a_scope_and_what_they_are_found_by(old: Database) -> None:
    migrate(old)
    at = datetime(2026, 11, 1, 10, tzinfo=UTC)
    with old.read() as connection:
        values = read_scopes(connection, "i")["i"]
        found = rows(connection, tables.variable, "id", "name", "text_value", "number_value")
    assert {name: value.value for name, value in values.items()} == {
        "n": 7,
        "s": "Grüße 🌍",
        "yes": True,
        "at": at,
        "none": None,
    }
    assert values["n"] == TypedValue("Integer", 7)
    assert sorted(found, key=lambda row: row[1]) == [
        (row_id("i", "at"), "at", searched_text(at), None),
        (row_id("i", "n"), "n", None, 7.0),
        (row_id("i", "none"), "none", None, None),
        (row_id("i", "s"), "s", "Grüße 🌍", None),
        (row_id("i", "yes"), "yes", "true", None),
    ]


def test_instances_that_run_are_in_the_history_with_where_they_wait(old: Database) -> None:
    migrate(old)
    at, history = TIME.replace(tzinfo=UTC), history_tables
    with old.read() as connection:
        instances = rows(connection, history.hi_process_instance, "id", "definition_key", "start_time", "state")
        assert instances == [("i", "p", at, "ACTIVE")]
        activities = rows(connection, history.hi_activity, "id", "activity_id", "activity_type", "end_time")
        assert set(activities) == {("t", "a", "userTask", None), ("e", "b", "serviceTask", None)}
        assert rows(connection, history.hi_task, "id", "assignee", "start_time") == [("t", "joe", at)]
        assert len(rows(connection, history.hi_variable, "id")) == 5


def test_the_migrated_tables_are_those_that_the_code_knows(old: Database) -> None:
    migrate(old)
    with old.begin() as connection:
        command.check(alembic_config(connection))  # raises if there is a difference


def test_a_migration_that_was_interrupted_goes_on(old: Database) -> None:
    migrate(old)
    with old.begin() as connection:
        command.stamp(alembic_config(connection), "0003")
    migrate(old)
    with old.read() as connection:
        assert len(rows(connection, tables.variable, "id")) == 5
        assert len(rows(connection, tables.identity_link, "id")) == 3
        assert len(rows(connection, history_tables.hi_activity, "id")) == 2
