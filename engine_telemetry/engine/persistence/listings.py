"""The engine's five queries, as data for the listing module."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, true

from engine_telemetry.engine.entities import Deployment, ExternalTask, ProcessDefinition, Task
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.tables import (
    deployment,
    external_task,
    process_definition,
    process_instance,
    task,
)


def to_definition(row: Row[Any]) -> ProcessDefinition:
    """A process definition."""
    return ProcessDefinition(
        row.id,
        row.key,
        row.version,
        row.name,
        row.version_tag,
        row.deployment_id,
        row.resource_name,
        suspended=row.suspended,
        history_time_to_live=row.history_time_to_live,
        startable_in_tasklist=row.startable_in_tasklist,
    )


def to_external_task(row: Row[Any]) -> ExternalTask:
    """An external task."""
    return ExternalTask(
        id=row.id,
        topic_name=row.topic_name,
        activity_id=row.activity_id,
        instance_id=row.instance_id,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        business_key=row.business_key,
        priority=row.priority,
        create_time=row.created,
        worker_id=row.worker_id,
        lock_expiration_time=row.lock_expiration,
    )


def _to_task(row: Row[Any]) -> Task:
    return Task(
        id=row.id,
        name=row.name,
        task_definition_key=row.task_definition_key,
        instance_id=row.instance_id,
        definition_id=row.definition_id,
        created=row.created,
        assignee=row.assignee,
        form_key=row.form_key,
        priority=row.priority,
    )


def _is_latest(latest_only: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    if not latest_only:
        return true()
    newer = process_definition.alias("newer")
    latest = select(func.max(newer.c.version)).where(newer.c.key == process_definition.c.key).scalar_subquery()
    return process_definition.c.version == latest


def _is_locked(locked: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    now = datetime.now(UTC)
    held = external_task.c.lock_expiration.is_not(None) & (external_task.c.lock_expiration > now)
    return held if locked else ~held


DEPLOYMENTS = Listing(
    rows=select(deployment),
    key=deployment.c.id,
    criteria={
        "deployment_id": deployment.c.id.__eq__,
        "name": deployment.c.name.__eq__,
        "name_like": deployment.c.name.like,
        "source": deployment.c.source.__eq__,
        "before": deployment.c.deployment_time.__lt__,
        "after": deployment.c.deployment_time.__gt__,
    },
    orders={
        "id": deployment.c.id,
        "name": deployment.c.name,
        "deploymentTime": deployment.c.deployment_time,
    },
    entity=lambda row: Deployment(row.id, row.name, row.source, row.deployment_time),
)

DEFINITIONS = Listing(
    rows=select(process_definition),
    key=process_definition.c.id,
    criteria={
        "definition_id": process_definition.c.id.__eq__,
        "key": process_definition.c.key.__eq__,
        "keys": process_definition.c.key.in_,
        "name": process_definition.c.name.__eq__,
        "name_like": process_definition.c.name.like,
        "key_like": process_definition.c.key.like,
        "definition_ids": process_definition.c.id.in_,
        "version": process_definition.c.version.__eq__,
        "version_tag": process_definition.c.version_tag.__eq__,
        "version_tag_like": process_definition.c.version_tag.like,
        "suspended": process_definition.c.suspended.__eq__,
        "startable_in_tasklist": process_definition.c.startable_in_tasklist.__eq__,
        "latest_version": _is_latest,
        "deployment_id": process_definition.c.deployment_id.__eq__,
    },
    orders={
        "id": process_definition.c.id,
        "key": process_definition.c.key,
        "name": process_definition.c.name,
        "version": process_definition.c.version,
        "versionTag": process_definition.c.version_tag,
        "deploymentId": process_definition.c.deployment_id,
    },
    entity=to_definition,
)

TASKS = Listing(
    rows=select(task, process_instance.c.definition_id)
    .join_from(task, process_instance)
    .join(process_definition, process_instance.c.definition_id == process_definition.c.id),
    key=task.c.id,
    criteria={
        "task_id": task.c.id.__eq__,
        "instance_id": task.c.instance_id.__eq__,
        "business_key": process_instance.c.business_key.__eq__,
        "definition_key": process_definition.c.key.__eq__,
        "definition_id": process_definition.c.id.__eq__,
        "task_definition_key": task.c.task_definition_key.__eq__,
        "assignee": task.c.assignee.__eq__,
        "unassigned": lambda unassigned: task.c.assignee.is_(None) if unassigned else task.c.assignee.is_not(None),
        "name": task.c.name.__eq__,
    },
    orders={
        "id": task.c.id,
        "name": task.c.name,
        "created": task.c.created,
        "assignee": task.c.assignee,
        "priority": task.c.priority,
        "instanceId": task.c.instance_id,
    },
    entity=_to_task,
)

EXTERNAL_TASKS = Listing(
    rows=select(external_task),
    key=external_task.c.id,
    criteria={
        "external_task_id": external_task.c.id.__eq__,
        "topic_name": external_task.c.topic_name.__eq__,
        "worker_id": external_task.c.worker_id.__eq__,
        "locked": _is_locked,
        "instance_id": external_task.c.instance_id.__eq__,
        "activity_id": external_task.c.activity_id.__eq__,
        "definition_key": external_task.c.definition_key.__eq__,
        "definition_id": external_task.c.definition_id.__eq__,
    },
    orders={
        "id": external_task.c.id,
        "lockExpirationTime": external_task.c.lock_expiration,
        "processInstanceId": external_task.c.instance_id,
        "processDefinitionId": external_task.c.definition_id,
        "processDefinitionKey": external_task.c.definition_key,
        "taskPriority": external_task.c.priority,
        "createTime": external_task.c.created,
    },
    entity=to_external_task,
)
