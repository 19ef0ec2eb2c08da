"""The decision definition resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import DecisionDefinition, TypedValue
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException, RestException
from webapps.rest.exchange import Request
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Handler, Resource
from webapps.rest.shapes import Body, Variables
from webapps.rest.values import integer, only_true, text, texts

_QUERY = Query(
    criteria={
        "decisionDefinitionId": ("decision_id", text),
        "decisionDefinitionIdIn": ("decision_ids", texts),
        "key": ("key", text),
        "keyLike": ("key_like", text),
        "name": ("name", text),
        "nameLike": ("name_like", text),
        "version": ("version", integer),
        "versionTag": ("version_tag", text),
        "latestVersion": ("latest_version", only_true),
        "deploymentId": ("deployment_id", text),
        "resourceName": ("resource_name", text),
    },
    unavailable=(
        "category categoryLike decisionRequirementsDefinitionId decisionRequirementsDefinitionKey deployedAfter"
        " deployedAt resourceNameLike tenantIdIn versionTagLike withoutDecisionRequirementsDefinition"
    ),
    orders="id key name version versionTag deploymentId",
)


@dataclass(frozen=True, kw_only=True)
class DecisionDefinitionDto:
    """A decision definition."""

    id: str
    key: str
    category: str | None = None
    name: str | None
    version: int
    resource: str
    deployment_id: str
    tenant_id: str | None = None
    decision_requirements_definition_id: str | None = None
    decision_requirements_definition_key: str | None = None
    history_time_to_live: int | None
    version_tag: str | None

    @classmethod
    def of(cls, definition: DecisionDefinition) -> Self:
        """The view of a definition."""
        return cls(
            id=definition.id,
            key=definition.key,
            name=definition.name,
            version=definition.version,
            resource=definition.resource,
            deployment_id=definition.deployment_id,
            history_time_to_live=definition.history_time_to_live,
            version_tag=definition.version_tag,
        )


@dataclass(frozen=True)
class DecisionDefinitionDiagramDto:
    """The model of a decision."""

    id: str
    dmn_xml: str


@dataclass(frozen=True, kw_only=True)
class EvaluateDecisionDto(Body):
    """What to decide about."""

    variables: Variables = field(default_factory=dict)


def get_definition(engine: ProcessEngine, request: Request) -> DecisionDefinitionDto:
    """One decision definition."""
    decision_id = _decision_id(engine, request)
    try:
        return DecisionDefinitionDto.of(engine.repository_service.decision_definition(decision_id))
    except NotFoundException as exc:
        raise _no_decision(decision_id) from exc


def get_model(engine: ProcessEngine, request: Request) -> DecisionDefinitionDiagramDto:
    """The DMN of a decision."""
    decision_id = _decision_id(engine, request)
    try:
        model = engine.repository_service.decision_model(decision_id)
    except NotFoundException as exc:
        raise _no_decision(decision_id) from exc
    return DecisionDefinitionDiagramDto(decision_id, model.decode(errors="replace"))


def evaluate(engine: ProcessEngine, request: Request, body: EvaluateDecisionDto) -> list[Mapping[str, TypedValue]]:
    """Decide: one entry for each rule that matches, by the names of the outputs."""
    decision_id = _decision_id(engine, request)
    try:
        found = engine.decision_service.evaluate(decision_id=decision_id, variables=body.variables)
    except NotFoundException as exc:
        raise _no_decision(decision_id) from exc
    return [typed_variables(entry) for entry in found]


def _decision_id(engine: ProcessEngine, request: Request) -> str:
    if "key" not in request.path:
        return request.path["decision_id"]
    key, tenant = request.path["key"], request.path.get("tenant_id")
    found = engine.repository_service.decision_definitions(key=key, latest_version=True) if tenant is None else []
    if not found:
        which = "no tenant-id" if tenant is None else f"tenant-id: {tenant}"
        raise RestException(404, f"No matching decision definition with key: {key} and {which}")
    return found[0].id


def _no_decision(decision_id: str) -> InvalidRequestException:
    return InvalidRequestException(f"No matching decision definition with id {decision_id}", status=404)


def _resources(path: str, operations: Mapping[str, Handler]) -> tuple[Resource, ...]:
    ways = ("/{decision_id}", "/key/{key}", "/key/{key}/tenant-id/{tenant_id}")
    return tuple(Resource(f"/decision-definition{way}{path}", operations) for way in ways)


RESOURCES = (
    *listed(
        "/decision-definition",
        _QUERY,
        lambda engine: engine.repository_service.decision_definitions,
        lambda engine: engine.repository_service.count_decision_definitions,
        DecisionDefinitionDto,
        methods=("GET",),
    ),
    *_resources("", {"GET": get_definition}),
    *_resources("/xml", {"GET": get_model}),
    *_resources("/evaluate", {"POST": evaluate}),
)
