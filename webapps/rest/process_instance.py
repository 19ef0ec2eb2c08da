"""The process instance resource, with its variables."""

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessInstance, TypedValue
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.exchange import Answer, Request, no_content, ok
from webapps.rest.queries import Query
from webapps.rest.resource import Resource
from webapps.rest.values import boolean, text, texts, value_of
from webapps.rest.variables import variable_from_json, variable_to_json, variables_from_json, variables_to_json

_QUERY = Query(
    criteria={
        "processInstanceIds": ("instance_ids", texts),
        "businessKey": ("business_key", text),
        "businessKeyLike": ("business_key_like", text),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionId": ("definition_id", text),
    },
    unavailable=(
        "activityIdIn caseInstanceId deploymentId incidentId incidentMessage incidentMessageLike incidentType orQueries"
        " processDefinitionKeyIn processDefinitionKeyNotIn subCaseInstance subProcessInstance superCaseInstance"
        " superProcessInstance suspended tenantIdIn variables withIncident"
    ),
)


def list_instances(engine: ProcessEngine, request: Request) -> Answer:
    """The running process instances that meet the criteria."""
    found = engine.runtime_service.process_instances(**_QUERY.search_of(request))
    return ok([instance_to_json(instance) for instance in found])


def count_instances(engine: ProcessEngine, request: Request) -> Answer:
    """How many meet the criteria."""
    return ok({"count": engine.runtime_service.count_process_instances(**_QUERY.criteria_of(request))})


def get_instance(engine: ProcessEngine, request: Request) -> Answer:
    """One running process instance."""
    found = engine.runtime_service.process_instances(instance_id=request.path["instance_id"])
    if not found:
        raise _no_instance(request)
    return ok(instance_to_json(found[0]))


def delete_instance(engine: ProcessEngine, request: Request) -> Answer:
    """Delete a running process instance."""
    must_exist = value_of(request.query, "failIfNotExists", boolean)
    try:
        engine.runtime_service.delete_process_instance(request.path["instance_id"])
    except NotFoundException as exc:
        if must_exist is not False:
            raise _no_instance(request) from exc
    return no_content()


def list_variables(engine: ProcessEngine, request: Request) -> Answer:
    """All variables of a process instance."""
    return ok(variables_to_json(engine.runtime_service.variables(request.path["instance_id"])))


def change_variables(engine: ProcessEngine, request: Request) -> Answer:
    """Set some variables and remove others."""
    body = request.json_object()
    engine.runtime_service.update_variables(
        request.path["instance_id"],
        modifications=variables_from_json(body, "modifications"),
        deletions=value_of(body, "deletions", texts) or (),
    )
    return no_content()


def get_variable(engine: ProcessEngine, request: Request) -> Answer:
    """One variable."""
    return ok(variable_to_json(_variable(engine, request)))


def get_variable_content(engine: ProcessEngine, request: Request) -> Answer:
    """The bytes of a variable of the type Bytes."""
    variable = _variable(engine, request)
    if not isinstance(variable.value, bytes):
        raise InvalidRequestException(f"The value of type {variable.type} is not binary.")
    return Answer(
        body=variable.value,
        media_type="application/octet-stream",
        headers={"Content-Disposition": "attachment"},
    )


def put_variable(engine: ProcessEngine, request: Request) -> Answer:
    """Set one variable."""
    name = request.path["name"]
    value = variable_from_json(name, request.json_object())
    engine.runtime_service.set_variables(request.path["instance_id"], {name: value})
    return no_content()


def delete_variable(engine: ProcessEngine, request: Request) -> Answer:
    """Remove one variable."""
    engine.runtime_service.remove_variable(request.path["instance_id"], request.path["name"])
    return no_content()


def instance_to_json(instance: ProcessInstance) -> dict[str, object]:
    """A process instance with all of Camunda's members."""
    return {
        "links": [],
        "id": instance.id,
        "definitionId": instance.definition_id,
        "definitionKey": instance.definition_key,
        "businessKey": instance.business_key,
        "caseInstanceId": None,
        "ended": instance.ended,
        "suspended": False,
        "tenantId": None,
    }


def _variable(engine: ProcessEngine, request: Request) -> TypedValue:
    name = request.path["name"]
    variable = engine.runtime_service.variable(request.path["instance_id"], name)
    if variable is None:
        raise InvalidRequestException(f"process instance variable with name {name} does not exist", status=404)
    return variable


def _no_instance(request: Request) -> InvalidRequestException:
    return InvalidRequestException(f"Process instance with id {request.path['instance_id']} does not exist", status=404)


RESOURCES = (
    Resource("/process-instance", {"GET": list_instances, "POST": list_instances}),
    Resource("/process-instance/count", {"GET": count_instances, "POST": count_instances}),
    Resource("/process-instance/{instance_id}", {"GET": get_instance, "DELETE": delete_instance}),
    Resource("/process-instance/{instance_id}/variables", {"GET": list_variables, "POST": change_variables}),
    Resource(
        "/process-instance/{instance_id}/variables/{name}",
        {"GET": get_variable, "PUT": put_variable, "DELETE": delete_variable},
    ),
    Resource("/process-instance/{instance_id}/variables/{name}/data", {"GET": get_variable_content}),
)
