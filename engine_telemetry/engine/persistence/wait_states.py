"""Rows of user tasks and external tasks: what waits, written as the difference between two states of an instance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, and_, delete, insert, or_, select, update

from engine_telemetry.engine.bpmn.execution import WaitState
from engine_telemetry.engine.entities import ExternalTask, Topic
from engine_telemetry.engine.persistence.listings import to_external_task
from engine_telemetry.engine.persistence.tables import external_task, task

_DEFAULT_TASK_PRIORITY = 50
_DEFAULT_EXTERNAL_PRIORITY = 0


@dataclass(frozen=True)
class Owner:
    """The instance that waits, as far as its tasks' rows say it."""

    instance_id: str
    definition_id: str
    definition_key: str
    business_key: str | None


def write_difference(
    connection: Connection, owner: Owner, old: Mapping[str, WaitState], new: Mapping[str, WaitState], now: datetime
) -> None:
    """Delete the rows of what waits no longer, insert those of what waits now."""
    gone = [state for name, state in old.items() if name not in new]
    come = [state for name, state in new.items() if name not in old]
    _delete(connection, task, [state.id for state in gone if not state.external])
    _delete(connection, external_task, [state.id for state in gone if state.external])
    _insert(connection, task, [_task_row(owner, state, now) for state in come if not state.external])
    _insert(connection, external_task, [_external_task_row(owner, state, now) for state in come if state.external])


def _delete(connection: Connection, table: Table, ids: list[str]) -> None:
    if ids:
        connection.execute(delete(table).where(table.c.id.in_(ids)))


def _insert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _task_row(owner: Owner, state: WaitState, now: datetime) -> dict[str, object]:
    return {
        "id": state.id,
        "instance_id": owner.instance_id,
        "task_definition_key": state.activity_id,
        "name": state.name,
        "assignee": state.settings.get("assignee"),
        "candidate_users": state.settings.get("candidateUsers"),
        "candidate_groups": state.settings.get("candidateGroups"),
        "form_key": state.settings.get("formKey"),
        "priority": int(state.settings.get("priority", _DEFAULT_TASK_PRIORITY)),
        "created": now,
    }


def _external_task_row(owner: Owner, state: WaitState, now: datetime) -> dict[str, object]:
    return {
        "id": state.id,
        **vars(owner),
        "activity_id": state.activity_id,
        "topic_name": state.settings["topic"],
        "priority": int(state.settings.get("taskPriority", _DEFAULT_EXTERNAL_PRIORITY)),
        "created": now,
    }


def instance_of_task(task_id: str) -> ScalarSelect[str]:
    """The id of the instance in which a user task waits."""
    return select(task.c.instance_id).where(task.c.id == task_id).scalar_subquery()


def instance_of_external_task(task_id: str) -> ScalarSelect[str]:
    """The id of the instance in which an external task waits."""
    return select(external_task.c.instance_id).where(external_task.c.id == task_id).scalar_subquery()


def find_instance_of_task(connection: Connection, task_id: str) -> str | None:
    """The id of the instance in which a user task waits; ``None`` if no such task does."""
    return connection.execute(select(task.c.instance_id).where(task.c.id == task_id)).scalar_one_or_none()


def lock_assignee(connection: Connection, task_id: str) -> tuple[str | None] | None:
    """The assignee, if any, of a user task that waits, locked until the end of the transaction."""
    statement = select(task.c.assignee).where(task.c.id == task_id).with_for_update()
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.assignee,)


def set_assignee(connection: Connection, task_id: str, assignee: str | None) -> bool:
    """Give a task an assignee, or none; false if no such task waits."""
    return connection.execute(update(task).where(task.c.id == task_id).values(assignee=assignee)).rowcount > 0


def lock_external_task(connection: Connection, task_id: str) -> ExternalTask | None:
    """An external task that waits, locked until the end of the transaction."""
    statement = select(external_task).where(external_task.c.id == task_id).with_for_update()
    row = connection.execute(statement).one_or_none()
    return None if row is None else to_external_task(row)


def lock_free_tasks(
    connection: Connection, topics: Iterable[Topic], now: datetime, limit: int, *, use_priority: bool
) -> list[ExternalTask]:
    """Up to ``limit`` tasks that no worker holds and no other transaction is about to give to one."""
    order = [external_task.c.priority.desc()] if use_priority else []
    statement = (
        select(external_task)
        .where(or_(external_task.c.lock_expiration.is_(None), external_task.c.lock_expiration <= now))
        .where(or_(*(_fits(topic) for topic in topics)))
        .order_by(*order, external_task.c.created, external_task.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [to_external_task(row) for row in connection.execute(statement)]


def _fits(topic: Topic) -> ColumnElement[bool]:
    wanted = [external_task.c.topic_name == topic.name]
    for column, value in (
        (external_task.c.business_key, topic.business_key),
        (external_task.c.definition_id, topic.definition_id),
        (external_task.c.definition_key, topic.definition_key),
    ):
        if value is not None:
            wanted.append(column == value)
    return and_(*wanted)


def set_lock(connection: Connection, ids: Iterable[str], worker_id: str | None, until: datetime | None) -> bool:
    """Give tasks to a worker until then, or to nobody; false if none of them waits."""
    statement = update(external_task).where(external_task.c.id.in_(list(ids)))
    return connection.execute(statement.values(worker_id=worker_id, lock_expiration=until)).rowcount > 0
