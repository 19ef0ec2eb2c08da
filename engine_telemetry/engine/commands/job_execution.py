"""Commands that do jobs: of the job executor, and of somebody who does not want to wait for it."""

import traceback
from dataclasses import dataclass
from datetime import timedelta

from engine_telemetry.engine.bpmn.process_model import next_due
from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.job import job_not_found
from engine_telemetry.engine.commands.repository import require_startable
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.job_retries import next_try
from engine_telemetry.engine.persistence import incidents, jobs
from engine_telemetry.engine.persistence.jobs import JobRow
from engine_telemetry.engine.persistence.tables import job as job_table
from engine_telemetry.exceptions import SuspendedEntityInteractionException

MAX_MESSAGE_LENGTH = 666  # as in Camunda
LOCK_TIME = timedelta(minutes=5)


@dataclass(frozen=True)
class AcquireJobsCmd:
    """Take jobs that are due."""

    owner: str
    most: int

    def __call__(self, context: CommandContext) -> list[JobRow]:
        """Lock them for this owner."""
        now = context.clock()
        return jobs.acquire(context.connection, self.owner, now, now + LOCK_TIME, self.most)


@dataclass(frozen=True)
class ExecuteJobsCmd:
    """Do a job.

    Attributes:
        owner: Who has acquired it; ``None`` to do it whoever has.
    """

    job_id: str
    owner: str | None = None

    def __call__(self, context: CommandContext) -> None:
        """Go on where it waits, or start the process. A job of another owner, or that is gone, is none of ours."""
        found = jobs.find_job(context.connection, self.job_id)
        if found is None and self.owner is None:
            raise job_not_found(self.job_id)
        if found is not None and found.instance_id is not None:
            self._go_on(context, found.instance_id)
        elif found is not None:
            self._start(context)

    def _go_on(self, context: CommandContext, instance_id: str) -> None:
        row = progress.lock(context, instance_id)  # before the job, as everybody does
        job = None if row is None else self._locked(context)
        if row is None or job is None:
            return
        if job.retries <= 0:
            incidents.resolve_incidents(context.connection, [job.id], context.clock())
        if not progress.trigger(context, row, job.id):
            jobs.delete_jobs(context.connection, [job.id])  # nothing waits for it

    def _start(self, context: CommandContext) -> None:
        job = self._locked(context)
        if job is None:
            return
        require_startable(context, job.definition_id)
        progress.start(context, job.definition_id, {}, start_activity=job.activity_id)
        due = None if job.repeat is None else next_due(job.repeat, job.created, context.clock())
        if due is None:
            incidents.delete_waits(context.connection, job_table, [job.id], context.clock())
        else:
            again = {"due": due, "retries": jobs.DEFAULT_RETRIES, "error_message": None, "error_details": None}
            jobs.change_job(context.connection, job.id, **again, lock_owner=None, lock_until=None)

    def _locked(self, context: CommandContext) -> JobRow | None:
        job = jobs.lock_job(context.connection, self.job_id)
        if job is None or (self.owner is not None and (job.lock_owner != self.owner or job.retries <= 0)):
            return None
        if job.suspended:
            if self.owner is None:
                raise SuspendedEntityInteractionException(f"The job '{job.id}' is suspended; activate it first")
            return None
        return job


@dataclass(frozen=True)
class UnlockJobCmd:
    """Give a job back that was acquired and not done."""

    job_id: str

    def __call__(self, context: CommandContext) -> None:
        """Let anybody take it."""
        jobs.change_job(context.connection, self.job_id, lock_owner=None, lock_until=None)


class FailedJobListener:
    """What Camunda calls its command for a failure after."""

    @dataclass(frozen=True)
    class FailedJobListenerCmd:
        """Note that a job failed: it is tried again, or there is an incident."""

        job_id: str
        error: Exception

        def __call__(self, context: CommandContext) -> None:
            """Count its retries down."""
            found = jobs.find_job(context.connection, self.job_id)
            if found is not None and found.instance_id is not None:
                progress.lock(context, found.instance_id)  # before the job, as everybody does
            job = jobs.lock_job(context.connection, self.job_id)
            if job is not None:
                _note_failure(context, job, self.error)
                context.after_commit(context.jobs_available.notify)


def _note_failure(context: CommandContext, job: JobRow, error: Exception) -> None:
    first, now = job.error_message is None, context.clock()
    retries, due = next_try(job.retry_cycle, job.retries, now, first=first)
    noted = {
        "error_message": (str(error) or type(error).__name__)[:MAX_MESSAGE_LENGTH],
        "error_details": "".join(traceback.format_exception(error)),
        "failed_activity_id": job.activity_id,
    }
    again = {"retries": retries, "due": due or job.due, "lock_owner": None, "lock_until": None}
    jobs.change_job(context.connection, job.id, **noted, **again)
    if retries <= 0 < job.retries:
        trouble = _trouble(job, noted["error_message"], noted["error_details"])
        incidents.create_incident(context.connection, trouble, now)


def _trouble(job: JobRow, message: str, details: str) -> incidents.Trouble:
    return incidents.Trouble(
        kind=incidents.FAILED_JOB,
        configuration=job.id,
        message=message,
        instance_id=job.instance_id,
        definition_id=job.definition_id,
        definition_key=job.definition_key,
        activity_id=job.activity_id,
        error_details=details,
    )
