"""Writes many rows in one statement, on each database."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, insert
from sqlalchemy.dialects import mysql, postgresql, sqlite


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; none is none."""
    if rows:
        connection.execute(insert(table), rows)


def put_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], changing: Sequence[str]) -> None:
    """Insert rows; of those that are there already, change these columns."""
    if not rows:
        return
    connection.execute(_put(connection.dialect.name, table, tuple(changing)), rows)


@cache
def _put(dialect: str, table: Table, changing: tuple[str, ...]) -> Insert:
    """Made once: to build it takes longer than to execute it."""
    if dialect in {"mysql", "mariadb"}:
        new = mysql.insert(table)
        return new.on_duplicate_key_update({name: new.inserted[name] for name in changing})
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    columns = {name: statement.excluded[name] for name in changing}
    return statement.on_conflict_do_update(index_elements=[table.c.id], set_=columns)
