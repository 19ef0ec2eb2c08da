"""The keywords of the queries about history. ``None`` is the same as not given."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict

from engine_telemetry.engine.criteria import Paging
from engine_telemetry.engine.entities import VariableCondition


class HistoricProcessInstanceCriteria(TypedDict, total=False):
    """Which process instances.

    ``sort_by``: instanceId, definitionId, definitionKey, definitionName, definitionVersion, businessKey, startTime,
    endTime. ``executed_activity_ids`` are of activities that have ended, ``active_activity_ids`` of those that go on.
    ``business_key_containing`` takes a text as it is, in any case; of each group of conditions in ``any_variables``
    one must be met.
    """

    instance_id: str | None
    instance_ids: Collection[str] | None
    definition_id: str | None
    deployment_id: str | None
    definition_key: str | None
    definition_keys: Collection[str] | None
    definition_keys_not: Collection[str] | None
    definition_name: str | None
    definition_name_like: str | None
    definition_version: int | None
    business_key: str | None
    business_keys: Collection[str] | None
    business_key_like: str | None
    business_key_containing: str | None
    root_only: bool | None
    finished: bool | None
    states: Collection[str] | None
    with_incidents: bool | None
    incident_kind: str | None
    incident_state: str | None
    incident_message: str | None
    incident_message_like: str | None
    started_before: datetime | None
    started_after: datetime | None
    finished_before: datetime | None
    finished_after: datetime | None
    started_by: str | None
    super_instance_id: str | None
    sub_instance_id: str | None
    executed_activity_ids: Collection[str] | None
    active_activity_ids: Collection[str] | None
    variables: Sequence[VariableCondition] | None
    any_variables: Sequence[Sequence[VariableCondition]] | None


class HistoricProcessInstanceSearch(HistoricProcessInstanceCriteria, Paging, total=False):
    """Which process instances, in which order."""


class HistoricActivityInstanceCriteria(TypedDict, total=False):
    """Which activity instances.

    ``sort_by``: activityInstanceId, instanceId, executionId, activityId, activityName, activityType, startTime,
    endTime, definitionId, occurrence.
    """

    activity_instance_id: str | None
    instance_id: str | None
    instance_ids: Collection[str] | None
    definition_id: str | None
    activity_id: str | None
    activity_ids: Collection[str] | None
    activity_name: str | None
    activity_type: str | None
    assignee: str | None
    finished: bool | None
    canceled: bool | None
    complete_scope: bool | None
    started_before: datetime | None
    started_after: datetime | None
    finished_before: datetime | None
    finished_after: datetime | None


class HistoricActivityInstanceSearch(HistoricActivityInstanceCriteria, Paging, total=False):
    """Which activity instances, in which order."""


class HistoricTaskInstanceCriteria(TypedDict, total=False):
    """Which user tasks.

    ``sort_by``: taskId, activityInstanceId, processDefinitionId, processInstanceId, executionId, startTime, endTime,
    taskName, taskDescription, assignee, owner, dueDate, followUpDate, deleteReason, taskDefinitionKey, priority.
    """

    task_id: str | None
    instance_id: str | None
    instance_ids: Collection[str] | None
    root_id: str | None
    business_key: str | None
    business_keys: Collection[str] | None
    business_key_like: str | None
    definition_id: str | None
    definition_key: str | None
    definition_name: str | None
    task_definition_key: str | None
    task_definition_keys: Collection[str] | None
    name: str | None
    name_like: str | None
    description: str | None
    description_like: str | None
    assigned: bool | None
    assignee: str | None
    assignee_like: str | None
    owner: str | None
    owner_like: str | None
    priority: int | None
    delete_reason: str | None
    finished: bool | None
    instance_finished: bool | None
    due_before: datetime | None
    due_after: datetime | None
    started_before: datetime | None
    started_after: datetime | None
    finished_before: datetime | None
    finished_after: datetime | None
    process_variables: Sequence[VariableCondition] | None
    task_variables: Sequence[VariableCondition] | None


class HistoricTaskInstanceSearch(HistoricTaskInstanceCriteria, Paging, total=False):
    """Which user tasks, in which order."""


class HistoricVariableInstanceCriteria(TypedDict, total=False):
    """Which variables; those that were removed only if ``include_deleted``. ``sort_by``: instanceId, variableName."""

    variable_id: str | None
    name: str | None
    names: Collection[str] | None
    name_like: str | None
    types: Collection[str] | None
    value: Sequence[VariableCondition] | None
    instance_id: str | None
    instance_ids: Collection[str] | None
    definition_id: str | None
    definition_key: str | None
    scope_ids: Collection[str] | None
    task_ids: Collection[str] | None
    include_deleted: bool | None


class HistoricVariableInstanceSearch(HistoricVariableInstanceCriteria, Paging, total=False):
    """Which variables, in which order."""


class HistoricIncidentCriteria(TypedDict, total=False):
    """Which incidents.

    ``sort_by``: incidentId, incidentMessage, createTime, endTime, incidentType, executionId, activityId,
    processInstanceId, processDefinitionId, processDefinitionKey, causeIncidentId, rootCauseIncidentId, configuration,
    incidentState.
    """

    incident_id: str | None
    kind: str | None
    message: str | None
    message_like: str | None
    definition_id: str | None
    definition_key: str | None
    definition_keys: Collection[str] | None
    instance_id: str | None
    created_before: datetime | None
    created_after: datetime | None
    ended_before: datetime | None
    ended_after: datetime | None
    activity_id: str | None
    activity_ids: Collection[str] | None
    failed_activity_id: str | None
    cause_incident_id: str | None
    root_cause_incident_id: str | None
    configuration: str | None
    state: str | None


class HistoricIncidentSearch(HistoricIncidentCriteria, Paging, total=False):
    """Which incidents, in which order."""


class OperationCriteria(TypedDict, total=False):
    """Which entries of the log of what people did. ``sort_by``: timestamp."""

    log_id: str | None
    operation_id: str | None
    user_id: str | None
    operation: str | None
    entity_type: str | None
    entity_types: Collection[str] | None
    property: str | None
    definition_id: str | None
    definition_key: str | None
    instance_id: str | None
    task_id: str | None
    job_id: str | None
    external_task_id: str | None
    deployment_id: str | None
    batch_id: str | None
    since: datetime | None
    until: datetime | None


class OperationSearch(OperationCriteria, Paging, total=False):
    """Which entries, in which order."""
