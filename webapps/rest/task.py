"""The user task resource."""

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.dates import date_to_json
from webapps.rest.exchange import Answer, Request, no_content, ok
from webapps.rest.queries import Query
from webapps.rest.resource import Resource
from webapps.rest.values import boolean, only_true, text, value_of
from webapps.rest.variables import variables_from_json, variables_to_json

_QUERY = Query(
    criteria={
        "taskId": ("task_id", text),
        "processInstanceId": ("instance_id", text),
        "processInstanceBusinessKey": ("business_key", text),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionId": ("definition_id", text),
        "taskDefinitionKey": ("task_definition_key", text),
        "assignee": ("assignee", text),
        "unassigned": ("unassigned", only_true),
        "name": ("name", text),
    },
    unavailable=(
        "activityInstanceIdIn assigned assigneeExpression assigneeIn assigneeLike assigneeLikeExpression assigneeNotIn"
        " candidateGroup candidateGroupExpression candidateGroupLike candidateGroups candidateGroupsExpression"
        " candidateUser candidateUserExpression caseDefinitionId caseDefinitionKey caseDefinitionName"
        " caseDefinitionNameLike caseExecutionId caseInstanceBusinessKey caseInstanceBusinessKeyLike caseInstanceId"
        " caseInstanceVariables createdAfter createdAfterExpression createdBefore createdBeforeExpression createdOn"
        " createdOnExpression delegationState deploymentId description descriptionLike dueAfter dueAfterExpression"
        " dueBefore dueBeforeExpression dueDate dueDateExpression executionId followUpAfter followUpAfterExpression"
        " followUpBefore followUpBeforeExpression followUpBeforeOrNotExistent followUpBeforeOrNotExistentExpression"
        " followUpDate followUpDateExpression involvedUser involvedUserExpression maxPriority minPriority nameLike"
        " nameNotEqual nameNotLike orQueries owner ownerExpression parentTaskId priority processDefinitionKeyIn"
        " processDefinitionName processDefinitionNameLike processInstanceBusinessKeyExpression"
        " processInstanceBusinessKeyIn processInstanceBusinessKeyLike processInstanceBusinessKeyLikeExpression"
        " processInstanceIdIn processVariables suspended taskDefinitionKeyIn taskDefinitionKeyLike"
        " taskDefinitionKeyNotIn taskIdIn taskVariables tenantIdIn updatedAfter updatedAfterExpression"
        " withCandidateGroups withCandidateUsers withDueDate withFollowUpDate withoutCandidateGroups"
        " withoutCandidateUsers withoutDueDate withoutFollowUpDate"
    ),
)


def list_tasks(engine: ProcessEngine, request: Request) -> Answer:
    """The tasks that meet the criteria."""
    return ok([_task_to_json(task) for task in engine.task_service.tasks(**_QUERY.search_of(request))])


def count_tasks(engine: ProcessEngine, request: Request) -> Answer:
    """How many meet the criteria."""
    return ok({"count": engine.task_service.count_tasks(**_QUERY.criteria_of(request))})


def get_task(engine: ProcessEngine, request: Request) -> Answer:
    """One task."""
    task_id = request.path["task_id"]
    found = engine.task_service.tasks(task_id=task_id)
    if not found:
        raise InvalidRequestException(f"No matching task with id {task_id}", status=404)
    return ok(_task_to_json(found[0]))


def claim(engine: ProcessEngine, request: Request) -> Answer:
    """Make a user the assignee, if nobody else is."""
    engine.task_service.claim(request.path["task_id"], value_of(request.json_object(), "userId", text))
    return no_content()


def unclaim(engine: ProcessEngine, request: Request) -> Answer:
    """Take the assignee away."""
    engine.task_service.set_assignee(request.path["task_id"], None)
    return no_content()


def assign(engine: ProcessEngine, request: Request) -> Answer:
    """Make a user the assignee, whoever is; null takes the assignee away."""
    engine.task_service.set_assignee(request.path["task_id"], value_of(request.json_object(), "userId", text))
    return no_content()


def complete(engine: ProcessEngine, request: Request) -> Answer:
    """Complete a task; the variables are answered if asked for."""
    body = request.json_object()
    wanted = value_of(body, "withVariablesInReturn", boolean)
    variables = engine.task_service.complete(request.path["task_id"], variables=variables_from_json(body))
    return ok(variables_to_json(variables)) if wanted else no_content()


def list_variables(engine: ProcessEngine, request: Request) -> Answer:
    """All variables that the task can see."""
    return ok(variables_to_json(engine.task_service.variables(request.path["task_id"])))


def _task_to_json(task: Task) -> dict[str, object]:
    return {
        "id": task.id,
        "name": task.name,
        "assignee": task.assignee,
        "owner": None,
        "created": date_to_json(task.created),
        "lastUpdated": None,
        "due": None,
        "followUp": None,
        "delegationState": None,
        "description": None,
        "executionId": task.instance_id,
        "parentTaskId": None,
        "priority": task.priority,
        "processDefinitionId": task.definition_id,
        "processInstanceId": task.instance_id,
        "caseExecutionId": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "taskDefinitionKey": task.task_definition_key,
        "suspended": False,
        "formKey": task.form_key,
        "camundaFormRef": None,
        "tenantId": None,
        "taskState": "Created",
    }


RESOURCES = (
    Resource("/task", {"GET": list_tasks, "POST": list_tasks}),
    Resource("/task/count", {"GET": count_tasks, "POST": count_tasks}),
    Resource("/task/{task_id}", {"GET": get_task}),
    Resource("/task/{task_id}/claim", {"POST": claim}),
    Resource("/task/{task_id}/unclaim", {"POST": unclaim}),
    Resource("/task/{task_id}/assignee", {"POST": assign}),
    Resource("/task/{task_id}/complete", {"POST": complete}),
    Resource("/task/{task_id}/variables", {"GET": list_variables}),
)
