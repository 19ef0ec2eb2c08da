"""The resource of what people did: the user operation log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from engine_telemetry.engine.history_entities import Operation
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.values import date, text, texts

_QUERY = Query(
    criteria={
        "operationId": ("operation_id", text),
        "userId": ("user_id", text),
        "operationType": ("operation", text),
        "entityType": ("entity_type", text),
        "entityTypeIn": ("entity_types", texts),
        "property": ("property", text),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKey": ("definition_key", text),
        "processInstanceId": ("instance_id", text),
        "executionId": ("instance_id", text),
        "taskId": ("task_id", text),
        "jobId": ("job_id", text),
        "externalTaskId": ("external_task_id", text),
        "deploymentId": ("deployment_id", text),
        "batchId": ("batch_id", text),
        "afterTimestamp": ("since", date),
        "beforeTimestamp": ("until", date),
    },
    unavailable="caseDefinitionId caseExecutionId caseInstanceId category categoryIn jobDefinitionId tenantIdIn",
    orders="timestamp",
)
_ADMINISTRATION = {"User", "Group", "GroupMembership"}
_WORK = {"Task", "IdentityLink", "Filter"}


@dataclass(frozen=True, kw_only=True)
class UserOperationLogEntryDto:
    """What somebody did, for one property that was changed by it."""

    id: str
    user_id: str
    timestamp: datetime
    operation_id: str
    operation_type: str
    entity_type: str
    category: str
    annotation: str | None = None
    property: str | None
    org_value: str | None
    new_value: str | None
    deployment_id: str | None
    process_definition_id: str | None
    process_definition_key: str | None
    process_instance_id: str | None
    execution_id: str | None
    case_definition_id: str | None = None
    case_instance_id: str | None = None
    case_execution_id: str | None = None
    task_id: str | None
    external_task_id: str | None
    batch_id: str | None
    job_id: str | None
    job_definition_id: str | None = None
    removal_time: datetime | None = None
    root_process_instance_id: str | None = None

    @classmethod
    def of(cls, done: Operation) -> Self:
        """The view of an entry."""
        return cls(
            id=done.id,
            user_id=done.user_id,
            timestamp=done.time,
            operation_id=done.operation_id,
            operation_type=done.operation,
            entity_type=done.entity_type,
            category=_category(done),
            property=done.property,
            org_value=done.old_value,
            new_value=done.new_value,
            deployment_id=done.deployment_id,
            process_definition_id=done.definition_id,
            process_definition_key=done.definition_key,
            process_instance_id=done.instance_id,
            execution_id=done.instance_id,
            task_id=done.task_id,
            external_task_id=done.external_task_id,
            batch_id=done.batch_id,
            job_id=done.job_id,
        )


def _category(done: Operation) -> str:
    if done.entity_type in _ADMINISTRATION:
        return "Admin"
    return "TaskWorker" if done.task_id is not None or done.entity_type in _WORK else "Operator"


RESOURCES = listed(
    "/history/user-operation",
    _QUERY,
    lambda engine: engine.history_service.operations,
    lambda engine: engine.history_service.count_operations,
    UserOperationLogEntryDto,
    methods=("GET",),
)
