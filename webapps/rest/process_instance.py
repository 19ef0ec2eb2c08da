"""The process instance resource."""

from dataclasses import dataclass
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessInstance
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.exchange import Request
from webapps.rest.links import AtomLink
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.scope_variables import ScopeVariables
from webapps.rest.values import boolean, text, texts, value_of

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
    suspended: bool = False
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


def _no_instance(request: Request) -> InvalidRequestException:
    return InvalidRequestException(f"Process instance with id {request.path['instance_id']} does not exist", status=404)


RESOURCES = (
    *listed(
        "/process-instance",
        _QUERY,
        lambda engine: engine.runtime_service.process_instances,
        lambda engine: engine.runtime_service.count_process_instances,
        ProcessInstanceDto,
    ),
    Resource(
        "/process-instance/{instance_id}",
        {"GET": get_instance, "DELETE": Operation(delete_instance, parameters=_DELETE_PARAMETERS)},
    ),
    *ScopeVariables(
        "/process-instance/{instance_id}/variables", "process instance", lambda engine: engine.runtime_service
    ).resources(),
)
