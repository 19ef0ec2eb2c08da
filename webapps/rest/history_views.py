"""What the history resources answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from engine_telemetry.engine.history_entities import (
    HistoricActivityInstance,
    HistoricIncident,
    HistoricProcessInstance,
    HistoricTaskInstance,
    HistoricVariableInstance,
)
from webapps.rest.variables import variable_to_json


@dataclass(frozen=True, kw_only=True)
class HistoricProcessInstanceDto:
    """A process instance that runs or ran."""

    id: str
    root_process_instance_id: str
    super_process_instance_id: str | None
    super_case_instance_id: str | None = None
    case_instance_id: str | None = None
    process_definition_name: str | None
    process_definition_key: str
    process_definition_version: int | None
    process_definition_id: str
    business_key: str | None
    start_time: datetime
    end_time: datetime | None
    removal_time: datetime | None = None
    duration_in_millis: int | None
    start_user_id: str | None
    start_activity_id: str | None
    delete_reason: str | None
    tenant_id: str | None = None
    state: str
    restarted_process_instance_id: str | None = None

    @classmethod
    def of(cls, found: HistoricProcessInstance) -> Self:
        """The view of an instance."""
        return cls(
            id=found.id,
            root_process_instance_id=found.root_id,
            super_process_instance_id=found.super_instance_id,
            process_definition_name=found.definition_name,
            process_definition_key=found.definition_key,
            process_definition_version=found.definition_version,
            process_definition_id=found.definition_id,
            business_key=found.business_key,
            start_time=found.start_time,
            end_time=found.end_time,
            duration_in_millis=_milliseconds(found.duration),
            start_user_id=found.start_user_id,
            start_activity_id=found.start_activity_id,
            delete_reason=found.delete_reason,
            state=found.state,
        )


@dataclass(frozen=True, kw_only=True)
class HistoricActivityInstanceDto:
    """An activity, event or gateway that goes on or was passed."""

    id: str
    parent_activity_instance_id: str
    activity_id: str
    activity_name: str | None
    activity_type: str
    process_definition_key: str
    process_definition_id: str
    process_instance_id: str
    execution_id: str
    task_id: str | None
    assignee: str | None
    called_process_instance_id: str | None
    called_case_instance_id: str | None = None
    start_time: datetime
    end_time: datetime | None
    duration_in_millis: int | None
    canceled: bool
    complete_scope: bool
    tenant_id: str | None = None
    removal_time: datetime | None = None
    root_process_instance_id: str

    @classmethod
    def of(cls, found: HistoricActivityInstance) -> Self:
        """The view of an activity instance."""
        return cls(
            id=found.id,
            parent_activity_instance_id=found.parent_id,
            activity_id=found.activity_id,
            activity_name=found.activity_name,
            activity_type=found.activity_type,
            process_definition_key=found.definition_key,
            process_definition_id=found.definition_id,
            process_instance_id=found.instance_id,
            execution_id=found.instance_id,
            task_id=found.task_id,
            assignee=found.assignee,
            called_process_instance_id=found.called_instance_id,
            start_time=found.start_time,
            end_time=found.end_time,
            duration_in_millis=_milliseconds(found.duration),
            canceled=found.canceled,
            complete_scope=found.complete_scope,
            root_process_instance_id=found.root_id,
        )


@dataclass(frozen=True, kw_only=True)
class HistoricTaskInstanceDto:
    """A user task that waits, or that was done or deleted."""

    id: str
    process_definition_key: str
    process_definition_id: str
    process_instance_id: str
    execution_id: str
    case_definition_key: str | None = None
    case_definition_id: str | None = None
    case_instance_id: str | None = None
    case_execution_id: str | None = None
    activity_instance_id: str
    name: str | None
    description: str | None
    delete_reason: str | None
    owner: str | None
    assignee: str | None
    start_time: datetime
    end_time: datetime | None
    duration: int | None
    task_definition_key: str
    priority: int
    due: datetime | None
    parent_task_id: str | None = None
    follow_up: datetime | None
    tenant_id: str | None = None
    removal_time: datetime | None = None
    root_process_instance_id: str

    @classmethod
    def of(cls, found: HistoricTaskInstance) -> Self:
        """The view of a task."""
        return cls(
            id=found.id,
            process_definition_key=found.definition_key,
            process_definition_id=found.definition_id,
            process_instance_id=found.instance_id,
            execution_id=found.instance_id,
            activity_instance_id=found.id,
            name=found.name,
            description=found.description,
            delete_reason=found.delete_reason,
            owner=found.owner,
            assignee=found.assignee,
            start_time=found.start_time,
            end_time=found.end_time,
            duration=_milliseconds(found.duration),
            task_definition_key=found.task_definition_key,
            priority=found.priority,
            due=found.due,
            follow_up=found.follow_up,
            root_process_instance_id=found.root_id,
        )


@dataclass(frozen=True, kw_only=True)
class HistoricVariableInstanceDto:
    """A variable as it is, or as it was last."""

    id: str
    name: str
    type: str
    value: object
    value_info: object
    process_definition_key: str
    process_definition_id: str
    process_instance_id: str
    execution_id: str
    activity_instance_id: str
    case_definition_key: str | None = None
    case_definition_id: str | None = None
    case_instance_id: str | None = None
    case_execution_id: str | None = None
    task_id: str | None
    tenant_id: str | None = None
    error_message: str | None = None
    state: str
    create_time: datetime
    removal_time: datetime | None = None
    root_process_instance_id: str

    @classmethod
    def of(cls, found: HistoricVariableInstance) -> Self:
        """The view of a variable."""
        return cls(
            id=found.id,
            name=found.name,
            type=found.value.type,
            value=variable_to_json(found.value)["value"],
            value_info=found.value.value_info,
            process_definition_key=found.definition_key,
            process_definition_id=found.definition_id,
            process_instance_id=found.instance_id,
            execution_id=found.instance_id,
            activity_instance_id=found.scope_id,
            task_id=found.task_id,
            state="DELETED" if found.deleted else "CREATED",
            create_time=found.created,
            root_process_instance_id=found.root_id,
        )


@dataclass(frozen=True, kw_only=True)
class HistoricIncidentDto:
    """An incident that is open or was."""

    id: str
    process_definition_key: str | None
    process_definition_id: str | None
    process_instance_id: str | None
    execution_id: str | None
    root_process_instance_id: str | None
    create_time: datetime
    end_time: datetime | None
    removal_time: datetime | None = None
    incident_type: str
    activity_id: str | None
    failed_activity_id: str | None
    cause_incident_id: str
    root_cause_incident_id: str
    configuration: str | None
    history_configuration: str | None = None
    incident_message: str | None
    tenant_id: str | None = None
    job_definition_id: str | None = None
    open: bool
    deleted: bool
    resolved: bool
    annotation: str | None

    @classmethod
    def of(cls, found: HistoricIncident) -> Self:
        """The view of an incident."""
        return cls(
            id=found.id,
            process_definition_key=found.definition_key,
            process_definition_id=found.definition_id,
            process_instance_id=found.instance_id,
            execution_id=found.instance_id,
            root_process_instance_id=found.root_id,
            create_time=found.created,
            end_time=found.end_time,
            incident_type=found.kind,
            activity_id=found.activity_id,
            failed_activity_id=found.failed_activity_id,
            cause_incident_id=found.cause_incident_id,
            root_cause_incident_id=found.root_cause_incident_id,
            configuration=found.configuration,
            incident_message=found.message,
            open=found.state == "open",
            deleted=found.state == "deleted",
            resolved=found.state == "resolved",
            annotation=found.annotation,
        )


def _milliseconds(duration: timedelta | None) -> int | None:
    return None if duration is None else duration // timedelta(milliseconds=1)
