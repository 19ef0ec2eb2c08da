"""The batch resources: those that run, as Camunda has them, and those that are finished, in the history."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.batches import Batch
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.exchange import Request
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.shapes import Body
from webapps.rest.values import boolean, date, not_true, only_true, text, value_of

_WHICH: dict[str, Any] = {"batchId": ("batch_id", text), "type": ("kind", text)}
_RUNNING: dict[str, Any] = _WHICH | {"suspended": ("suspended", boolean)}
_QUERY = Query(criteria=_RUNNING, unavailable="tenantIdIn", orders="batchId")
_STATISTICS = Query(
    criteria=_RUNNING
    | {
        "createdBy": ("created_by", text),
        "startedBefore": ("created_before", date),
        "startedAfter": ("created_after", date),
        "withFailures": ("with_failures", only_true),
        "withoutFailures": ("with_failures", not_true),
    },
    unavailable="tenantIdIn",
    orders="batchId startTime",
)
_HISTORY = Query(
    criteria=_WHICH | {"completed": ("finished", boolean)},
    unavailable="tenantIdIn",
    orders="batchId startTime endTime",
)


@dataclass(frozen=True, kw_only=True)
class BatchDto:
    """A batch. Its items are what Camunda has a job for each of; all are made with the batch."""

    id: str
    type: str
    total_jobs: int
    jobs_created: int
    batch_jobs_per_seed: int
    invocations_per_batch_job: int = 1
    seed_job_definition_id: str | None = None
    monitor_job_definition_id: str | None = None
    batch_job_definition_id: str | None = None
    suspended: bool
    tenant_id: str | None = None
    create_user_id: str | None
    start_time: datetime
    execution_start_time: datetime | None = None

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The view of a batch."""
        return cls(**_members(batch))


@dataclass(frozen=True, kw_only=True)
class BatchStatisticsDto(BatchDto):
    """A batch, and how far it is. As in Camunda, what failed remains to be done."""

    remaining_jobs: int
    completed_jobs: int
    failed_jobs: int

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The view of a batch."""
        return cls(
            **_members(batch),
            remaining_jobs=batch.total - batch.done,
            completed_jobs=batch.done,
            failed_jobs=batch.failed,
        )


@dataclass(frozen=True, kw_only=True)
class HistoricBatchDto:
    """A batch that runs or ran."""

    id: str
    type: str
    total_jobs: int
    batch_jobs_per_seed: int
    invocations_per_batch_job: int = 1
    seed_job_definition_id: str | None = None
    monitor_job_definition_id: str | None = None
    batch_job_definition_id: str | None = None
    tenant_id: str | None = None
    create_user_id: str | None
    start_time: datetime
    end_time: datetime | None
    removal_time: datetime | None = None
    execution_start_time: datetime | None = None

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The view of a batch."""
        return cls(
            id=batch.id,
            type=batch.kind,
            total_jobs=batch.total,
            batch_jobs_per_seed=batch.total,
            create_user_id=batch.created_by,
            start_time=batch.created,
            end_time=batch.finished,
        )


@dataclass(frozen=True, kw_only=True)
class SuspensionStateDto(Body):
    """Whether to suspend or to activate."""

    suspended: bool


def get_batch(engine: ProcessEngine, request: Request) -> BatchDto:
    """One batch that runs."""
    found = engine.management_service.batches(batch_id=request.path["batch_id"], finished=False)
    if not found:
        raise _no_batch(request)
    return BatchDto.of(found[0])


def delete_batch(engine: ProcessEngine, request: Request) -> None:
    """End a batch; what is done in it remains done. Without 'cascade' too, it is not in the history any more."""
    get_batch(engine, request)
    _delete(engine, request)


def set_suspended(engine: ProcessEngine, request: Request, body: SuspensionStateDto) -> None:
    """Halt a batch, or have it go on."""
    service = engine.management_service
    try:
        (service.suspend_batch if body.suspended else service.activate_batch)(request.path["batch_id"])
    except NotFoundException as exc:
        raise _no_batch(request) from exc


def get_historic_batch(engine: ProcessEngine, request: Request) -> HistoricBatchDto:
    """One batch, running or finished."""
    found = engine.management_service.batches(batch_id=request.path["batch_id"])
    if not found:
        raise _no_batch(request)
    return HistoricBatchDto.of(found[0])


def delete_historic_batch(engine: ProcessEngine, request: Request) -> None:
    """Forget a batch that is finished."""
    if get_historic_batch(engine, request).end_time is None:
        raise InvalidRequestException(
            f"The batch {request.path['batch_id']!r} runs; end it with DELETE /batch/… first."
        )
    _delete(engine, request)


def _delete(engine: ProcessEngine, request: Request) -> None:
    value_of(request.query, "cascade", boolean)
    try:
        engine.management_service.delete_batch(request.path["batch_id"])
    except NotFoundException as exc:
        raise _no_batch(request) from exc


def _members(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "type": batch.kind,
        "total_jobs": batch.total,
        "jobs_created": batch.total,
        "batch_jobs_per_seed": batch.total,
        "suspended": batch.suspended,
        "create_user_id": batch.created_by,
        "start_time": batch.created,
    }


def _no_batch(request: Request) -> InvalidRequestException:
    return InvalidRequestException(f"Batch with id '{request.path['batch_id']}' does not exist", status=404)


RESOURCES = (
    *(
        resource
        for path, query, view in (("/batch", _QUERY, BatchDto), ("/batch/statistics", _STATISTICS, BatchStatisticsDto))
        for resource in listed(
            path,
            query,
            lambda engine: partial(engine.management_service.batches, finished=False),
            lambda engine: partial(engine.management_service.count_batches, finished=False),
            view,
            methods=("GET",),
        )
    ),
    Resource(
        "/batch/{batch_id}",
        {"GET": get_batch, "DELETE": Operation(delete_batch, parameters={"cascade": boolean})},
    ),
    Resource("/batch/{batch_id}/suspended", {"PUT": set_suspended}),
    *listed(
        "/history/batch",
        _HISTORY,
        lambda engine: engine.management_service.batches,
        lambda engine: engine.management_service.count_batches,
        HistoricBatchDto,
        methods=("GET",),
    ),
    Resource("/history/batch/{batch_id}", {"GET": get_historic_batch, "DELETE": delete_historic_batch}),
)
