"""Commands for jobs, but those of the job executor itself."""

from dataclasses import dataclass
from datetime import datetime

from engine_telemetry.engine.commands.operation_log import Affected, Change, log_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.persistence import incidents, jobs
from engine_telemetry.engine.runtime_entities import Job
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException


class JobQueryImpl(Query[Job]):
    """Find jobs."""

    listing = jobs.JOBS


@dataclass(frozen=True)
class SetJobRetriesCmd:
    """Say how often a job is still tried."""

    job_id: str
    retries: int

    def __call__(self, context: CommandContext) -> None:
        """Set it; a job that is tried again has no incident."""
        if self.retries < 0:
            raise BadUserRequestException(
                "The number of job retries must be a non-negative Integer, but '"
                + str(self.retries)
                + "' has been provided."
            )
        _log(context, "SetJobRetries", self.job_id, "retries", self.retries)
        if not jobs.change_job(context.connection, self.job_id, retries=self.retries):
            raise job_not_found(self.job_id)
        if self.retries > 0:
            incidents.resolve_incidents(context.connection, [self.job_id], context.clock())
            context.after_commit(context.jobs_available.notify)


@dataclass(frozen=True)
class SetJobDuedateCmd:
    """Say when a job is due."""

    job_id: str
    due: datetime | None

    def __call__(self, context: CommandContext) -> None:
        """Set it; without a time it is due now."""
        _log(context, "SetDueDate", self.job_id, "due", self.due)
        if not jobs.change_job(context.connection, self.job_id, due=self.due):
            raise job_not_found(self.job_id)
        context.after_commit(context.jobs_available.notify)


@dataclass(frozen=True)
class _SetSuspended:
    job_id: str

    suspended = False

    def __call__(self, context: CommandContext) -> None:
        """Do it; twice is as good as once."""
        operation = "SuspendJob" if self.suspended else "ActivateJob"
        _log(context, operation, self.job_id, "suspended", self.suspended)
        if not jobs.change_job(context.connection, self.job_id, suspended=self.suspended):
            raise job_not_found(self.job_id)
        if not self.suspended:
            context.after_commit(context.jobs_available.notify)


class SuspendJobCmd(_SetSuspended):
    """Have a job not be done until it is activated."""

    suspended = True


class ActivateJobCmd(_SetSuspended):
    """Have a job be done again when it is due."""


@dataclass(frozen=True)
class GetJobExceptionStacktraceCmd(ReadOnly):
    """Read how a job failed last."""

    job_id: str

    def __call__(self, context: CommandContext) -> str | None:
        """The stack trace; ``None`` if it has not failed."""
        if jobs.find_job(context.connection, self.job_id) is None:
            raise job_not_found(self.job_id)
        return jobs.read_error_details(context.connection, self.job_id)


def _log(context: CommandContext, operation: str, job_id: str, column: str, new: object) -> None:
    """Note a change that is about to be made."""
    job = None if context.acting_user is None else jobs.find_job(context.connection, job_id)
    if job is None:
        return
    change = Change("duedate" if column == "due" else column, getattr(job, column), new)
    affected: Affected = {"job_id": job.id, "instance_id": job.instance_id, "definition_id": job.definition_id}
    log_operation(context, operation, "Job", change, **affected)


def job_not_found(job_id: str) -> NotFoundException:
    """The error for an id that no job has."""
    return NotFoundException(f"No job found with id '{job_id}'.")
