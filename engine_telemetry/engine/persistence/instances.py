"""Rows of process instances."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import process_instance
from engine_telemetry.engine.persistence.writing import insert_rows
from engine_telemetry.exceptions import OptimisticLockingException


@dataclass(frozen=True)
class InstanceRow:
    """A process instance as it is stored.

    Attributes:
        state: Its execution as text.
        revision: How often it was changed.
        root_id: The instance at the top of those that called one another; its own id, if no other called it.
        super_instance_id: The instance that called it.
        super_wait_id: The wait state of the call there.
    """

    id: str
    definition_id: str
    business_key: str | None
    revision: int
    serializer_version: str
    state: str
    root_id: str
    super_instance_id: str | None = None
    super_wait_id: str | None = None
    suspended: bool = False


@dataclass(frozen=True)
class Member:
    """A row that belongs to an instance, in a table with the column ``instance_id``."""

    table: Table
    id: str


def insert_instance(connection: Connection, row: InstanceRow, start_time: datetime) -> None:
    """Store a new instance."""
    insert_rows(connection, process_instance, [{"start_time": start_time, **vars(row)}])


def lock_instance(connection: Connection, wanted: str | Member) -> InstanceRow | None:
    """The instance with this id, or that a row belongs to, locked until the end of the transaction.

    The root of the instances that called one another is locked first, so that no two transactions wait for each other.
    For an instance that no other called, which most are, it is one statement.
    """
    table, wanted_id = (process_instance, wanted) if isinstance(wanted, str) else (wanted.table, wanted.id)
    key, (root, its_root, any_one) = {"wanted_id": wanted_id}, _locking(table)
    row = root.fetch_one(connection, key)
    if row is None:
        member = its_root.fetch_one(connection, key)
        if member is None:
            return None
        _LOCK_ROOT.fetch_one(connection, {"row_id": member.root_id})
        row = any_one.fetch_one(connection, key)
    return None if row is None else InstanceRow(*row)


@cache
def _locking(table: Table) -> tuple[Prepared, Prepared, Prepared]:
    """Locks an instance that is a root; finds its root; locks it."""
    member = table.c.id == bindparam("wanted_id")
    if table is not process_instance:
        member = process_instance.c.id == select(table.c.instance_id).where(member).scalar_subquery()
    is_root = process_instance.c.root_id == process_instance.c.id
    its_root = select(process_instance.c.root_id).where(member)
    return Prepared(_LOCKED.where(member, is_root)), Prepared(its_root), Prepared(_LOCKED.where(member))


_READ = select(*(process_instance.c[field.name] for field in fields(InstanceRow)))
_LOCKED = _READ.with_for_update()
_THIS = process_instance.c.id == bindparam("row_id")
_LOCK_ROOT = Prepared(select(process_instance.c.id).where(_THIS).with_for_update())
_UPDATE = Prepared(update(process_instance).where(_THIS, process_instance.c.revision == bindparam("read_revision")))
_DELETE = Prepared(delete(process_instance).where(_THIS))


def lock_called(connection: Connection, caller_id: str, wait_id: str) -> InstanceRow | None:
    """The instance that a locked one called from one of its wait states."""
    called = (process_instance.c.super_instance_id == caller_id, process_instance.c.super_wait_id == wait_id)
    row = connection.execute(_LOCKED.where(*called)).one_or_none()
    return None if row is None else InstanceRow(*row)


def read_instance(connection: Connection, instance_id: str) -> InstanceRow | None:
    """The instance with this id, not locked."""
    row = connection.execute(_READ.where(process_instance.c.id == instance_id)).one_or_none()
    return None if row is None else InstanceRow(*row)


def update_instance(connection: Connection, row: InstanceRow, state: str, serializer_version: str) -> None:
    """Store an instance's new state.

    Raises:
        OptimisticLockingException: It was changed since it was read.
    """
    values = {"state": state, "serializer_version": serializer_version, "revision": row.revision + 1}
    if _UPDATE.change(connection, {"row_id": row.id, "read_revision": row.revision, **values}) != 1:
        raise OptimisticLockingException(
            f"ENGINE-03005 The process instance {row.id!r} was updated by another transaction concurrently."
        )


def delete_instance(connection: Connection, instance_id: str) -> bool:
    """Delete an instance with all that belongs to it; false if there is none."""
    return _DELETE.change(connection, {"row_id": instance_id}) > 0


def instance_exists(connection: Connection, instance_id: str) -> bool:
    """Whether there is such an instance."""
    statement = select(process_instance.c.id).where(process_instance.c.id == instance_id)
    return connection.execute(statement).first() is not None
