"""What is suspended, in each of the tables that say so."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, and_, select, update

from engine_telemetry.engine.persistence.history import ACTIVE, SUSPENDED
from engine_telemetry.engine.persistence.history_tables import hi_process_instance
from engine_telemetry.engine.persistence.tables import external_task, job, process_definition, process_instance, task

_AT_ONCE = 500  # ids in one statement


def set_of_instances(connection: Connection, instance_ids: Sequence[str], *, suspended: bool) -> None:
    """Suspend or activate instances with their tasks and jobs."""
    for ids in _portions(instance_ids):
        connection.execute(update(process_instance).where(process_instance.c.id.in_(ids)).values(suspended=suspended))
        for table in (task, external_task, job):
            connection.execute(update(table).where(table.c.instance_id.in_(ids)).values(suspended=suspended))
        state = SUSPENDED if suspended else ACTIVE
        connection.execute(update(hi_process_instance).where(hi_process_instance.c.id.in_(ids)).values(state=state))


def set_of_definitions(connection: Connection, definition_ids: Sequence[str], *, suspended: bool) -> None:
    """Suspend or activate definitions with the jobs that start them."""
    of_start = and_(job.c.instance_id.is_(None), job.c.definition_id.in_(definition_ids))
    which = process_definition.c.id.in_(definition_ids)
    connection.execute(update(process_definition).where(which).values(suspended=suspended))
    connection.execute(update(job).where(of_start).values(suspended=suspended))


def find_versions(connection: Connection, key: str) -> list[str]:
    """The ids of all versions of a key."""
    return list(connection.execute(select(process_definition.c.id).where(process_definition.c.key == key)).scalars())


def find_instances(connection: Connection, definition_ids: Sequence[str]) -> list[str]:
    """The instances of these definitions, each locked until the end of the transaction."""
    statement = select(process_instance.c.id).where(process_instance.c.definition_id.in_(definition_ids))
    return list(connection.execute(statement.order_by(process_instance.c.id).with_for_update()).scalars())


def lock_instances(connection: Connection, instance_ids: Collection[str]) -> list[str]:
    """Those of these instances that there are, locked until the end of the transaction, after those at their tops."""
    roots: set[str] = set()
    for ids in _portions(list(instance_ids)):
        roots.update(
            connection.execute(select(process_instance.c.root_id).where(process_instance.c.id.in_(ids))).scalars()
        )
    _lock(connection, roots)
    return _lock(connection, instance_ids)


def _lock(connection: Connection, instance_ids: Collection[str]) -> list[str]:
    locked: list[str] = []
    for ids in _portions(sorted(instance_ids)):
        statement = select(process_instance.c.id).where(process_instance.c.id.in_(ids)).order_by(process_instance.c.id)
        locked += connection.execute(statement.with_for_update()).scalars()
    return locked


def _portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
