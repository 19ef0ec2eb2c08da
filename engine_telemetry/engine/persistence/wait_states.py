"""Rows of what process instances wait for: user tasks, external tasks, subscriptions and jobs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete

from engine_telemetry.engine.bpmn.waits import ExternalTask, Job, Subscription, UserTask, Wait
from engine_telemetry.engine.ids import new_id
from engine_telemetry.engine.persistence import incidents, jobs, subscriptions
from engine_telemetry.engine.persistence.owner import Owner
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import external_task, identity_link, job, task
from engine_telemetry.engine.persistence.writing import insert_rows
from engine_telemetry.exceptions import ModelExecutionException

MAX_TEXT_LENGTH = 255

_DELETE_TASK = Prepared(delete(task).where(task.c.id == bindparam("row_id")))
_SUBSCRIPTIONS = frozenset({"message", "signal", "conditional"})
_JOBS = frozenset({"timer", "async-before", "async-after"})


def insert(
    connection: Connection, owner: Owner, version_tag: str | None, opened: Mapping[str, Wait], now: datetime
) -> None:
    """Insert the rows of what waits now.

    Raises:
        ModelExecutionException: An expression has made a text that is too long.
    """
    waits = list(opened.values())
    people = [wait for wait in waits if isinstance(wait, UserTask)]
    workers = [wait for wait in waits if isinstance(wait, ExternalTask)]
    insert_rows(connection, task, [_fitting(_task_row(owner, wait, now)) for wait in people])
    insert_rows(connection, identity_link, [_fitting(link) for wait in people for link in _links(wait)])
    rows = [_fitting(_external_task_row(owner, version_tag, wait, now)) for wait in workers]
    insert_rows(connection, external_task, rows)
    events = [wait for wait in waits if isinstance(wait, Subscription)]
    due = [wait for wait in waits if isinstance(wait, Job)]
    for wait in events:
        _fitting({"id": wait.activity_id, "event_name": wait.event_name})
    subscriptions.insert_subscriptions(connection, owner, events, now)
    jobs.insert_jobs(connection, owner, due, now)


def delete_ended(connection: Connection, closed: Mapping[str, str], now: datetime, *, with_instance: bool) -> None:
    """Delete the rows of what waits no longer.

    Args:
        connection: The command's transaction.
        closed: The kind of each, by id, as ``Execution.closed`` has it.
        now: When.
        with_instance: Whether the instance's row goes as well, and takes with it what nothing else depends on.
    """
    if not with_instance:
        if tasks := [{"row_id": wait_id} for wait_id, kind in closed.items() if kind == "task"]:
            _DELETE_TASK.change(connection, *tasks)
        subscriptions.delete_subscriptions(connection, [one for one, kind in closed.items() if kind in _SUBSCRIPTIONS])
    incidents.delete_waits(connection, external_task, [one for one, kind in closed.items() if kind == "external"], now)
    incidents.delete_waits(connection, job, [one for one, kind in closed.items() if kind in _JOBS], now)


def _task_row(owner: Owner, wait: UserTask, now: datetime) -> dict[str, Any]:
    return {
        "id": wait.id,
        "instance_id": owner.instance_id,
        "task_definition_key": wait.activity_id,
        "name": wait.name,
        "description": wait.description,
        "assignee": wait.assignee,
        "due": wait.due,
        "follow_up": wait.follow_up,
        "form_key": wait.form_key,
        "priority": wait.priority,
        "created": now,
        "suspended": False,
    }


def _links(wait: UserTask) -> list[dict[str, Any]]:
    users = [(name, None) for name in sorted(set(wait.candidate_users))]
    groups = [(None, name) for name in sorted(set(wait.candidate_groups))]
    return [
        {"id": new_id(), "task_id": wait.id, "type": "candidate", "user_id": user, "group_id": group}
        for user, group in (*users, *groups)
    ]


def _external_task_row(owner: Owner, version_tag: str | None, wait: ExternalTask, now: datetime) -> dict[str, Any]:
    return {
        "id": wait.id,
        **vars(owner),
        "definition_version_tag": version_tag,
        "activity_id": wait.activity_id,
        "topic_name": wait.topic,
        "priority": wait.priority,
        "created": now,
        "suspended": False,
    }


def _fitting(row: dict[str, Any]) -> dict[str, Any]:
    for name, value in row.items():
        if isinstance(value, str) and name != "description" and len(value) > MAX_TEXT_LENGTH:
            raise ModelExecutionException(
                f"The {name} of {row['id']!r} has {len(value)} characters; at most {MAX_TEXT_LENGTH} can be stored:"
                f" {value[:50]!r}…"
            )
    return row
