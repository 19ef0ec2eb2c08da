"""Rows of variables, by scope: an instance has one, and so have its tasks, sub processes and loops.

The id of a row is made of its scope and its name, so that nothing must be read before it is changed.
"""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Connection, bindparam, delete, select, update

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence.history_tables import hi_variable
from engine_telemetry.engine.persistence.owner import Owner
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import variable
from engine_telemetry.engine.persistence.writing import put_rows
from engine_telemetry.engine.scopes import Changes
from engine_telemetry.engine.variables import decode, encode

MAX_SEARCHED_LENGTH = 255

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL has no NUL in a text; a lone surrogate is no character

_CONTENT = ("type", "value", "value_info", "text_value", "number_value")


Scopes = dict[str, dict[str, TypedValue]]
"""Variables by scope and name."""


def read_scopes(connection: Connection, instance_id: str) -> Scopes:
    """All variables of an instance."""
    return _by_scope(_OF_INSTANCE.fetch(connection, {"wanted_id": instance_id}))


def read_all_scopes(connection: Connection, instance_ids: Iterable[str]) -> dict[str, Scopes]:
    """All variables of several instances."""
    found: dict[str, list[Any]] = {instance_id: [] for instance_id in instance_ids}
    if len(found) == 1:
        return {instance_id: read_scopes(connection, instance_id) for instance_id in found}
    for row in connection.execute(_OF_INSTANCES, {"ids": list(found)}):
        found[row.instance_id].append(row)
    return {instance_id: _by_scope(rows) for instance_id, rows in found.items()}


def _by_scope(rows: Iterable[Any]) -> Scopes:
    scopes: Scopes = {}
    for row in rows:
        scopes.setdefault(row.scope_id, {})[row.name] = decode(row.type, row.value, row.value_info)
    return scopes


_READ = select(*(variable.c[name] for name in ("instance_id", "scope_id", "name", "type", "value", "value_info")))
_OF_INSTANCE = Prepared(_READ.where(variable.c.instance_id == bindparam("wanted_id")))
_OF_INSTANCES = _READ.where(variable.c.instance_id.in_(bindparam("ids", expanding=True)))


def read_variables(
    connection: Connection, scope_ids: Iterable[str], names: Collection[str] | None = None
) -> dict[str, dict[str, TypedValue]]:
    """The variables of each scope by name; those of these names only, if any are given."""
    ids = list(scope_ids)
    statement = select(variable).where(variable.c.scope_id.in_(ids)).order_by(variable.c.name)
    if names is not None:
        statement = statement.where(variable.c.name.in_(list(names)))
    found: dict[str, dict[str, TypedValue]] = {scope_id: {} for scope_id in ids}
    for row in connection.execute(statement):
        found[row.scope_id][row.name] = decode(row.type, row.value, row.value_info)
    return found


def write_changes(
    connection: Connection, owner: Owner, changes: Changes, now: datetime, *, running: bool = True
) -> None:
    """Write changes, in the history too; only there, if the instance is over already."""
    rows = [_row(scope_id, name, value) for (scope_id, name), value in (changes.inserted | changes.updated).items()]
    if running:
        put_rows(connection, variable, [row | {"instance_id": owner.instance_id} for row in rows], _CONTENT)
        _delete(connection, changes.deleted)
    in_history = owner.in_history | {"created": now, "deleted": False}
    put_rows(connection, hi_variable, [row | in_history for row in rows], (*_CONTENT, "deleted"))
    # what went with its scope is no deletion in the history
    if removed := [row_id(scope_id, name) for scope_id, name in changes.deleted if scope_id == owner.instance_id]:
        connection.execute(update(hi_variable).where(hi_variable.c.id.in_(removed)).values(deleted=True))


def _delete(connection: Connection, deleted: Collection[tuple[str, str]]) -> None:
    if deleted:
        ids = [row_id(scope_id, name) for scope_id, name in deleted]
        connection.execute(delete(variable).where(variable.c.id.in_(ids)))


def row_id(scope_id: str, name: str) -> str:
    """The id of the row of a variable: a UUID of version 8 (RFC 9562), with the time of its scope's."""
    if scope_id[14:15] != "7":  # of an instance that is older than ids in the order of time
        return str(uuid5(NAMESPACE_OID, f"{scope_id}/{name}"))
    digest = sha1(f"{scope_id}/{name}".encode(), usedforsecurity=False).hexdigest()
    return f"{scope_id[:14]}8{digest[:3]}-8{digest[3:6]}-{digest[6:18]}"


def _row(scope_id: str, name: str, value: TypedValue) -> dict[str, Any]:
    return {
        "id": row_id(scope_id, name),
        "scope_id": scope_id,
        "name": name,
        "text_value": searched_text(value.value),
        "number_value": searched_number(value.value),
        **encode(value),
    }


def searched_text(value: object) -> str | None:
    """The text by which a value that is no number can be found."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case str() if len(value) <= MAX_SEARCHED_LENGTH and _is_storable(value):
            return value
    return None


def _is_storable(text: str) -> bool:
    """Whether a column can hold it as it is; the value itself is stored as JSON, which escapes the rest."""
    return _UNSTORABLE.search(text) is None


def searched_number(value: object) -> float | None:
    """The number by which a value can be found."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
