"""The process definition resource."""

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessDefinition
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException, RestException
from webapps.rest.exchange import Answer, Request, ok
from webapps.rest.links import link_to_self
from webapps.rest.process_instance import instance_to_json
from webapps.rest.queries import Query
from webapps.rest.resource import Resource
from webapps.rest.values import boolean, integer, objects, only_true, text, texts, value_of
from webapps.rest.variables import variables_from_json, variables_to_json

_QUERY = Query(
    criteria={
        "processDefinitionId": ("definition_id", text),
        "key": ("key", text),
        "keysIn": ("keys", texts),
        "name": ("name", text),
        "nameLike": ("name_like", text),
        "version": ("version", integer),
        "versionTag": ("version_tag", text),
        "latestVersion": ("latest_version", only_true),
        "deploymentId": ("deployment_id", text),
    },
    unavailable=(
        "category categoryLike deployedAfter deployedAt incidentId incidentMessage incidentMessageLike incidentType"
        " keyLike notStartableInTasklist processDefinitionIdIn resourceName resourceNameLike startableBy suspended"
        " tenantIdIn versionTagLike withoutVersionTag"
    ),
)


def list_definitions(engine: ProcessEngine, request: Request) -> Answer:
    """The process definitions that meet the criteria."""
    found = engine.repository_service.process_definitions(**_QUERY.search_of(request))
    return ok([definition_to_json(definition) for definition in found])


def count_definitions(engine: ProcessEngine, request: Request) -> Answer:
    """How many meet the criteria."""
    return ok({"count": engine.repository_service.count_process_definitions(**_QUERY.criteria_of(request))})


def get_definition(engine: ProcessEngine, request: Request) -> Answer:
    """One process definition, by its id."""
    try:
        definition = engine.repository_service.process_definition(request.path["definition_id"])
    except NotFoundException as exc:
        raise _no_definition(request) from exc
    return ok(definition_to_json(definition))


def get_latest_definition(engine: ProcessEngine, request: Request) -> Answer:
    """The latest version under a key."""
    return ok(definition_to_json(_latest(engine, request)))


def get_model(engine: ProcessEngine, request: Request) -> Answer:
    """The BPMN of one process definition."""
    return _model(engine, request.path["definition_id"], request)


def get_latest_model(engine: ProcessEngine, request: Request) -> Answer:
    """The BPMN of the latest version under a key."""
    return _model(engine, _latest(engine, request).id, request)


def start(engine: ProcessEngine, request: Request) -> Answer:
    """Start an instance of one process definition."""
    return _start(engine, request.path["definition_id"], request)


def start_latest(engine: ProcessEngine, request: Request) -> Answer:
    """Start an instance of the latest version under a key."""
    return _start(engine, _latest(engine, request).id, request)


def definition_to_json(definition: ProcessDefinition) -> dict[str, object]:
    """A process definition with all of Camunda's members."""
    return {
        "id": definition.id,
        "key": definition.key,
        "category": None,
        "description": None,
        "name": definition.name,
        "version": definition.version,
        "resource": definition.resource,
        "deploymentId": definition.deployment_id,
        "diagram": None,
        "suspended": False,
        "tenantId": None,
        "versionTag": definition.version_tag,
        "historyTimeToLive": None,
        "startableInTasklist": True,
    }


def _latest(engine: ProcessEngine, request: Request) -> ProcessDefinition:
    key = request.path["key"]
    found = engine.repository_service.process_definitions(key=key, latest_version=True)
    if not found:
        raise RestException(404, f"No matching process definition with key: {key} and no tenant-id")
    return found[0]


def _model(engine: ProcessEngine, definition_id: str, request: Request) -> Answer:
    try:
        model = engine.repository_service.process_model(definition_id)
    except NotFoundException as exc:
        raise _no_definition(request) from exc
    return ok({"id": definition_id, "bpmn20Xml": model.decode(errors="replace")})


def _start(engine: ProcessEngine, definition_id: str, request: Request) -> Answer:
    body = request.json_object()
    if value_of(body, "startInstructions", objects):
        raise InvalidRequestException("This engine starts a process at its start event; leave 'startInstructions' out.")
    try:
        instance = engine.runtime_service.start_process_instance(
            definition_id=definition_id,
            variables=variables_from_json(body),
            business_key=value_of(body, "businessKey", text),
        )
    except NotFoundException as exc:
        raise _no_definition(request) from exc
    links = link_to_self(request, f"/process-instance/{instance.id}")
    answer = {**instance_to_json(instance), "links": links}
    if value_of(body, "withVariablesInReturn", boolean):
        answer["variables"] = variables_to_json(instance.variables)
    return ok(answer)


def _no_definition(request: Request) -> InvalidRequestException:
    return InvalidRequestException(f"No matching definition with id {request.path['definition_id']}", status=404)


RESOURCES = (
    Resource("/process-definition", {"GET": list_definitions}),
    Resource("/process-definition/count", {"GET": count_definitions}),
    Resource("/process-definition/{definition_id}", {"GET": get_definition}),
    Resource("/process-definition/{definition_id}/start", {"POST": start}),
    Resource("/process-definition/{definition_id}/xml", {"GET": get_model}),
    Resource("/process-definition/key/{key}", {"GET": get_latest_definition}),
    Resource("/process-definition/key/{key}/start", {"POST": start_latest}),
    Resource("/process-definition/key/{key}/xml", {"GET": get_latest_model}),
)
