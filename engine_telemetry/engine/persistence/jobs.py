"""Rows of jobs: timers and asynchronous continuations, and who works at them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, true, update

from engine_telemetry.engine.bpmn import waits
from engine_telemetry.engine.ids import new_id
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.owner import Owner
from engine_telemetry.engine.persistence.tables import job
from engine_telemetry.engine.persistence.writing import insert_rows
from engine_telemetry.engine.runtime_entities import Job

DEFAULT_RETRIES = 3


@dataclass(frozen=True)
class JobRow(Job):
    """A job as the job executor needs it.

    Attributes:
        retry_cycle: When it is tried again, if it fails, as in ``R5/PT5M``.
        repeat: What is left of the cycle of a timer start event.
        lock_owner: Who works at it, or did last.
    """

    retry_cycle: str | None
    repeat: str | None
    lock_owner: str | None


def insert_jobs(connection: Connection, owner: Owner, new: Iterable[waits.Job], now: datetime) -> None:
    """An instance waits for the job executor."""
    of_owner = {
        "instance_id": owner.instance_id,
        "definition_id": owner.definition_id,
        "definition_key": owner.definition_key,
    }
    fixed = {"retries": DEFAULT_RETRIES, "created": now, "suspended": False}
    insert_rows(connection, job, [vars(one) | of_owner | fixed for one in new])


def insert_start_job(
    connection: Connection,
    definition: tuple[str, str],
    activity_id: str,
    due: datetime,
    now: datetime,
    *,
    repeat: str | None = None,
) -> None:
    """A definition, given by id and key, starts at a time."""
    row = {
        "id": new_id(),
        "definition_id": definition[0],
        "definition_key": definition[1],
        "activity_id": activity_id,
        "kind": "timer",
        "due": due,
        "repeat": repeat,
        "retries": DEFAULT_RETRIES,
        "priority": 0,
        "exclusive": True,
        "created": now,
        "suspended": False,
    }
    insert_rows(connection, job, [row])


def delete_start_jobs(connection: Connection, keys: Sequence[str]) -> None:
    """No version of these processes starts at a time."""
    connection.execute(delete(job).where(job.c.instance_id.is_(None), job.c.definition_key.in_(keys)))


def delete_jobs(connection: Connection, ids: Sequence[str]) -> None:
    """These are done, or not wanted any more."""
    if ids:
        connection.execute(delete(job).where(job.c.id.in_(ids)))


def acquire(connection: Connection, owner: str, now: datetime, until: datetime, most: int) -> list[JobRow]:
    """Lock jobs that can be done, that nobody works at and that no other transaction is about to take."""
    statement = (
        select(job)
        .where(is_executable(now), _is_free(now))
        .order_by(job.c.priority.desc(), job.c.due, job.c.created, job.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = [to_row(row) for row in connection.execute(statement)]
    if found:
        ids = [one.id for one in found]
        connection.execute(update(job).where(job.c.id.in_(ids)).values(lock_owner=owner, lock_until=until))
    return found


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When the next job is due that is not yet; ``None`` if there is none."""
    able = and_(job.c.retries > 0, job.c.suspended.is_(False), job.c.due > now)
    return connection.execute(select(func.min(job.c.due)).where(able)).scalar_one_or_none()


def any_job(connection: Connection) -> bool:
    """Whether there are jobs, due or not."""
    return connection.execute(select(job.c.id).limit(1)).first() is not None


def anything_to_do(connection: Connection, now: datetime) -> bool:
    """Whether a job can be done that nobody works at."""
    return connection.execute(select(job.c.id).where(is_executable(now), _is_free(now)).limit(1)).first() is not None


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(job.c.lock_until.is_(None), job.c.lock_until <= now)


def is_executable(now: datetime) -> ColumnElement[bool]:
    """Whether a job is due, may be tried and is not suspended."""
    return and_(job.c.retries > 0, job.c.suspended.is_(False), or_(job.c.due.is_(None), job.c.due <= now))


def lock_job(connection: Connection, job_id: str) -> JobRow | None:
    """A job, locked until the end of the transaction."""
    row = connection.execute(select(job).where(job.c.id == job_id).with_for_update()).one_or_none()
    return None if row is None else to_row(row)


def find_job(connection: Connection, job_id: str) -> JobRow | None:
    """A job. It is not locked: the instance is locked before its rows."""
    row = connection.execute(select(job).where(job.c.id == job_id)).one_or_none()
    return None if row is None else to_row(row)


def change_job(connection: Connection, job_id: str, **values: object) -> bool:
    """Give columns of a job other values; false if there is no such job."""
    return connection.execute(update(job).where(job.c.id == job_id).values(values)).rowcount > 0


def read_error_details(connection: Connection, job_id: str) -> str | None:
    """The stack trace of a job's last failure."""
    return connection.execute(select(job.c.error_details).where(job.c.id == job_id)).scalar_one_or_none()


def to_row(row: Row[Any]) -> JobRow:
    """A job."""
    return JobRow(**{name: getattr(row, name) for name in JobRow.__dataclass_fields__})


def _to_job(row: Row[Any]) -> Job:
    return Job(**{name: getattr(row, name) for name in Job.__dataclass_fields__})


def _is_executable_now(executable: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    return is_executable(datetime.now(UTC)) if executable else true()


JOBS = Listing(
    rows=select(job),
    key=job.c.id,
    criteria={
        "job_id": job.c.id.__eq__,
        "job_ids": job.c.id.in_,
        "instance_id": job.c.instance_id.__eq__,
        "instance_ids": job.c.instance_id.in_,
        "definition_id": job.c.definition_id.__eq__,
        "definition_key": job.c.definition_key.__eq__,
        "activity_id": job.c.activity_id.__eq__,
        "activity_ids": job.c.activity_id.in_,
        "failed_activity_id": job.c.failed_activity_id.__eq__,
        "timers": lambda timers: (job.c.kind == "timer") if timers else (job.c.kind != "timer"),
        "with_retries_left": lambda left: job.c.retries > 0 if left else true(),
        "no_retries_left": lambda none_left: job.c.retries <= 0 if none_left else true(),
        "executable": _is_executable_now,
        "due_before": job.c.due.__lt__,
        "due_after": job.c.due.__gt__,
        "created_before": job.c.created.__lt__,
        "created_after": job.c.created.__gt__,
        "min_priority": job.c.priority.__ge__,
        "max_priority": job.c.priority.__le__,
        "with_exception": lambda has: job.c.error_message.is_not(None) if has else true(),
        "exception_message": job.c.error_message.__eq__,
        "suspended": job.c.suspended.__eq__,
    },
    orders={
        "jobId": job.c.id,
        "executionId": job.c.id,
        "processInstanceId": job.c.instance_id,
        "processDefinitionId": job.c.definition_id,
        "processDefinitionKey": job.c.definition_key,
        "jobPriority": job.c.priority,
        "jobRetries": job.c.retries,
        "jobDueDate": job.c.due,
    },
    entity=_to_job,
)
