"""The process definition resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance, TypedValue
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException, RestException
from webapps.rest.exchange import Request
from webapps.rest.forms import FormDto
from webapps.rest.links import link_to_self
from webapps.rest.listed import listed
from webapps.rest.process_instance import ProcessInstanceDto
from webapps.rest.queries import Query
from webapps.rest.resource import Handler, Operation, Resource
from webapps.rest.shapes import AnyJson, Body, Variables
from webapps.rest.values import boolean, integer, not_true, only_true, text, texts, value_of

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
        "versionTagLike": ("version_tag_like", text),
        "keyLike": ("key_like", text),
        "processDefinitionIdIn": ("definition_ids", texts),
        "startableInTasklist": ("startable_in_tasklist", only_true),
        "notStartableInTasklist": ("startable_in_tasklist", not_true),
        "active": ("suspended", not_true),
        "suspended": ("suspended", only_true),
        "deploymentId": ("deployment_id", text),
    },
    unavailable=(
        "category categoryLike deployedAfter deployedAt incidentId incidentMessage incidentMessageLike incidentType"
        " resourceName resourceNameLike startableBy tenantIdIn withoutVersionTag"
    ),
    orders="id key name version versionTag deploymentId",
)


@dataclass(frozen=True, kw_only=True)
class ProcessDefinitionDto:
    """A process definition."""

    id: str
    key: str
    category: str | None = None
    description: str | None = None
    name: str | None
    version: int
    resource: str
    deployment_id: str
    diagram: str | None = None
    suspended: bool
    tenant_id: str | None = None
    version_tag: str | None
    history_time_to_live: int | None
    startable_in_tasklist: bool

    @classmethod
    def of(cls, definition: ProcessDefinition) -> Self:
        """The view of a definition."""
        return cls(
            id=definition.id,
            key=definition.key,
            name=definition.name,
            version=definition.version,
            resource=definition.resource,
            deployment_id=definition.deployment_id,
            version_tag=definition.version_tag,
            suspended=definition.suspended,
            history_time_to_live=definition.history_time_to_live,
            startable_in_tasklist=definition.startable_in_tasklist,
        )


@dataclass(frozen=True)
class ProcessDefinitionDiagramDto:
    """The model of a process."""

    id: str
    bpmn20_xml: str


@dataclass(frozen=True, kw_only=True)
class StartProcessInstanceDto(Body):
    """How to start an instance."""

    variables: Variables = field(default_factory=dict)
    business_key: str | None = None
    with_variables_in_return: bool = False
    start_instructions: AnyJson = None


@dataclass(frozen=True, kw_only=True)
class ProcessInstanceWithVariablesDto(ProcessInstanceDto):
    """A process instance with its variables."""

    variables: Mapping[str, TypedValue]


def get_definition(engine: ProcessEngine, request: Request) -> ProcessDefinitionDto:
    """One process definition."""
    definition_id = definition_id_of(engine, request)
    try:
        return ProcessDefinitionDto.of(engine.repository_service.process_definition(definition_id))
    except NotFoundException as exc:
        raise no_definition(definition_id) from exc


def get_model(engine: ProcessEngine, request: Request) -> ProcessDefinitionDiagramDto:
    """The BPMN of a process definition."""
    definition_id = definition_id_of(engine, request)
    try:
        model = engine.repository_service.process_model(definition_id)
    except NotFoundException as exc:
        raise no_definition(definition_id) from exc
    return ProcessDefinitionDiagramDto(definition_id, model.decode(errors="replace"))


def start(
    engine: ProcessEngine, request: Request, body: StartProcessInstanceDto
) -> ProcessInstanceDto | ProcessInstanceWithVariablesDto:
    """Start an instance."""
    if body.start_instructions:
        raise InvalidRequestException("This engine starts a process at its start event; leave 'startInstructions' out.")
    definition_id = definition_id_of(engine, request)
    try:
        instance = engine.runtime_service.start_process_instance(
            definition_id=definition_id, variables=body.variables, business_key=body.business_key
        )
    except NotFoundException as exc:
        raise no_definition(definition_id) from exc
    return started(request, instance, with_variables=body.with_variables_in_return)


def submit_form(
    engine: ProcessEngine, request: Request, body: StartProcessInstanceDto
) -> ProcessInstanceDto | ProcessInstanceWithVariablesDto:
    """Start an instance with what was entered in the start form."""
    definition_id = definition_id_of(engine, request)
    try:
        instance = engine.form_service.submit_start_form(definition_id, body.variables, body.business_key)
    except NotFoundException as exc:
        raise no_definition(definition_id) from exc
    return started(request, instance, with_variables=body.with_variables_in_return)


def get_start_form(engine: ProcessEngine, request: Request) -> FormDto:
    """Which start form a process has."""
    definition_id = definition_id_of(engine, request)
    try:
        return FormDto(engine.form_service.get_start_form(definition_id).key)
    except NotFoundException as exc:
        raise no_definition(definition_id) from exc


def get_form_variables(engine: ProcessEngine, request: Request) -> Mapping[str, TypedValue]:
    """The variables that the start form has a default for."""
    definition_id = definition_id_of(engine, request)
    names = value_of(request.query, "variableNames", texts)
    try:
        return engine.form_service.get_start_form_variables(definition_id, names)
    except NotFoundException as exc:
        raise no_definition(definition_id) from exc


def started(
    request: Request, instance: ProcessInstance, *, with_variables: bool
) -> ProcessInstanceDto | ProcessInstanceWithVariablesDto:
    """The answer to a start."""
    view = ProcessInstanceDto.of(instance, link_to_self(request, f"/process-instance/{instance.id}"))
    return ProcessInstanceWithVariablesDto(**vars(view), variables=instance.variables) if with_variables else view


def definition_id_of(engine: ProcessEngine, request: Request) -> str:
    """The id in the path, or that of the latest version under the key in the path.

    Raises:
        RestException: There is none under that key (404).
    """
    if "key" not in request.path:
        return request.path["definition_id"]
    key, tenant = request.path["key"], request.path.get("tenant_id")
    found = engine.repository_service.process_definitions(key=key, latest_version=True) if tenant is None else []
    if not found:
        which = "no tenant-id" if tenant is None else f"tenant-id: {tenant}"
        raise RestException(404, f"No matching process definition with key: {key} and {which}")
    return found[0].id


def no_definition(definition_id: str) -> InvalidRequestException:
    """The error for an id that no definition has."""
    return InvalidRequestException(f"No matching definition with id {definition_id}", status=404)


def resources(path: str, operations: Mapping[str, Operation | Handler]) -> tuple[Resource, ...]:
    """The same of a definition by its id, of the latest one under a key, and of the latest one of a tenant."""
    ways = ("/{definition_id}", "/key/{key}", "/key/{key}/tenant-id/{tenant_id}")
    return tuple(Resource(f"/process-definition{way}{path}", operations) for way in ways)


RESOURCES = (
    *listed(
        "/process-definition",
        _QUERY,
        lambda engine: engine.repository_service.process_definitions,
        lambda engine: engine.repository_service.count_process_definitions,
        ProcessDefinitionDto,
        methods=("GET",),
    ),
    *resources("", {"GET": get_definition}),
    *resources("/start", {"POST": start}),
    *resources("/xml", {"GET": get_model}),
    *resources("/submit-form", {"POST": submit_form}),
    *resources("/startForm", {"GET": get_start_form}),
    *resources(
        "/form-variables",
        {"GET": Operation(get_form_variables, parameters={"variableNames": texts, "deserializeValues": boolean})},
    ),
)
