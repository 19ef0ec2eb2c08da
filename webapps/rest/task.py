"""The user task resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task, TypedValue
from engine_telemetry.engine.task_queries import CRITERIA, ORDERS, Kind
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.conditions import conditions
from webapps.rest.exchange import Request
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.shapes import Body, Variables
from webapps.rest.values import Converter, date, integer, not_true, only_true, text, texts

_CONVERTERS: Mapping[Kind, Converter] = {
    "text": text,
    "integer": integer,
    "texts": texts,
    "date": date,
    "yes": only_true,
    "no": not_true,
    "conditions": conditions,
}
TASK_QUERY = Query(
    criteria={name: (keyword, _CONVERTERS[kind]) for name, (keyword, kind) in CRITERIA.items()},
    unavailable=(
        "assigneeExpression assigneeLikeExpression candidateGroupExpression candidateGroupLike"
        " candidateGroupsExpression candidateUserExpression caseDefinitionId caseDefinitionKey caseDefinitionName"
        " caseDefinitionNameLike caseExecutionId caseInstanceBusinessKey caseInstanceBusinessKeyLike caseInstanceId"
        " caseInstanceVariables createdAfterExpression createdBeforeExpression createdOnExpression dueAfterExpression"
        " dueBeforeExpression dueDateExpression followUpAfterExpression followUpBeforeExpression"
        " followUpBeforeOrNotExistentExpression followUpDateExpression involvedUserExpression ownerExpression"
        " parentTaskId processInstanceBusinessKeyExpression processInstanceBusinessKeyLikeExpression tenantIdIn"
        " updatedAfterExpression variableNamesIgnoreCase variableValuesIgnoreCase"
    ),
    orders=ORDERS,
    or_queries=True,
)


@dataclass(frozen=True, kw_only=True)
class TaskDto:
    """A user task."""

    id: str
    name: str | None
    assignee: str | None
    owner: str | None
    created: datetime
    last_updated: datetime | None
    due: datetime | None
    follow_up: datetime | None
    delegation_state: str | None
    description: str | None
    execution_id: str
    parent_task_id: str | None = None
    priority: int
    process_definition_id: str
    process_instance_id: str
    case_execution_id: str | None = None
    case_definition_id: str | None = None
    case_instance_id: str | None = None
    task_definition_key: str
    suspended: bool
    form_key: str | None
    camunda_form_ref: str | None = None
    tenant_id: str | None = None
    task_state: Literal["Created", "Updated"]

    @classmethod
    def of(cls, task: Task) -> Self:
        """The view of a task."""
        return cls(
            id=task.id,
            name=task.name,
            assignee=task.assignee,
            owner=task.owner,
            created=task.created,
            last_updated=task.last_updated,
            due=task.due,
            follow_up=task.follow_up,
            delegation_state=task.delegation_state,
            description=task.description,
            execution_id=task.instance_id,
            priority=task.priority,
            process_definition_id=task.definition_id,
            process_instance_id=task.instance_id,
            task_definition_key=task.task_definition_key,
            suspended=task.suspended,
            form_key=task.form_key,
            task_state="Created" if task.last_updated is None else "Updated",
        )


@dataclass(frozen=True, kw_only=True)
class UserIdDto(Body):
    """A user."""

    user_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class CompleteTaskDto(Body):
    """What to complete a task with."""

    variables: Variables = field(default_factory=dict)
    with_variables_in_return: bool = False


@dataclass(frozen=True, kw_only=True)
class SaveTaskDto(Body):
    """What a task shall be like; what is missing is taken away."""

    name: str | None = None
    description: str | None = None
    assignee: str | None = None
    owner: str | None = None
    delegation_state: str | None = None
    due: datetime | None = None
    follow_up: datetime | None = None
    priority: int = 50


@dataclass(frozen=True, kw_only=True)
class TaskBpmnErrorDto(Body):
    """A BPMN error."""

    error_code: str | None = None
    error_message: str | None = None
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskEscalationDto(Body):
    """A BPMN escalation."""

    escalation_code: str | None = None
    variables: Variables = field(default_factory=dict)


def task_of(engine: ProcessEngine, request: Request) -> Task:
    """The task in the path.

    Raises:
        InvalidRequestException: There is none (404).
    """
    found = engine.task_service.tasks(task_id=request.path["task_id"])
    if not found:
        raise InvalidRequestException(f"No matching task with id {request.path['task_id']}", status=404)
    return found[0]


def get_task(engine: ProcessEngine, request: Request) -> TaskDto:
    """One task."""
    return TaskDto.of(task_of(engine, request))


def save(engine: ProcessEngine, request: Request, body: SaveTaskDto) -> None:
    """Change what a task is like."""
    engine.task_service.save(
        task_of(engine, request).id,
        name=body.name,
        description=body.description,
        assignee=body.assignee,
        owner=body.owner,
        delegation_state=body.delegation_state,
        due=body.due,
        follow_up=body.follow_up,
        priority=body.priority,
    )


def claim(engine: ProcessEngine, request: Request, body: UserIdDto) -> None:
    """Make a user the assignee, if nobody else is."""
    engine.task_service.claim(request.path["task_id"], body.user_id)


def unclaim(engine: ProcessEngine, request: Request) -> None:
    """Take the assignee away."""
    engine.task_service.unclaim(request.path["task_id"])


def assign(engine: ProcessEngine, request: Request, body: UserIdDto) -> None:
    """Make a user the assignee, whoever is; null takes the assignee away."""
    engine.task_service.set_assignee(request.path["task_id"], body.user_id)


def delegate(engine: ProcessEngine, request: Request, body: UserIdDto) -> None:
    """Have a user work on a task for its owner."""
    engine.task_service.delegate(request.path["task_id"], body.user_id)


def resolve(engine: ProcessEngine, request: Request, body: CompleteTaskDto) -> None:
    """Give a delegated task back to its owner."""
    engine.task_service.resolve(request.path["task_id"], variables=body.variables)


def complete(engine: ProcessEngine, request: Request, body: CompleteTaskDto) -> Mapping[str, TypedValue] | None:
    """Complete a task; the variables are answered if asked for."""
    task_id, service = request.path["task_id"], engine.task_service
    if body.with_variables_in_return:
        return service.complete_with_variables_in_return(task_id, variables=body.variables)
    service.complete(task_id, variables=body.variables)
    return None


def submit_form(engine: ProcessEngine, request: Request, body: CompleteTaskDto) -> Mapping[str, TypedValue] | None:
    """Complete a task, or resolve a delegated one, with what was entered in its form."""
    variables = engine.form_service.submit_task_form(request.path["task_id"], body.variables)
    return variables if body.with_variables_in_return else None


def throw_error(engine: ProcessEngine, request: Request, body: TaskBpmnErrorDto) -> None:
    """Throw a BPMN error in a task."""
    code = body.error_code or ""
    engine.task_service.throw_error(request.path["task_id"], code, message=body.error_message, variables=body.variables)


def throw_escalation(engine: ProcessEngine, request: Request, body: TaskEscalationDto) -> None:
    """Throw a BPMN escalation in a task."""
    engine.task_service.throw_escalation(request.path["task_id"], body.escalation_code or "", variables=body.variables)


RESOURCES = (
    *listed(
        "/task",
        TASK_QUERY,
        lambda engine: engine.task_service.tasks,
        lambda engine: engine.task_service.count_tasks,
        TaskDto,
    ),
    Resource("/task/{task_id}", {"GET": get_task, "PUT": save}),
    Resource("/task/{task_id}/claim", {"POST": claim}),
    Resource("/task/{task_id}/unclaim", {"POST": unclaim}),
    Resource("/task/{task_id}/assignee", {"POST": assign}),
    Resource("/task/{task_id}/delegate", {"POST": delegate}),
    Resource("/task/{task_id}/resolve", {"POST": resolve}),
    Resource("/task/{task_id}/complete", {"POST": Operation(complete, may_be_empty=True)}),
    Resource("/task/{task_id}/submit-form", {"POST": Operation(submit_form, may_be_empty=True)}),
    Resource("/task/{task_id}/bpmnError", {"POST": throw_error}),
    Resource("/task/{task_id}/bpmnEscalation", {"POST": throw_escalation}),
)
