"""What can be asked about process instances that run, and about their variables."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, select, true

from engine_telemetry.engine.entities import ProcessInstance, VariableCondition
from engine_telemetry.engine.persistence.history_tables import hi_activity
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.tables import incident, process_definition, process_instance, task, variable
from engine_telemetry.engine.persistence.variable_conditions import all_fit, is_one, one_fits
from engine_telemetry.engine.runtime_entities import VariableInstance
from engine_telemetry.engine.variables import decode

_called = process_instance.alias("called")


def _to_instance(row: Row[Any]) -> ProcessInstance:
    return ProcessInstance(
        row.id,
        row.definition_id,
        row.key,
        row.business_key,
        suspended=row.suspended,
        start_time=row.start_time,
        root_id=row.root_id,
        super_instance_id=row.super_instance_id,
    )


def _is_in(activity_ids: Collection[str]) -> ColumnElement[bool]:
    here = select(hi_activity.c.instance_id).where(
        hi_activity.c.definition_id.in_(select(process_definition.c.id)),  # all: the index begins with it
        hi_activity.c.end_time.is_(None),
        hi_activity.c.activity_id.in_(activity_ids),
    )
    return process_instance.c.id.in_(here)


def _has_incident(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return process_instance.c.id.in_(
        select(incident.c.instance_id).where(incident.c.instance_id.is_not(None), *conditions)
    )


def _calls(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(_called.c.super_instance_id == process_instance.c.id, *conditions)


def _one_fits(conditions: Iterable[VariableCondition]) -> ColumnElement[bool]:
    return one_fits(conditions, variable.c.scope_id == process_instance.c.id)


INSTANCES = Listing(
    rows=select(
        process_instance.c.id,
        process_instance.c.definition_id,
        process_definition.c.key,
        process_instance.c.business_key,
        process_instance.c.suspended,
        process_instance.c.start_time,
        process_instance.c.root_id,
        process_instance.c.super_instance_id,
    ).join_from(process_instance, process_definition),
    key=process_instance.c.id,
    criteria={
        "instance_id": process_instance.c.id.__eq__,
        "instance_ids": process_instance.c.id.in_,
        "business_key": process_instance.c.business_key.__eq__,
        "business_key_like": process_instance.c.business_key.like,
        "business_key_containing": lambda text: process_instance.c.business_key.icontains(text, autoescape=True),
        "definition_key": process_definition.c.key.__eq__,
        "definition_keys": process_definition.c.key.in_,
        "definition_keys_not": process_definition.c.key.not_in,
        "definition_id": process_instance.c.definition_id.__eq__,
        "definition_version": process_definition.c.version.__eq__,
        "deployment_id": process_definition.c.deployment_id.__eq__,
        "super_instance_id": process_instance.c.super_instance_id.__eq__,
        "sub_instance_id": lambda called_id: _calls(_called.c.id == called_id),
        "root_only": lambda only: process_instance.c.super_instance_id.is_(None) if only else true(),
        "leaf_only": lambda only: ~_calls() if only else true(),
        "suspended": process_instance.c.suspended.__eq__,
        "started_before": process_instance.c.start_time.__lt__,
        "started_after": process_instance.c.start_time.__gt__,
        "activity_ids": _is_in,
        "with_incidents": lambda has: _has_incident() if has else true(),
        "incident_id": lambda incident_id: _has_incident(incident.c.id == incident_id),
        "incident_kind": lambda kind: _has_incident(incident.c.kind == kind),
        "incident_message": lambda message: _has_incident(incident.c.message == message),
        "incident_message_like": lambda pattern: _has_incident(incident.c.message.like(pattern)),
        "variables": lambda conditions: all_fit(conditions, process_instance.c.id),
        "any_variables": lambda groups: and_(true(), *(_one_fits(group) for group in groups)),
    },
    orders={
        "instanceId": process_instance.c.id,
        "businessKey": process_instance.c.business_key,
        "definitionId": process_instance.c.definition_id,
        "definitionKey": process_definition.c.key,
        "startTime": process_instance.c.start_time,
    },
    entity=_to_instance,
)


def _to_variable(row: Row[Any]) -> VariableInstance:
    value = decode(row.type, row.value, row.value_info)
    return VariableInstance(row.id, row.name, value, row.instance_id, row.definition_id, row.scope_id, row.task_id)


VARIABLES = Listing(
    rows=select(variable, process_instance.c.definition_id, task.c.id.label("task_id"))
    .join_from(variable, process_instance, process_instance.c.id == variable.c.instance_id)
    .outerjoin(task, task.c.id == variable.c.scope_id),
    key=variable.c.id,
    criteria={
        "variable_id": variable.c.id.__eq__,
        "name": variable.c.name.__eq__,
        "names": variable.c.name.in_,
        "name_like": variable.c.name.like,
        "instance_ids": variable.c.instance_id.in_,
        "scope_ids": variable.c.scope_id.in_,
        "task_ids": task.c.id.in_,
        "value": is_one,
    },
    orders={
        "variableName": variable.c.name,
        "variableType": variable.c.type,
        "activityInstanceId": variable.c.scope_id,
    },
    entity=_to_variable,
)
