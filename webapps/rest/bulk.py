"""Operations on many things at once: those that make a batch of it, and the suspension of many instances in one go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_criteria import ProcessInstanceCriteria
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.batch import BatchDto, SuspensionStateDto
from webapps.rest.exchange import Request
from webapps.rest.external_task import EXTERNAL_TASK_QUERY, RetriesDto
from webapps.rest.incident import JOB_QUERY
from webapps.rest.process_instance import INSTANCE_QUERY
from webapps.rest.queries import Query
from webapps.rest.resource import Resource
from webapps.rest.shapes import Body, Content


@dataclass(frozen=True, kw_only=True)
class _OfInstances(Body):
    process_instance_ids: tuple[str, ...] = ()
    process_instance_query: Content | None = None
    historic_process_instance_query: Content | None = None

    @property
    def search(self) -> dict[str, Any] | None:
        _refuse("historicProcessInstanceQuery", self.historic_process_instance_query)
        return _search(INSTANCE_QUERY, self.process_instance_query)


@dataclass(frozen=True, kw_only=True)
class DeleteProcessInstancesDto(_OfInstances):
    """Which process instances to delete, and why. There are no listeners to be skipped, and called ones end too."""

    delete_reason: str | None = None
    fail_if_not_exists: bool = True


@dataclass(frozen=True, kw_only=True)
class ProcessInstanceSuspensionStateAsyncDto(_OfInstances, SuspensionStateDto):
    """Which process instances to suspend or to activate."""


@dataclass(frozen=True, kw_only=True)
class ProcessInstanceSuspensionStateDto(ProcessInstanceSuspensionStateAsyncDto):
    """The same, or those of a process definition."""

    process_definition_id: str | None = None
    process_definition_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class SetJobRetriesDto(RetriesDto):
    """How often jobs are still tried, and which."""

    job_ids: tuple[str, ...] = ()
    job_query: Content | None = None


@dataclass(frozen=True, kw_only=True)
class SetJobRetriesByProcessDto(RetriesDto):
    """How often what failed in process instances is still tried, and in which."""

    process_instances: tuple[str, ...] = ()
    process_instance_query: Content | None = None
    historic_process_instance_query: Content | None = None


@dataclass(frozen=True, kw_only=True)
class SetRetriesForExternalTasksDto(RetriesDto):
    """How often external tasks may still fail, and which, or those of which process instances."""

    external_task_ids: tuple[str, ...] = ()
    process_instance_ids: tuple[str, ...] = ()
    external_task_query: Content | None = None
    process_instance_query: Content | None = None
    historic_process_instance_query: Content | None = None


def delete_instances(engine: ProcessEngine, _: Request, body: DeleteProcessInstancesDto) -> BatchDto:
    """Delete process instances, one after the other."""
    batch = engine.management_service.create_batch(
        "instance-deletion",
        ids=body.process_instance_ids,
        search=body.search,
        reason=body.delete_reason,
        must_exist=body.fail_if_not_exists,
    )
    return BatchDto.of(batch)


def suspend_instances_later(
    engine: ProcessEngine, _: Request, body: ProcessInstanceSuspensionStateAsyncDto
) -> BatchDto:
    """Suspend or activate process instances, one after the other."""
    batch = engine.management_service.create_batch(
        "instance-update-suspension-state",
        ids=body.process_instance_ids,
        search=body.search,
        suspended=body.suspended,
    )
    return BatchDto.of(batch)


def suspend_instances(engine: ProcessEngine, _: Request, body: ProcessInstanceSuspensionStateDto) -> None:
    """Suspend or activate process instances at once, all or none."""
    of_definition: ProcessInstanceCriteria = {
        "definition_id": body.process_definition_id,
        "definition_key": body.process_definition_key,
    }
    if any(of_definition.values()):
        if body.process_instance_ids or body.search is not None:
            raise InvalidRequestException("Give a process definition, or process instances, not both.")
        engine.runtime_service.set_suspended(suspended=body.suspended, search=of_definition)
    else:
        search = cast(ProcessInstanceCriteria | None, body.search)
        engine.runtime_service.set_suspended(suspended=body.suspended, ids=body.process_instance_ids, search=search)


def set_job_retries(engine: ProcessEngine, _: Request, body: SetJobRetriesDto) -> BatchDto:
    """Say how often jobs are still tried, one after the other."""
    batch = engine.management_service.create_batch(
        "set-job-retries",
        item_kind="job",
        ids=body.job_ids,
        search=_search(JOB_QUERY, body.job_query),
        retries=body.retries,
    )
    return BatchDto.of(batch)


def retry_instances(engine: ProcessEngine, _: Request, body: SetJobRetriesByProcessDto) -> BatchDto:
    """Give the jobs and external tasks without retries in process instances some, one instance after the other."""
    _refuse("historicProcessInstanceQuery", body.historic_process_instance_query)
    batch = engine.management_service.create_batch(
        "set-job-retries",
        ids=body.process_instances,
        search=_search(INSTANCE_QUERY, body.process_instance_query),
        retries=body.retries,
    )
    return BatchDto.of(batch)


def set_external_task_retries(engine: ProcessEngine, _: Request, body: SetRetriesForExternalTasksDto) -> BatchDto:
    """Say how often external tasks may still fail, one after the other."""
    _refuse("processInstanceQuery", body.process_instance_query)
    _refuse("historicProcessInstanceQuery", body.historic_process_instance_query)
    search = _search(EXTERNAL_TASK_QUERY, body.external_task_query)
    if body.process_instance_ids:
        if search is not None:
            raise InvalidRequestException("Give 'processInstanceIds' or 'externalTaskQuery', not both.")
        search = {"instance_ids": body.process_instance_ids}
    batch = engine.management_service.create_batch(
        "set-external-task-retries",
        item_kind="external-task",
        ids=body.external_task_ids,
        search=search,
        retries=body.retries,
    )
    return BatchDto.of(batch)


def _search(query: Query, asked: Mapping[str, object] | None) -> dict[str, Any] | None:
    return None if asked is None else query.criteria_in(asked)


def _refuse(name: str, asked: object) -> None:
    if asked is not None:
        raise InvalidRequestException(f"This engine takes no {name!r} here; leave it out.")


RESOURCES = (
    Resource("/process-instance/delete", {"POST": delete_instances}),
    Resource("/process-instance/suspended", {"PUT": suspend_instances}),
    Resource("/process-instance/suspended-async", {"POST": suspend_instances_later}),
    Resource("/process-instance/job-retries", {"POST": retry_instances}),
    Resource("/job/retries", {"POST": set_job_retries}),
    Resource("/external-task/retries-async", {"POST": set_external_task_retries}),
)
