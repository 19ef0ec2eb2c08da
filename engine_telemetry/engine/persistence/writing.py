"""Writes many rows in one statement, on each database."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import mysql, postgresql, sqlite

from engine_telemetry.engine.persistence.prepared import Prepared


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; none is none."""
    if rows:
        _insert(table).change(connection, *rows)


@cache
def _insert(table: Table) -> Prepared:
    return Prepared(insert(table))


def put_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], changing: Sequence[str]) -> None:
    """Insert rows; of those that are there already, change these columns."""
    if rows:
        _put(connection.dialect.name, table, tuple(changing)).change(connection, *rows)


@cache
def _put(dialect: str, table: Table, changing: tuple[str, ...]) -> Prepared:
    if dialect in {"mysql", "mariadb"}:
        new = mysql.insert(table)
        return Prepared(new.on_duplicate_key_update({name: new.inserted[name] for name in changing}))
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    columns = {name: statement.excluded[name] for name in changing}
    return Prepared(statement.on_conflict_do_update(index_elements=[table.c.id], set_=columns))
