"""Rows of process instances and their variables."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, delete, insert, select, update

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence.tables import process_instance, variable
from engine_telemetry.engine.variables import decode, encode
from engine_telemetry.exceptions import OptimisticLockingException


@dataclass(frozen=True)
class InstanceRow:
    """A process instance as it is stored.

    Attributes:
        state: Its execution as text.
        revision: How often it was changed.
    """

    id: str
    definition_id: str
    business_key: str | None
    revision: int
    serializer_version: str
    state: str


def insert_instance(connection: Connection, row: InstanceRow, start_time: datetime) -> None:
    """Store a new instance."""
    connection.execute(insert(process_instance).values(start_time=start_time, **vars(row)))


def lock_instance(connection: Connection, instance_id: str | ScalarSelect[str]) -> InstanceRow | None:
    """The instance with this id, or with the one that the subquery finds, locked until the end of the transaction."""
    columns = [process_instance.c[field.name] for field in fields(InstanceRow)]
    statement = select(*columns).where(process_instance.c.id == instance_id).with_for_update()
    row = connection.execute(statement).one_or_none()
    return None if row is None else InstanceRow(*row)


def update_instance(connection: Connection, row: InstanceRow, state: str, serializer_version: str) -> None:
    """Store an instance's new state.

    Raises:
        OptimisticLockingException: It was changed since it was read.
    """
    result = connection.execute(
        update(process_instance)
        .where(process_instance.c.id == row.id, process_instance.c.revision == row.revision)
        .values(state=state, serializer_version=serializer_version, revision=row.revision + 1)
    )
    if result.rowcount != 1:
        raise OptimisticLockingException(
            f"ENGINE-03005 The process instance {row.id!r} was updated by another transaction concurrently."
        )


def delete_instance(connection: Connection, instance_id: str) -> bool:
    """Delete an instance with all that belongs to it; false if there is none."""
    return connection.execute(delete(process_instance).where(process_instance.c.id == instance_id)).rowcount > 0


def instance_exists(connection: Connection, instance_id: str) -> bool:
    """Whether there is such an instance."""
    statement = select(process_instance.c.id).where(process_instance.c.id == instance_id)
    return connection.execute(statement).first() is not None


def insert_variables(connection: Connection, instance_id: str, variables: Mapping[str, TypedValue]) -> None:
    """Store variables that the instance does not have yet."""
    rows = [{"instance_id": instance_id, "name": name, **encode(value)} for name, value in variables.items()]
    if rows:
        connection.execute(insert(variable), rows)


def set_variables(connection: Connection, instance_id: str, variables: Mapping[str, TypedValue]) -> None:
    """Store variables, in the place of those of the same name. The instance must be locked."""
    delete_variables(connection, instance_id, variables)
    insert_variables(connection, instance_id, variables)


def delete_variables(connection: Connection, instance_id: str, names: Collection[str]) -> None:
    """Delete variables, if there are."""
    if names:
        of_instance = variable.c.instance_id == instance_id
        connection.execute(delete(variable).where(of_instance, variable.c.name.in_(list(names))))


def read_variables(
    connection: Connection, instance_ids: Iterable[str], names: Collection[str] | None = None
) -> dict[str, dict[str, TypedValue]]:
    """The variables of each instance by name; those of these names only, if any are given."""
    ids = list(instance_ids)
    statement = select(variable).where(variable.c.instance_id.in_(ids)).order_by(variable.c.name)
    if names is not None:
        statement = statement.where(variable.c.name.in_(list(names)))
    found: dict[str, dict[str, TypedValue]] = {instance_id: {} for instance_id in ids}
    for row in connection.execute(statement):
        found[row.instance_id][row.name] = decode(row.type, row.value, row.value_info)
    return found
