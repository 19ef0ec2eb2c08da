"""What can be asked about history."""

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, exists, select, true

from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.history_entities import (
    HistoricActivityInstance,
    HistoricIncident,
    HistoricProcessInstance,
    HistoricTaskInstance,
    HistoricVariableInstance,
)
from engine_telemetry.engine.persistence.history_tables import (
    hi_activity,
    hi_incident,
    hi_process_instance,
    hi_task,
    hi_variable,
)
from engine_telemetry.engine.persistence.listing import Listing, T
from engine_telemetry.engine.persistence.tables import process_definition, process_instance, task
from engine_telemetry.engine.persistence.variable_conditions import is_one, one_fits
from engine_telemetry.engine.variables import decode

_called = hi_process_instance.alias("called")


def _entity(kind: type[T], row: Row[Any]) -> T:
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__})  # type: ignore[attr-defined]


def _has_ended(column: ColumnElement[Any], ended: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    return column.is_not(None) if ended else column.is_(None)


def _has_finished(history: Table, running: Table, ended: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    """What has not ended is found where it runs: much less does."""
    return history.c.end_time.is_not(None) if ended else history.c.id.in_(select(running.c.id))


def _passed(activity_ids: Collection[str], *, ended: bool) -> ColumnElement[bool]:
    here = hi_activity.c.instance_id == hi_process_instance.c.id
    return exists().where(here, hi_activity.c.activity_id.in_(activity_ids), _has_ended(hi_activity.c.end_time, ended))


def _has_incident(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(hi_incident.c.instance_id == hi_process_instance.c.id, *conditions)


def _of_deployment(deployment_id: str) -> ColumnElement[bool]:
    definitions = select(process_definition.c.id).where(process_definition.c.deployment_id == deployment_id)
    return hi_process_instance.c.definition_id.in_(definitions)


def _calls(instance_id: str) -> ColumnElement[bool]:
    return exists().where(_called.c.super_instance_id == hi_process_instance.c.id, _called.c.id == instance_id)


def _all_fit(
    conditions: Iterable[VariableCondition], instance_id: ColumnElement[str], scope_id: ColumnElement[str]
) -> ColumnElement[bool]:
    """By the instance too, because there is an index of that."""
    here = (hi_variable.c.instance_id == instance_id, hi_variable.c.scope_id == scope_id)
    return and_(true(), *(exists().where(*here, is_one([condition], hi_variable)) for condition in conditions))


def _one_fits(conditions: Iterable[VariableCondition]) -> ColumnElement[bool]:
    here = (column == hi_process_instance.c.id for column in (hi_variable.c.instance_id, hi_variable.c.scope_id))
    return one_fits(conditions, *here, table=hi_variable)


PROCESS_INSTANCES = Listing(
    rows=select(
        hi_process_instance,
        process_definition.c.name.label("definition_name"),
        process_definition.c.version.label("definition_version"),
    ).outerjoin_from(
        hi_process_instance, process_definition, process_definition.c.id == hi_process_instance.c.definition_id
    ),
    key=hi_process_instance.c.id,
    criteria={
        "instance_id": hi_process_instance.c.id.__eq__,
        "instance_ids": hi_process_instance.c.id.in_,
        "definition_id": hi_process_instance.c.definition_id.__eq__,
        "deployment_id": _of_deployment,
        "definition_key": hi_process_instance.c.definition_key.__eq__,
        "definition_keys": hi_process_instance.c.definition_key.in_,
        "definition_keys_not": hi_process_instance.c.definition_key.not_in,
        "definition_name": process_definition.c.name.__eq__,
        "definition_name_like": process_definition.c.name.like,
        "definition_version": process_definition.c.version.__eq__,
        "business_key": hi_process_instance.c.business_key.__eq__,
        "business_keys": hi_process_instance.c.business_key.in_,
        "business_key_like": hi_process_instance.c.business_key.like,
        "business_key_containing": lambda text: hi_process_instance.c.business_key.icontains(text, autoescape=True),
        "root_only": lambda only: hi_process_instance.c.super_instance_id.is_(None) if only else true(),
        "finished": partial(_has_finished, hi_process_instance, process_instance),
        "states": hi_process_instance.c.state.in_,
        "with_incidents": lambda has: _has_incident() if has else true(),
        "incident_kind": lambda kind: _has_incident(hi_incident.c.kind == kind),
        "incident_state": lambda state: _has_incident(hi_incident.c.state == state),
        "incident_message": lambda message: _has_incident(hi_incident.c.message == message),
        "incident_message_like": lambda pattern: _has_incident(hi_incident.c.message.like(pattern)),
        "started_before": hi_process_instance.c.start_time.__le__,
        "started_after": hi_process_instance.c.start_time.__ge__,
        "finished_before": hi_process_instance.c.end_time.__le__,
        "finished_after": hi_process_instance.c.end_time.__ge__,
        "started_by": hi_process_instance.c.start_user_id.__eq__,
        "super_instance_id": hi_process_instance.c.super_instance_id.__eq__,
        "sub_instance_id": _calls,
        "executed_activity_ids": partial(_passed, ended=True),
        "active_activity_ids": partial(_passed, ended=False),
        "variables": lambda conditions: _all_fit(conditions, hi_process_instance.c.id, hi_process_instance.c.id),
        "any_variables": lambda groups: and_(true(), *(_one_fits(group) for group in groups)),
    },
    orders={
        "instanceId": hi_process_instance.c.id,
        "definitionId": hi_process_instance.c.definition_id,
        "definitionKey": hi_process_instance.c.definition_key,
        "definitionName": process_definition.c.name,
        "definitionVersion": process_definition.c.version,
        "businessKey": hi_process_instance.c.business_key,
        "startTime": hi_process_instance.c.start_time,
        "endTime": hi_process_instance.c.end_time,
    },
    entity=partial(_entity, HistoricProcessInstance),
)


ACTIVITY_INSTANCES = Listing(
    rows=select(
        *(column for column in hi_activity.c if column.name != "cancelled"),
        hi_activity.c.cancelled.label("canceled"),
        hi_process_instance.c.root_id,
        hi_task.c.id.label("task_id"),
        hi_task.c.assignee,
    )
    .join_from(hi_activity, hi_process_instance, hi_process_instance.c.id == hi_activity.c.instance_id)
    .outerjoin(hi_task, hi_task.c.id == hi_activity.c.id),
    key=hi_activity.c.id,
    criteria={
        "activity_instance_id": hi_activity.c.id.__eq__,
        "instance_id": hi_activity.c.instance_id.__eq__,
        "instance_ids": hi_activity.c.instance_id.in_,
        "definition_id": hi_activity.c.definition_id.__eq__,
        "activity_id": hi_activity.c.activity_id.__eq__,
        "activity_ids": hi_activity.c.activity_id.in_,
        "activity_name": hi_activity.c.activity_name.__eq__,
        "activity_type": hi_activity.c.activity_type.__eq__,
        "assignee": hi_task.c.assignee.__eq__,
        "finished": partial(_has_ended, hi_activity.c.end_time),
        "canceled": hi_activity.c.cancelled.__eq__,
        "complete_scope": hi_activity.c.complete_scope.__eq__,
        "started_before": hi_activity.c.start_time.__le__,
        "started_after": hi_activity.c.start_time.__ge__,
        "finished_before": hi_activity.c.end_time.__le__,
        "finished_after": hi_activity.c.end_time.__ge__,
    },
    orders={
        "activityInstanceId": hi_activity.c.id,
        "instanceId": hi_activity.c.instance_id,
        "executionId": hi_activity.c.instance_id,
        "activityId": hi_activity.c.activity_id,
        "activityName": hi_activity.c.activity_name,
        "activityType": hi_activity.c.activity_type,
        "startTime": hi_activity.c.start_time,
        "endTime": hi_activity.c.end_time,
        "definitionId": hi_activity.c.definition_id,
        "occurrence": hi_activity.c.sequence,
    },
    entity=partial(_entity, HistoricActivityInstance),
)

TASK_INSTANCES = Listing(
    rows=select(hi_task, hi_process_instance.c.root_id)
    .join_from(hi_task, hi_process_instance, hi_process_instance.c.id == hi_task.c.instance_id)
    .outerjoin(process_definition, process_definition.c.id == hi_task.c.definition_id),
    key=hi_task.c.id,
    criteria={
        "task_id": hi_task.c.id.__eq__,
        "instance_id": hi_task.c.instance_id.__eq__,
        "instance_ids": hi_task.c.instance_id.in_,
        "root_id": hi_process_instance.c.root_id.__eq__,
        "business_key": hi_process_instance.c.business_key.__eq__,
        "business_keys": hi_process_instance.c.business_key.in_,
        "business_key_like": hi_process_instance.c.business_key.like,
        "definition_id": hi_task.c.definition_id.__eq__,
        "definition_key": hi_task.c.definition_key.__eq__,
        "definition_name": process_definition.c.name.__eq__,
        "task_definition_key": hi_task.c.task_definition_key.__eq__,
        "task_definition_keys": hi_task.c.task_definition_key.in_,
        "name": hi_task.c.name.__eq__,
        "name_like": hi_task.c.name.like,
        "description": hi_task.c.description.__eq__,
        "description_like": hi_task.c.description.like,
        "assigned": partial(_has_ended, hi_task.c.assignee),
        "assignee": hi_task.c.assignee.__eq__,
        "assignee_like": hi_task.c.assignee.like,
        "owner": hi_task.c.owner.__eq__,
        "owner_like": hi_task.c.owner.like,
        "priority": hi_task.c.priority.__eq__,
        "delete_reason": hi_task.c.delete_reason.__eq__,
        "finished": partial(_has_finished, hi_task, task),
        "instance_finished": partial(_has_finished, hi_process_instance, process_instance),
        "due_before": hi_task.c.due.__le__,
        "due_after": hi_task.c.due.__ge__,
        "started_before": hi_task.c.start_time.__le__,
        "started_after": hi_task.c.start_time.__ge__,
        "finished_before": hi_task.c.end_time.__le__,
        "finished_after": hi_task.c.end_time.__ge__,
        "process_variables": lambda conditions: _all_fit(conditions, hi_task.c.instance_id, hi_task.c.instance_id),
        "task_variables": lambda conditions: _all_fit(conditions, hi_task.c.instance_id, hi_task.c.id),
    },
    orders={
        "taskId": hi_task.c.id,
        "activityInstanceId": hi_task.c.id,
        "processDefinitionId": hi_task.c.definition_id,
        "processInstanceId": hi_task.c.instance_id,
        "executionId": hi_task.c.instance_id,
        "startTime": hi_task.c.start_time,
        "endTime": hi_task.c.end_time,
        "taskName": hi_task.c.name,
        "taskDescription": hi_task.c.description,
        "assignee": hi_task.c.assignee,
        "owner": hi_task.c.owner,
        "dueDate": hi_task.c.due,
        "followUpDate": hi_task.c.follow_up,
        "deleteReason": hi_task.c.delete_reason,
        "taskDefinitionKey": hi_task.c.task_definition_key,
        "priority": hi_task.c.priority,
    },
    entity=partial(_entity, HistoricTaskInstance),
)


def _to_variable(row: Row[Any]) -> HistoricVariableInstance:
    return HistoricVariableInstance(
        id=row.id,
        name=row.name,
        value=decode(row.type, row.value, row.value_info),
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        instance_id=row.instance_id,
        root_id=row.root_id,
        scope_id=row.scope_id,
        task_id=row.task_id,
        created=row.created,
        deleted=row.deleted,
    )


VARIABLE_INSTANCES = Listing(
    rows=select(hi_variable, hi_process_instance.c.root_id, hi_task.c.id.label("task_id"))
    .join_from(hi_variable, hi_process_instance, hi_process_instance.c.id == hi_variable.c.instance_id)
    .outerjoin(hi_task, hi_task.c.id == hi_variable.c.scope_id),
    key=hi_variable.c.id,
    criteria={
        "variable_id": hi_variable.c.id.__eq__,
        "name": hi_variable.c.name.__eq__,
        "names": hi_variable.c.name.in_,
        "name_like": hi_variable.c.name.like,
        "types": hi_variable.c.type.in_,
        "value": partial(is_one, table=hi_variable),
        "instance_id": hi_variable.c.instance_id.__eq__,
        "instance_ids": hi_variable.c.instance_id.in_,
        "definition_id": hi_variable.c.definition_id.__eq__,
        "definition_key": hi_variable.c.definition_key.__eq__,
        "scope_ids": hi_variable.c.scope_id.in_,
        "task_ids": hi_task.c.id.in_,
        "include_deleted": lambda include: true() if include else hi_variable.c.deleted.is_(False),
    },
    orders={"instanceId": hi_variable.c.instance_id, "variableName": hi_variable.c.name},
    entity=_to_variable,
)

INCIDENTS = Listing(
    rows=select(hi_incident, hi_process_instance.c.root_id).outerjoin_from(
        hi_incident, hi_process_instance, hi_process_instance.c.id == hi_incident.c.instance_id
    ),
    key=hi_incident.c.id,
    criteria={
        "incident_id": hi_incident.c.id.__eq__,
        "kind": hi_incident.c.kind.__eq__,
        "message": hi_incident.c.message.__eq__,
        "message_like": hi_incident.c.message.like,
        "definition_id": hi_incident.c.definition_id.__eq__,
        "definition_key": hi_incident.c.definition_key.__eq__,
        "definition_keys": hi_incident.c.definition_key.in_,
        "instance_id": hi_incident.c.instance_id.__eq__,
        "created_before": hi_incident.c.created.__lt__,
        "created_after": hi_incident.c.created.__gt__,
        "ended_before": hi_incident.c.end_time.__lt__,
        "ended_after": hi_incident.c.end_time.__gt__,
        "activity_id": hi_incident.c.activity_id.__eq__,
        "activity_ids": hi_incident.c.activity_id.in_,
        "failed_activity_id": hi_incident.c.failed_activity_id.__eq__,
        "cause_incident_id": hi_incident.c.cause_incident_id.__eq__,
        "root_cause_incident_id": hi_incident.c.root_cause_incident_id.__eq__,
        "configuration": hi_incident.c.configuration.__eq__,
        "state": hi_incident.c.state.__eq__,
    },
    orders={
        "incidentId": hi_incident.c.id,
        "incidentMessage": hi_incident.c.message,
        "createTime": hi_incident.c.created,
        "endTime": hi_incident.c.end_time,
        "incidentType": hi_incident.c.kind,
        "executionId": hi_incident.c.instance_id,
        "activityId": hi_incident.c.activity_id,
        "processInstanceId": hi_incident.c.instance_id,
        "processDefinitionId": hi_incident.c.definition_id,
        "processDefinitionKey": hi_incident.c.definition_key,
        "causeIncidentId": hi_incident.c.cause_incident_id,
        "rootCauseIncidentId": hi_incident.c.root_cause_incident_id,
        "configuration": hi_incident.c.configuration,
        "incidentState": hi_incident.c.state,
    },
    entity=partial(_entity, HistoricIncident),
)
