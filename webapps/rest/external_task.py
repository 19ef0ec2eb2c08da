"""The external task resource: what workers fetch, lock and complete."""

from collections.abc import Mapping
from datetime import timedelta

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ExternalTask, LockedExternalTask, Topic
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException, RestException
from webapps.rest.dates import date_to_json
from webapps.rest.exchange import Answer, Request, no_content, ok
from webapps.rest.queries import Query
from webapps.rest.resource import Resource
from webapps.rest.values import boolean, count, duration, not_true, objects, only_true, required, text, texts, value_of
from webapps.rest.variables import variables_from_json, variables_to_json

_LONGEST_WAIT = timedelta(minutes=30)  # Camunda's limit
_QUERY = Query(
    criteria={
        "externalTaskId": ("external_task_id", text),
        "topicName": ("topic_name", text),
        "workerId": ("worker_id", text),
        "locked": ("locked", only_true),
        "notLocked": ("locked", not_true),
        "processInstanceId": ("instance_id", text),
        "activityId": ("activity_id", text),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionId": ("definition_id", text),
    },
    unavailable=(
        "activityIdIn executionId externalTaskIdIn lockExpirationAfter lockExpirationBefore noRetriesLeft"
        " priorityHigherThanOrEquals priorityLowerThanOrEquals processDefinitionKeyIn processInstanceIdIn suspended"
        " tenantIdIn"
    ),
)
_UNAVAILABLE_IN_TOPICS = frozenset(
    {"processDefinitionIdIn", "processDefinitionKeyIn", "processDefinitionVersionTag", "processVariables", "tenantIdIn"}
)


def fetch_and_lock(engine: ProcessEngine, request: Request) -> Answer:
    """Lock tasks for a worker. The answer comes at once, also if there is none and the worker would wait for one."""
    body = request.json_object()
    _check_wait(body)
    if value_of(body, "sorting", objects):
        raise InvalidRequestException("This engine cannot sort what a worker fetches; leave 'sorting' out.")
    locked = engine.external_task_service.fetch_and_lock(
        worker_id=required(body, "workerId", text),
        max_tasks=required(body, "maxTasks", count),
        topics=[_topic(topic) for topic in value_of(body, "topics", objects) or []],
        use_priority=value_of(body, "usePriority", boolean) or False,
    )
    return ok([_locked_task_to_json(task) for task in locked])


def list_tasks(engine: ProcessEngine, request: Request) -> Answer:
    """The external tasks that meet the criteria."""
    found = engine.external_task_service.external_tasks(**_QUERY.search_of(request))
    return ok([_task_to_json(task) for task in found])


def count_tasks(engine: ProcessEngine, request: Request) -> Answer:
    """How many meet the criteria."""
    return ok({"count": engine.external_task_service.count_external_tasks(**_QUERY.criteria_of(request))})


def get_task(engine: ProcessEngine, request: Request) -> Answer:
    """One external task."""
    return ok(_task_to_json(_task(engine, request)))


def get_error_details(engine: ProcessEngine, request: Request) -> Answer:
    """Nothing: workers cannot report failures yet. Clients ask for this with each task that they read."""
    _task(engine, request)
    return no_content()


def complete(engine: ProcessEngine, request: Request) -> Answer:
    """Complete a task; its local variables end with it."""
    body = request.json_object()
    try:
        engine.external_task_service.complete(
            request.path["task_id"], worker_id=required(body, "workerId", text), variables=variables_from_json(body)
        )
    except NotFoundException as exc:
        raise _no_task(request) from exc
    return no_content()


def unlock(engine: ProcessEngine, request: Request) -> Answer:
    """Let any worker fetch the task again."""
    try:
        engine.external_task_service.unlock(request.path["task_id"])
    except NotFoundException as exc:
        raise _no_task(request) from exc
    return no_content()


def extend_lock(engine: ProcessEngine, request: Request) -> Answer:
    """Keep the task for the worker who has it."""
    body = request.json_object()
    try:
        engine.external_task_service.extend_lock(
            request.path["task_id"],
            worker_id=required(body, "workerId", text),
            new_duration=required(body, "newDuration", duration),
        )
    except NotFoundException as exc:
        raise _no_task(request) from exc
    return no_content()


def _task(engine: ProcessEngine, request: Request) -> ExternalTask:
    found = engine.external_task_service.external_tasks(external_task_id=request.path["task_id"])
    if not found:
        raise _no_task(request)
    return found[0]


def _check_wait(body: Mapping[str, object]) -> None:
    wait = value_of(body, "asyncResponseTimeout", duration)
    if wait is not None and wait > _LONGEST_WAIT:
        raise InvalidRequestException(
            f"The value of 'asyncResponseTimeout' is {body['asyncResponseTimeout']!r};"
            f" the longest is {_LONGEST_WAIT // timedelta(milliseconds=1)} milliseconds."
        )


def _topic(topic: Mapping[str, object]) -> Topic:
    for name in sorted(_UNAVAILABLE_IN_TOPICS & topic.keys()):
        if topic[name]:
            raise InvalidRequestException(f"This engine cannot fetch tasks by {name!r}; leave it out.")
    return Topic(
        name=required(topic, "topicName", text),
        lock_duration=required(topic, "lockDuration", duration),
        variables=value_of(topic, "variables", texts),
        business_key=value_of(topic, "businessKey", text),
        definition_id=value_of(topic, "processDefinitionId", text),
        definition_key=value_of(topic, "processDefinitionKey", text),
    )


def _task_to_json(task: ExternalTask) -> dict[str, object]:
    return {
        "activityId": task.activity_id,
        "activityInstanceId": f"{task.activity_id}:{task.id}",
        "errorMessage": None,
        "executionId": task.instance_id,
        "id": task.id,
        "lockExpirationTime": date_to_json(task.lock_expiration_time),
        "createTime": date_to_json(task.create_time),
        "processDefinitionId": task.definition_id,
        "processDefinitionKey": task.definition_key,
        "processDefinitionVersionTag": None,
        "processInstanceId": task.instance_id,
        "retries": None,
        "suspended": False,
        "workerId": task.worker_id,
        "topicName": task.topic_name,
        "tenantId": None,
        "priority": task.priority,
        "businessKey": task.business_key,
    }


def _locked_task_to_json(task: LockedExternalTask) -> dict[str, object]:
    more = {"errorDetails": None, "variables": variables_to_json(task.variables), "extensionProperties": {}}
    return {**_task_to_json(task), **more}


def _no_task(request: Request) -> RestException:
    return RestException(404, f"External task with id {request.path['task_id']} does not exist")


RESOURCES = (
    Resource("/external-task", {"GET": list_tasks, "POST": list_tasks}),
    Resource("/external-task/count", {"GET": count_tasks, "POST": count_tasks}),
    Resource("/external-task/fetchAndLock", {"POST": fetch_and_lock}),
    Resource("/external-task/{task_id}", {"GET": get_task}),
    Resource("/external-task/{task_id}/errorDetails", {"GET": get_error_details}),
    Resource("/external-task/{task_id}/complete", {"POST": complete}),
    Resource("/external-task/{task_id}/unlock", {"POST": unlock}),
    Resource("/external-task/{task_id}/extendLock", {"POST": extend_lock}),
)
