"""Versions of what is deployed under a key: process definitions and decision definitions alike."""

from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, Connection, Table, func, select, true


def latest_versions(connection: Connection, table: Table, keys: Iterable[str]) -> dict[str, int]:
    """The latest version of each key that has one."""
    columns = table.c
    statement = select(columns.key, func.max(columns.version)).where(columns.key.in_(list(keys))).group_by(columns.key)
    return {row[0]: row[1] for row in connection.execute(statement)}


def is_latest(table: Table) -> Callable[[bool], ColumnElement[bool]]:
    """The criterion that a row has the latest version of its key."""

    def latest_only(wanted: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
        if not wanted:
            return true()
        newer = table.alias("newer")
        latest = select(func.max(newer.c.version)).where(newer.c.key == table.c.key).scalar_subquery()
        return table.c.version == latest

    return latest_only
