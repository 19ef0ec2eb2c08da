"""Versions of what is deployed under a key: process definitions and decision definitions alike."""

from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, Connection, String, Table, cast, func, select, true

from engine_telemetry.engine.persistence.tables import process_definition


def latest_versions(connection: Connection, table: Table, keys: Iterable[str]) -> dict[str, int]:
    """The latest version of each key that has one."""
    columns = table.c
    statement = select(columns.key, func.max(columns.version)).where(columns.key.in_(list(keys))).group_by(columns.key)
    return {row[0]: row[1] for row in connection.execute(statement)}


def fits_binding(
    table: Table, key: str, binding: str, value: str | None, caller_definition_id: str | None
) -> ColumnElement[bool]:
    """The condition that a definition is one that a process means; of several, it means the latest version.

    Args:
        table: Of the definitions.
        key: Theirs.
        binding: ``latest``, ``deployment`` (that of the caller's definition), ``version`` or ``versionTag``.
        value: The version or the tag.
        caller_definition_id: The process definition of the instance that asks.
    """
    fits = table.c.key == key
    match binding:
        case "deployment":
            caller = process_definition.alias("caller")
            same = select(caller.c.deployment_id).where(caller.c.id == caller_definition_id)
            fits &= table.c.deployment_id == same.scalar_subquery()
        case "version":
            fits &= cast(table.c.version, String) == value
        case "versionTag":
            fits &= table.c.version_tag == value
    return fits


def is_latest(table: Table) -> Callable[[bool], ColumnElement[bool]]:
    """The criterion that a row has the latest version of its key."""

    def latest_only(wanted: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
        if not wanted:
            return true()
        newer = table.alias("newer")
        latest = select(func.max(newer.c.version)).where(newer.c.key == table.c.key).scalar_subquery()
        return table.c.version == latest

    return latest_only
