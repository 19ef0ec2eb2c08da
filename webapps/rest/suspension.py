"""Suspends and activates one thing: a process instance, a job, a process definition."""

from dataclasses import dataclass
from datetime import datetime

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.batch import SuspensionStateDto
from webapps.rest.exchange import Request
from webapps.rest.process_definition import definition_id_of, no_definition, resources
from webapps.rest.resource import Resource


@dataclass(frozen=True, kw_only=True)
class ProcessDefinitionSuspensionStateDto(SuspensionStateDto):
    """Whether to suspend a process definition, and with its instances. It is done at once."""

    include_process_instances: bool = False
    execution_date: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ProcessDefinitionsSuspensionStateDto(ProcessDefinitionSuspensionStateDto):
    """The same, of the definition with an id, or of all versions of a key."""

    process_definition_id: str | None = None
    process_definition_key: str | None = None


def suspend_instance(engine: ProcessEngine, request: Request, body: SuspensionStateDto) -> None:
    """Suspend or activate a process instance."""
    service = engine.runtime_service
    change = service.suspend_process_instance if body.suspended else service.activate_process_instance
    change(request.path["instance_id"])


def suspend_job(engine: ProcessEngine, request: Request, body: SuspensionStateDto) -> None:
    """Suspend or activate a job."""
    service = engine.management_service
    (service.suspend_job if body.suspended else service.activate_job)(request.path["job_id"])


def suspend_definition(engine: ProcessEngine, request: Request, body: ProcessDefinitionSuspensionStateDto) -> None:
    """Suspend or activate a process definition, the latest one of a key."""
    _suspend_definition(engine, body, definition_id_of(engine, request), None)


def suspend_definitions(engine: ProcessEngine, _: Request, body: ProcessDefinitionsSuspensionStateDto) -> None:
    """Suspend or activate a process definition, or all versions of a key, as the body says."""
    if (body.process_definition_id is None) == (body.process_definition_key is None):
        raise InvalidRequestException("Either processDefinitionId or processDefinitionKey must be set.")
    _suspend_definition(engine, body, body.process_definition_id, body.process_definition_key)


def _suspend_definition(
    engine: ProcessEngine, body: ProcessDefinitionSuspensionStateDto, definition_id: str | None, key: str | None
) -> None:
    if body.execution_date is not None:
        raise InvalidRequestException("This engine suspends and activates at once; leave 'executionDate' out.")
    service = engine.repository_service
    change = service.suspend_process_definition if body.suspended else service.activate_process_definition
    try:
        change(definition_id=definition_id, key=key, include_instances=body.include_process_instances)
    except NotFoundException as exc:
        raise no_definition(definition_id or f"of key {key}") from exc


RESOURCES = (
    Resource("/process-instance/{instance_id}/suspended", {"PUT": suspend_instance}),
    Resource("/job/{job_id}/suspended", {"PUT": suspend_job}),
    Resource("/process-definition/suspended", {"PUT": suspend_definitions}),
    *resources("/suspended", {"PUT": suspend_definition}),
)
