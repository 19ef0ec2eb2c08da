"""Commands for jobs, but those of the job executor itself."""

from dataclasses import dataclass
from datetime import datetime

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
        if not jobs.change_job(context.connection, self.job_id, due=self.due):
            raise job_not_found(self.job_id)
        context.after_commit(context.jobs_available.notify)


@dataclass(frozen=True)
class GetJobExceptionStacktraceCmd(ReadOnly):
    """Read how a job failed last."""

    job_id: str

    def __call__(self, context: CommandContext) -> str | None:
        """The stack trace; ``None`` if it has not failed."""
        if jobs.find_job(context.connection, self.job_id) is None:
            raise job_not_found(self.job_id)
        return jobs.read_error_details(context.connection, self.job_id)


def job_not_found(job_id: str) -> NotFoundException:
    """The error for an id that no job has."""
    return NotFoundException(f"No job found with id '{job_id}'.")
