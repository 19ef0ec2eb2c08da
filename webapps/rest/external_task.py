"""The external task resource: what workers complete, fail at, lock and unlock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ExternalTask
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException, RestException
from webapps.rest.exchange import Answer, Request, no_content
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Handler, Operation, Resource
from webapps.rest.shapes import Body, LongInteger, Variables
from webapps.rest.values import boolean, date, long_integer, not_true, only_true, text, texts, value_of

EXTERNAL_TASK_QUERY = Query(
    criteria={
        "externalTaskId": ("external_task_id", text),
        "externalTaskIdIn": ("external_task_ids", texts),
        "topicName": ("topic_name", text),
        "workerId": ("worker_id", text),
        "locked": ("locked", only_true),
        "notLocked": ("locked", not_true),
        "lockExpirationBefore": ("lock_expires_before", date),
        "lockExpirationAfter": ("lock_expires_after", date),
        "withRetriesLeft": ("with_retries_left", only_true),
        "noRetriesLeft": ("with_retries_left", not_true),
        "processInstanceId": ("instance_id", text),
        "executionId": ("instance_id", text),
        "processInstanceIdIn": ("instance_ids", texts),
        "activityId": ("activity_id", text),
        "activityIdIn": ("activity_ids", texts),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionKeyIn": ("definition_keys", texts),
        "processDefinitionId": ("definition_id", text),
        "priorityHigherThanOrEquals": ("min_priority", long_integer),
        "priorityLowerThanOrEquals": ("max_priority", long_integer),
        "active": ("suspended", not_true),
        "suspended": ("suspended", only_true),
    },
    unavailable="tenantIdIn",
    orders=("id lockExpirationTime processInstanceId processDefinitionId processDefinitionKey taskPriority createTime"),
)


@dataclass(frozen=True, kw_only=True)
class ExternalTaskDto:
    """An external task."""

    activity_id: str
    activity_instance_id: str
    error_message: str | None
    execution_id: str
    id: str
    lock_expiration_time: datetime | None
    create_time: datetime
    process_definition_id: str
    process_definition_key: str
    process_definition_version_tag: str | None
    process_instance_id: str
    retries: int | None
    suspended: bool
    worker_id: str | None
    topic_name: str
    tenant_id: str | None = None
    priority: int
    business_key: str | None

    @classmethod
    def of(cls, task: ExternalTask) -> Self:
        """The view of a task."""
        return cls(
            activity_id=task.activity_id,
            activity_instance_id=f"{task.activity_id}:{task.id}",
            error_message=task.error_message,
            execution_id=task.instance_id,
            id=task.id,
            lock_expiration_time=task.lock_expiration_time,
            create_time=task.create_time,
            process_definition_id=task.definition_id,
            process_definition_key=task.definition_key,
            process_definition_version_tag=task.definition_version_tag,
            process_instance_id=task.instance_id,
            retries=task.retries,
            suspended=task.suspended,
            worker_id=task.worker_id,
            topic_name=task.topic_name,
            priority=task.priority,
            business_key=task.business_key,
        )


@dataclass(frozen=True, kw_only=True)
class CompleteExternalTaskDto(Body):
    """What a worker completes a task with."""

    worker_id: str
    variables: Variables = field(default_factory=dict)
    local_variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExternalTaskFailureDto(Body):
    """What a worker says when it fails."""

    worker_id: str
    error_message: str | None = None
    error_details: str | None = None
    retries: int = 0
    retry_timeout: timedelta = timedelta(0)
    variables: Variables = field(default_factory=dict)
    local_variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExternalTaskBpmnErrorDto(Body):
    """A BPMN error that a worker throws."""

    worker_id: str
    error_code: str | None = None
    error_message: str | None = None
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LockExternalTaskDto(Body):
    """For whom to lock a task, for how long."""

    worker_id: str
    lock_duration: timedelta


@dataclass(frozen=True, kw_only=True)
class ExtendLockDto(Body):
    """For how long to keep a task."""

    worker_id: str
    new_duration: timedelta


@dataclass(frozen=True, kw_only=True)
class RetriesDto(Body):
    """How often a task may still fail."""

    retries: int


@dataclass(frozen=True, kw_only=True)
class SetRetriesDto(Body):
    """How often several tasks may still fail."""

    retries: int
    external_task_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PriorityDto(Body):
    """How urgent a task is."""

    priority: LongInteger


def get_task(engine: ProcessEngine, request: Request) -> ExternalTaskDto:
    """One external task."""
    found = engine.external_task_service.external_tasks(external_task_id=request.path["task_id"])
    if not found:
        raise _no_task(request)
    return ExternalTaskDto.of(found[0])


def get_error_details(engine: ProcessEngine, request: Request) -> Answer:
    """The details of the last failure, as plain text."""
    details = engine.external_task_service.error_details(request.path["task_id"])
    if not details:
        return no_content()
    return Answer(body=details.encode(errors="replace"), media_type="text/plain")


def list_topics(engine: ProcessEngine, request: Request) -> list[str]:
    """The topics for which tasks wait."""
    given = {name: value_of(request.query, name, boolean) for name in _TOPIC_PARAMETERS}
    locked = True if given["withLockedTasks"] else False if given["withUnlockedTasks"] else None
    return engine.external_task_service.topic_names(locked=locked, with_retries=given["withRetriesLeft"] or None)


def complete(engine: ProcessEngine, request: Request, body: CompleteExternalTaskDto) -> None:
    """Complete a task; its local variables end with it."""
    engine.external_task_service.complete(
        request.path["task_id"],
        worker_id=body.worker_id,
        variables=body.variables,
        local_variables=body.local_variables,
    )


def fail(engine: ProcessEngine, request: Request, body: ExternalTaskFailureDto) -> None:
    """Say that a worker has failed; without retries left there is an incident."""
    engine.external_task_service.fail(
        request.path["task_id"],
        worker_id=body.worker_id,
        error_message=body.error_message,
        error_details=body.error_details,
        retries=body.retries,
        retry_timeout=body.retry_timeout,
        variables=body.variables,
        local_variables=body.local_variables,
    )


def throw_error(engine: ProcessEngine, request: Request, body: ExternalTaskBpmnErrorDto) -> None:
    """Throw a BPMN error in a task."""
    if not body.error_code:
        raise InvalidRequestException("The value of 'errorCode' is missing.")
    engine.external_task_service.throw_error(
        request.path["task_id"],
        body.error_code,
        worker_id=body.worker_id,
        message=body.error_message,
        variables=body.variables,
    )


def lock(engine: ProcessEngine, request: Request, body: LockExternalTaskDto) -> None:
    """Lock one task for a worker."""
    engine.external_task_service.lock(
        request.path["task_id"], worker_id=body.worker_id, lock_duration=body.lock_duration
    )


def unlock(engine: ProcessEngine, request: Request) -> None:
    """Let any worker fetch the task again."""
    engine.external_task_service.unlock(request.path["task_id"])


def extend_lock(engine: ProcessEngine, request: Request, body: ExtendLockDto) -> None:
    """Keep the task for the worker who has it."""
    engine.external_task_service.extend_lock(
        request.path["task_id"], worker_id=body.worker_id, new_duration=body.new_duration
    )


def set_retries(engine: ProcessEngine, request: Request, body: RetriesDto) -> None:
    """Say how often a task may still fail."""
    engine.external_task_service.set_retries(request.path["task_id"], body.retries)


def set_retries_of_all(engine: ProcessEngine, _: Request, body: SetRetriesDto) -> None:
    """Say how often several tasks may still fail; all or none."""
    if not body.external_task_ids:
        raise InvalidRequestException("The value of 'externalTaskIds' is missing; this engine takes no queries here.")
    engine.external_task_service.set_retries_of_all(body.external_task_ids, body.retries)


def set_priority(engine: ProcessEngine, request: Request, body: PriorityDto) -> None:
    """Say how urgent a task is."""
    engine.external_task_service.set_priority(request.path["task_id"], body.priority)


def _no_task(request: Request) -> RestException:
    return RestException(404, f"External task with id {request.path['task_id']} does not exist")


class _OfTask(Operation):
    """An operation on the task in the path: that it does not exist is a 404 of Camunda's own."""

    def __call__(self, engine: ProcessEngine, request: Request) -> Answer:
        try:
            return super().__call__(engine, request)
        except NotFoundException as exc:
            raise _no_task(request) from exc


def _of_task(path: str, method: str, handle: Handler) -> Resource:
    return Resource(f"/external-task/{{task_id}}/{path}", {method: _OfTask(handle)})


_TOPIC_PARAMETERS = dict.fromkeys(("withLockedTasks", "withUnlockedTasks", "withRetriesLeft"), boolean)
RESOURCES = (
    *listed(
        "/external-task",
        EXTERNAL_TASK_QUERY,
        lambda engine: engine.external_task_service.external_tasks,
        lambda engine: engine.external_task_service.count_external_tasks,
        ExternalTaskDto,
    ),
    Resource("/external-task/topic-names", {"GET": Operation(list_topics, parameters=_TOPIC_PARAMETERS)}),
    Resource("/external-task/retries", {"PUT": set_retries_of_all}),
    Resource("/external-task/{task_id}", {"GET": get_task}),
    Resource(
        "/external-task/{task_id}/errorDetails",
        {"GET": _OfTask(get_error_details, media_type="text/plain", may_be_empty=True)},
    ),
    _of_task("complete", "POST", complete),
    _of_task("failure", "POST", fail),
    _of_task("bpmnError", "POST", throw_error),
    _of_task("lock", "POST", lock),
    _of_task("unlock", "POST", unlock),
    _of_task("extendLock", "POST", extend_lock),
    _of_task("retries", "PUT", set_retries),
    _of_task("priority", "PUT", set_priority),
)
