"""Writes many rows in one statement, on each database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import mysql, postgresql, sqlite


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; none is none."""
    if rows:
        connection.execute(insert(table), rows)


def put_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], changing: Sequence[str]) -> None:
    """Insert rows; of those that are there already, change these columns."""
    if not rows:
        return
    if connection.dialect.name in {"mysql", "mariadb"}:
        new = mysql.insert(table)
        connection.execute(new.on_duplicate_key_update({name: new.inserted[name] for name in changing}), rows)
        return
    own = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = own.insert(table)
    columns = {name: statement.excluded[name] for name in changing}
    connection.execute(statement.on_conflict_do_update(index_elements=[table.c.id], set_=columns), rows)
