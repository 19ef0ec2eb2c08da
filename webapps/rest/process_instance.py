"""The process instance resource."""

from dataclasses import dataclass
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessInstance
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.activity_instance import ActivityInstanceDto
from webapps.rest.conditions import conditions
from webapps.rest.exchange import Request
from webapps.rest.links import AtomLink
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.scope_variables import ScopeVariables
from webapps.rest.values import boolean, not_true, only_true, text, texts, value_of

INSTANCE_QUERY = Query(
    criteria={
        "processInstanceIds": ("instance_ids", texts),
        "businessKey": ("business_key", text),
        "businessKeyLike": ("business_key_like", text),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionKeyIn": ("definition_keys", texts),
        "processDefinitionKeyNotIn": ("definition_keys_not", texts),
        "processDefinitionId": ("definition_id", text),
        "deploymentId": ("deployment_id", text),
        "superProcessInstance": ("super_instance_id", text),
        "subProcessInstance": ("sub_instance_id", text),
        "rootProcessInstances": ("root_only", only_true),
        "leafProcessInstances": ("leaf_only", only_true),
        "active": ("suspended", not_true),
        "suspended": ("suspended", only_true),
        "activityIdIn": ("activity_ids", texts),
        "withIncident": ("with_incidents", only_true),
        "incidentId": ("incident_id", text),
        "incidentType": ("incident_kind", text),
        "incidentMessage": ("incident_message", text),
        "incidentMessageLike": ("incident_message_like", text),
        "variables": ("variables", conditions),
    },
    unavailable=(
        "caseInstanceId orQueries subCaseInstance superCaseInstance tenantIdIn variableNamesIgnoreCase"
        " variableValuesIgnoreCase"
    ),
    orders="instanceId businessKey definitionId definitionKey",
)

# There are no listeners to be skipped, and no subprocesses but called ones, which end with their caller.
_DELETE_PARAMETERS = dict.fromkeys(
    ("failIfNotExists", "skipCustomListeners", "skipIoMappings", "skipSubprocesses"), boolean
)


@dataclass(frozen=True, kw_only=True)
class ProcessInstanceDto:
    """A process instance."""

    links: tuple[AtomLink, ...] = ()
    id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    case_instance_id: str | None = None
    ended: bool
    suspended: bool
    tenant_id: str | None = None

    @classmethod
    def of(cls, instance: ProcessInstance, links: tuple[AtomLink, ...] = ()) -> Self:
        """The view of an instance."""
        return cls(
            links=links,
            id=instance.id,
            definition_id=instance.definition_id,
            definition_key=instance.definition_key,
            business_key=instance.business_key,
            ended=instance.ended,
            suspended=instance.suspended,
        )


def get_instance(engine: ProcessEngine, request: Request) -> ProcessInstanceDto:
    """One running process instance."""
    found = engine.runtime_service.process_instances(instance_id=request.path["instance_id"])
    if not found:
        raise _no_instance(request)
    return ProcessInstanceDto.of(found[0])


def delete_instance(engine: ProcessEngine, request: Request) -> None:
    """Delete a running process instance."""
    must_exist = value_of(request.query, "failIfNotExists", boolean)
    try:
        engine.runtime_service.delete_process_instance(request.path["instance_id"])
    except NotFoundException as exc:
        if must_exist is not False:
            raise _no_instance(request) from exc


def get_activities(engine: ProcessEngine, request: Request) -> ActivityInstanceDto:
    """What goes on in a process instance, as a tree."""
    instance_id = request.path["instance_id"]
    found = engine.runtime_service.process_instances(instance_id=instance_id)
    if not found:
        raise InvalidRequestException(f"Process instance with id {instance_id} does not exist", status=404)
    tree = engine.runtime_service.activity_instance(instance_id)
    incidents = engine.runtime_service.incidents(instance_id=instance_id)
    return ActivityInstanceDto.of(tree, found[0], incidents)


def _no_instance(request: Request) -> InvalidRequestException:
    return InvalidRequestException(f"Process instance with id {request.path['instance_id']} does not exist", status=404)


RESOURCES = (
    *listed(
        "/process-instance",
        INSTANCE_QUERY,
        lambda engine: engine.runtime_service.process_instances,
        lambda engine: engine.runtime_service.count_process_instances,
        ProcessInstanceDto,
    ),
    Resource(
        "/process-instance/{instance_id}",
        {"GET": get_instance, "DELETE": Operation(delete_instance, parameters=_DELETE_PARAMETERS)},
    ),
    Resource("/process-instance/{instance_id}/activity-instances", {"GET": get_activities}),
    *ScopeVariables(
        "/process-instance/{instance_id}/variables", "process instance", lambda engine: engine.runtime_service
    ).resources(),
)
