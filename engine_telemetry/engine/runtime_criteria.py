"""The keywords of the queries about running instances and decisions. ``None`` is the same as not given."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict

from engine_telemetry.engine.criteria import Paging
from engine_telemetry.engine.entities import VariableCondition


class ProcessInstanceCriteria(TypedDict, total=False):
    """Which process instances.

    ``sort_by``: instanceId, businessKey, definitionId, definitionKey, startTime. ``activity_ids`` are those of
    activities that go on now; ``with_incidents`` looks for open ones. ``business_key_containing`` takes a text as
    it is, in any case; of each group of conditions in ``any_variables`` one must be met.
    """

    instance_id: str | None
    instance_ids: Collection[str] | None
    business_key: str | None
    business_key_like: str | None
    business_key_containing: str | None
    definition_key: str | None
    definition_keys: Collection[str] | None
    definition_keys_not: Collection[str] | None
    definition_id: str | None
    definition_version: int | None
    deployment_id: str | None
    super_instance_id: str | None
    sub_instance_id: str | None
    root_only: bool | None
    leaf_only: bool | None
    suspended: bool | None
    started_before: datetime | None
    started_after: datetime | None
    activity_ids: Collection[str] | None
    with_incidents: bool | None
    incident_id: str | None
    incident_kind: str | None
    incident_message: str | None
    incident_message_like: str | None
    variables: Sequence[VariableCondition] | None
    any_variables: Sequence[Sequence[VariableCondition]] | None


class ProcessInstanceSearch(ProcessInstanceCriteria, Paging, total=False):
    """Which process instances, in which order."""


class DecisionDefinitionCriteria(TypedDict, total=False):
    """Which decision definitions. ``sort_by``: id, key, name, version, versionTag, deploymentId.

    ``containing`` is a text in the name or in the key, in any case.
    """

    containing: str | None
    decision_id: str | None
    decision_ids: Collection[str] | None
    key: str | None
    keys: Collection[str] | None
    key_like: str | None
    name: str | None
    name_like: str | None
    version: int | None
    version_tag: str | None
    latest_version: bool | None
    deployment_id: str | None
    resource_name: str | None


class DecisionDefinitionSearch(DecisionDefinitionCriteria, Paging, total=False):
    """Which decision definitions, in which order."""


class ExecutionCriteria(TypedDict, total=False):
    """Which executions. ``sort_by``: instanceId, definitionId, definitionKey."""

    execution_id: str | None
    instance_id: str | None
    business_key: str | None
    definition_key: str | None
    definition_id: str | None
    activity_id: str | None
    message_name: str | None
    signal_name: str | None
    suspended: bool | None
    variables: Sequence[VariableCondition] | None


class ExecutionSearch(ExecutionCriteria, Paging, total=False):
    """Which executions, in which order."""


class VariableInstanceCriteria(TypedDict, total=False):
    """Which variables. ``sort_by``: variableName, variableType, activityInstanceId."""

    variable_id: str | None
    name: str | None
    names: Collection[str] | None
    name_like: str | None
    instance_ids: Collection[str] | None
    scope_ids: Collection[str] | None
    task_ids: Collection[str] | None
    value: Sequence[VariableCondition] | None


class VariableInstanceSearch(VariableInstanceCriteria, Paging, total=False):
    """Which variables, in which order."""


class EventSubscriptionCriteria(TypedDict, total=False):
    """Which event subscriptions. ``sort_by``: created."""

    subscription_id: str | None
    kind: str | None
    event_name: str | None
    instance_id: str | None
    activity_id: str | None
    activity_ids: Collection[str] | None
    of_instances: bool | None


class EventSubscriptionSearch(EventSubscriptionCriteria, Paging, total=False):
    """Which event subscriptions, in which order."""


class JobCriteria(TypedDict, total=False):
    """Which jobs.

    ``sort_by``: jobId, executionId, processInstanceId, processDefinitionId, processDefinitionKey, jobPriority,
    jobRetries, jobDueDate. ``executable`` means due, with retries, and not suspended.
    """

    job_id: str | None
    job_ids: Collection[str] | None
    instance_id: str | None
    instance_ids: Collection[str] | None
    definition_id: str | None
    definition_key: str | None
    activity_id: str | None
    activity_ids: Collection[str] | None
    failed_activity_id: str | None
    timers: bool | None
    with_retries_left: bool | None
    no_retries_left: bool | None
    executable: bool | None
    due_before: datetime | None
    due_after: datetime | None
    created_before: datetime | None
    created_after: datetime | None
    min_priority: int | None
    max_priority: int | None
    with_exception: bool | None
    exception_message: str | None
    suspended: bool | None


class JobSearch(JobCriteria, Paging, total=False):
    """Which jobs, in which order."""


class IncidentCriteria(TypedDict, total=False):
    """Which incidents.

    ``sort_by``: incidentId, incidentTimestamp, incidentType, executionId, activityId, processInstanceId,
    processDefinitionId, causeIncidentId, rootCauseIncidentId, configuration, incidentMessage.
    ``message_containing`` takes a text as it is, in any case. ``root_cause``: whether they are where a failure
    happened, and not what the callers of that instance have of it.
    """

    incident_id: str | None
    kind: str | None
    message: str | None
    message_like: str | None
    message_containing: str | None
    definition_id: str | None
    definition_keys: Collection[str] | None
    instance_id: str | None
    instance_ids: Collection[str] | None
    before: datetime | None
    after: datetime | None
    activity_id: str | None
    activity_ids: Collection[str] | None
    failed_activity_id: str | None
    cause_incident_id: str | None
    root_cause_incident_id: str | None
    root_cause: bool | None
    configuration: str | None


class IncidentSearch(IncidentCriteria, Paging, total=False):
    """Which incidents, in which order."""
