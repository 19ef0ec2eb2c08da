"""The resources of incidents and jobs: what does not go on, and what is to be done later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_entities import Incident, Job
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.exchange import Answer, Request
from webapps.rest.external_task import RetriesDto
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.shapes import Body
from webapps.rest.values import date, long_integer, not_true, only_true, text, texts

_INCIDENTS = Query(
    criteria={
        "incidentId": ("incident_id", text),
        "incidentType": ("kind", text),
        "incidentMessage": ("message", text),
        "incidentMessageLike": ("message_like", text),
        "incidentTimestampBefore": ("before", date),
        "incidentTimestampAfter": ("after", date),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKeyIn": ("definition_keys", texts),
        "processInstanceId": ("instance_id", text),
        "executionId": ("instance_id", text),
        "activityId": ("activity_id", text),
        "failedActivityId": ("failed_activity_id", text),
        "causeIncidentId": ("cause_incident_id", text),
        "rootCauseIncidentId": ("root_cause_incident_id", text),
        "configuration": ("configuration", text),
    },
    unavailable="jobDefinitionIdIn tenantIdIn",
    orders=(
        "incidentId incidentTimestamp incidentType executionId activityId processInstanceId processDefinitionId"
        " causeIncidentId rootCauseIncidentId configuration incidentMessage"
    ),
)
JOB_QUERY = Query(
    criteria={
        "jobId": ("job_id", text),
        "jobIds": ("job_ids", texts),
        "processInstanceId": ("instance_id", text),
        "processInstanceIds": ("instance_ids", texts),
        "executionId": ("instance_id", text),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKey": ("definition_key", text),
        "activityId": ("activity_id", text),
        "failedActivityId": ("failed_activity_id", text),
        "timers": ("timers", only_true),
        "messages": ("timers", not_true),
        "withRetriesLeft": ("with_retries_left", only_true),
        "noRetriesLeft": ("no_retries_left", only_true),
        "executable": ("executable", only_true),
        "withException": ("with_exception", only_true),
        "exceptionMessage": ("exception_message", text),
        "priorityHigherThanOrEquals": ("min_priority", long_integer),
        "priorityLowerThanOrEquals": ("max_priority", long_integer),
        "active": ("suspended", not_true),
        "suspended": ("suspended", only_true),
    },
    unavailable="createTimes dueDates jobDefinitionId tenantIdIn",
    orders=(
        "jobId executionId processInstanceId processDefinitionId processDefinitionKey jobPriority jobRetries jobDueDate"
    ),
)


@dataclass(frozen=True, kw_only=True)
class IncidentDto:
    """An incident."""

    id: str
    process_definition_id: str | None
    process_instance_id: str | None
    execution_id: str | None
    incident_timestamp: datetime
    incident_type: str
    activity_id: str | None
    failed_activity_id: str | None
    cause_incident_id: str
    root_cause_incident_id: str
    configuration: str | None
    tenant_id: str | None = None
    incident_message: str | None
    job_definition_id: str | None = None
    annotation: str | None

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """The view of an incident."""
        return cls(
            id=incident.id,
            process_definition_id=incident.definition_id,
            process_instance_id=incident.instance_id,
            execution_id=incident.instance_id,
            incident_timestamp=incident.time,
            incident_type=incident.kind,
            activity_id=incident.activity_id,
            failed_activity_id=incident.failed_activity_id,
            cause_incident_id=incident.cause_incident_id,
            root_cause_incident_id=incident.root_cause_incident_id,
            configuration=incident.configuration,
            incident_message=incident.message,
            annotation=incident.annotation,
        )


@dataclass(frozen=True, kw_only=True)
class JobDto:
    """A job."""

    id: str
    job_definition_id: str | None = None
    due_date: datetime | None
    process_instance_id: str | None
    execution_id: str | None
    process_definition_id: str
    process_definition_key: str
    retries: int
    exception_message: str | None
    failed_activity_id: str | None
    suspended: bool
    priority: int
    tenant_id: str | None = None
    create_time: datetime
    batch_id: str | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        """The view of a job."""
        return cls(
            id=job.id,
            due_date=job.due,
            process_instance_id=job.instance_id,
            execution_id=job.instance_id,
            process_definition_id=job.definition_id,
            process_definition_key=job.definition_key,
            retries=job.retries,
            exception_message=job.error_message,
            failed_activity_id=job.failed_activity_id,
            suspended=job.suspended,
            priority=job.priority,
            create_time=job.created,
        )


@dataclass(frozen=True, kw_only=True)
class AnnotationDto(Body):
    """What somebody notes."""

    annotation: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobDueDateDto(Body):
    """When a job is to be done; null for as soon as possible."""

    duedate: datetime | None = None


def get_incident(engine: ProcessEngine, request: Request) -> IncidentDto:
    """One incident."""
    found = engine.runtime_service.incidents(incident_id=request.path["incident_id"])
    if not found:
        raise _no_incident(request)
    return IncidentDto.of(found[0])


def resolve_incident(engine: ProcessEngine, request: Request) -> None:
    """End an incident that a program made up; one of a job or of an external task ends with new retries."""
    try:
        engine.runtime_service.resolve_incident(request.path["incident_id"])
    except NotFoundException as exc:
        raise _no_incident(request) from exc


def annotate(engine: ProcessEngine, request: Request, body: AnnotationDto) -> None:
    """Note something about an incident."""
    engine.runtime_service.annotate_incident(request.path["incident_id"], body.annotation)


def clear_annotation(engine: ProcessEngine, request: Request) -> None:
    """Take away what was noted about an incident."""
    engine.runtime_service.annotate_incident(request.path["incident_id"], None)


def get_job(engine: ProcessEngine, request: Request) -> JobDto:
    """One job."""
    found = engine.management_service.jobs(job_id=request.path["job_id"])
    if not found:
        raise InvalidRequestException(f"Job with id {request.path['job_id']} does not exist", status=404)
    return JobDto.of(found[0])


def set_job_retries(engine: ProcessEngine, request: Request, body: RetriesDto) -> None:
    """Say how often a job is still tried."""
    engine.management_service.set_job_retries(request.path["job_id"], body.retries)


def set_due_date(engine: ProcessEngine, request: Request, body: JobDueDateDto) -> None:
    """Say when a job is to be done."""
    engine.management_service.set_job_due(request.path["job_id"], body.duedate)


def execute_job(engine: ProcessEngine, request: Request) -> None:
    """Do a job now."""
    engine.management_service.execute_job(request.path["job_id"])


def get_stacktrace(engine: ProcessEngine, request: Request) -> Answer:
    """The details of the last failure of a job, as plain text."""
    details = engine.management_service.job_error_details(request.path["job_id"])
    return Answer(body=(details or "").encode(errors="replace"), media_type="text/plain")


def _no_incident(request: Request) -> InvalidRequestException:
    return InvalidRequestException(f"No matching incident with id {request.path['incident_id']}", status=404)


RESOURCES = (
    *listed(
        "/incident",
        _INCIDENTS,
        lambda engine: engine.runtime_service.incidents,
        lambda engine: engine.runtime_service.count_incidents,
        IncidentDto,
        methods=("GET",),
    ),
    Resource("/incident/{incident_id}", {"GET": get_incident, "DELETE": resolve_incident}),
    Resource("/incident/{incident_id}/annotation", {"PUT": annotate, "DELETE": clear_annotation}),
    *listed(
        "/job",
        JOB_QUERY,
        lambda engine: engine.management_service.jobs,
        lambda engine: engine.management_service.count_jobs,
        JobDto,
    ),
    Resource("/job/{job_id}", {"GET": get_job}),
    Resource("/job/{job_id}/retries", {"PUT": set_job_retries}),
    Resource("/job/{job_id}/duedate", {"PUT": set_due_date}),
    Resource("/job/{job_id}/execute", {"POST": execute_job}),
    Resource("/job/{job_id}/stacktrace", {"GET": Operation(get_stacktrace, media_type="text/plain")}),
)
