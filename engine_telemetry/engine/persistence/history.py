"""Writes history: what runs and what has ended, in as few statements as there are kinds of change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from engine_telemetry.engine.bpmn.journal import ActivityEvent
from engine_telemetry.engine.persistence.history_tables import hi_activity, hi_incident, hi_process_instance, hi_task
from engine_telemetry.engine.persistence.owner import Owner
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import comment, process_definition
from engine_telemetry.engine.persistence.tasklist_tables import hi_operation
from engine_telemetry.engine.persistence.writing import insert_rows

# Camunda's names.
ACTIVE = "ACTIVE"
SUSPENDED = "SUSPENDED"
COMPLETED = "COMPLETED"
EXTERNALLY_TERMINATED = "EXTERNALLY_TERMINATED"
INTERNALLY_TERMINATED = "INTERNALLY_TERMINATED"

_COPIED = ("id", "task_definition_key", "name", "description", "owner", "assignee", "priority", "due", "follow_up")


def instance_started(
    connection: Connection,
    owner: Owner,
    now: datetime,
    *,
    root_id: str,
    super_instance_id: str | None = None,
    start_activity_id: str | None = None,
    start_user_id: str | None = None,
) -> None:
    """An instance runs. Everything else of its history comes after this."""
    row = {
        "id": owner.instance_id,
        "root_id": root_id,
        "super_instance_id": super_instance_id,
        "definition_id": owner.definition_id,
        "definition_key": owner.definition_key,
        "business_key": owner.business_key,
        "start_time": now,
        "start_activity_id": start_activity_id,
        "start_user_id": start_user_id,
        "state": ACTIVE,
    }
    insert_rows(connection, hi_process_instance, [row])


def instance_ended(
    connection: Connection,
    instance_id: str,
    now: datetime,
    *,
    state: str = COMPLETED,
    reason: str | None = None,
    end_activity_id: str | None = None,
) -> None:
    """An instance is over; if it was deleted, for this reason."""
    values = {"end_time": now, "state": state, "delete_reason": reason, "end_activity_id": end_activity_id}
    _INSTANCE_ENDED.change(connection, {"row_id": instance_id, **values})


def record(
    connection: Connection,
    owner: Owner,
    journal: Sequence[ActivityEvent],
    now: datetime,
    *,
    sequence: int,
    called: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write what happened to activities in one command.

    Args:
        connection: The command's transaction.
        owner: The instance.
        journal: What happened, in order.
        now: When.
        sequence: Greater than that of an earlier command by more than the number of its events.
        called: The instances that were called, by the id of the activity instance.
    """
    started: dict[str, dict[str, Any]] = {}
    ended: list[dict[str, Any]] = []
    for number, event in enumerate(journal, sequence):
        end = {"end_time": now, "cancelled": event.kind == "canceled"}
        if event.kind == "started":
            started[event.id] = _activity_row(owner, event, number, now) | {"called_instance_id": called.get(event.id)}
        elif event.id in started:
            started[event.id] |= end
        else:
            ended.append({"row_id": event.id} | end)
    insert_rows(connection, hi_activity, list(started.values()))
    if ended:
        _END.change(connection, *ended)
    _record_tasks(connection, owner, journal, now)


_INSTANCE_ENDED, _TASKS_ENDED, _END = (
    Prepared(update(table).where(table.c.id == bindparam("row_id")))
    for table in (hi_process_instance, hi_task, hi_activity)
)


def _activity_row(owner: Owner, event: ActivityEvent, number: int, now: datetime) -> dict[str, Any]:
    return {
        **owner.in_history,
        "id": event.id,
        "parent_id": event.parent_id,
        "sequence": number,
        "activity_id": event.activity_id,
        "activity_name": event.activity_name,
        "activity_type": event.activity_type,
        "start_time": now,
        "end_time": None,
        "cancelled": False,
        "complete_scope": event.activity_type.endswith("EndEvent"),
    }


def _record_tasks(connection: Connection, owner: Owner, journal: Sequence[ActivityEvent], now: datetime) -> None:
    of_tasks = [event for event in journal if event.activity_type == "userTask"]
    rows = [vars(event.task) | {"created": now} for event in of_tasks if event.task is not None]
    tasks_started(connection, owner, [row | {"task_definition_key": row["activity_id"]} for row in rows])
    for kind, reason in (("ended", "completed"), ("canceled", "deleted")):
        tasks_ended(connection, [event.id for event in of_tasks if event.kind == kind], now, reason)


def tasks_started(connection: Connection, owner: Owner, rows: Iterable[Mapping[str, Any]]) -> None:
    """User tasks wait, with these rows of the table of tasks."""
    insert_rows(connection, hi_task, [_task_row(owner, row) for row in rows])


def _task_row(owner: Owner, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**owner.in_history, **{name: row.get(name) for name in _COPIED}, "start_time": row["created"]}


def tasks_ended(connection: Connection, task_ids: Sequence[str], now: datetime, reason: str) -> None:
    """User tasks wait no longer: ``completed``, or ``deleted``."""
    if task_ids:
        values = {"end_time": now, "delete_reason": reason}
        _TASKS_ENDED.change(connection, *({"row_id": task_id, **values} for task_id in task_ids))


def task_changed(connection: Connection, task_id: str, **values: object) -> None:
    """Columns of a user task that waits have other values."""
    copied = {name: value for name, value in values.items() if name in _COPIED}
    if copied:
        connection.execute(update(hi_task).where(hi_task.c.id == task_id).values(copied))


def find_ended(connection: Connection, instance_ids: Sequence[str]) -> dict[str, bool]:
    """Of these instances, those that are known, each with whether it has ended."""
    columns = (hi_process_instance.c.id, hi_process_instance.c.end_time)
    rows = connection.execute(select(*columns).where(hi_process_instance.c.id.in_(instance_ids)))
    return {row.id: row.end_time is not None for row in rows}


def delete_of_deployment(connection: Connection, deployment_id: str) -> None:
    """Forget all that is known of the instances of a deployment's definitions."""
    definitions = select(process_definition.c.id).where(process_definition.c.deployment_id == deployment_id)
    which = hi_process_instance.c.definition_id.in_(definitions)
    commented = select(hi_process_instance.c.id).where(which)
    connection.execute(delete(comment).where(comment.c.instance_id.in_(commented)))
    connection.execute(delete(hi_operation).where(hi_operation.c.definition_id.in_(definitions)))
    connection.execute(delete(hi_incident).where(hi_incident.c.definition_id.in_(definitions)))
    connection.execute(delete(hi_process_instance).where(which))


def delete_instances(connection: Connection, instance_ids: Sequence[str]) -> None:
    """Forget all that is known of these instances."""
    connection.execute(delete(comment).where(comment.c.instance_id.in_(instance_ids)))
    connection.execute(delete(hi_operation).where(hi_operation.c.instance_id.in_(instance_ids)))
    connection.execute(delete(hi_process_instance).where(hi_process_instance.c.id.in_(instance_ids)))
