"""Telemetry, jobs and statistics: what an operator looks at."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Unpack

from engine_telemetry.engine.batches import Batch, BatchCriteria, BatchFailure, BatchKind, BatchSearch, ItemKind
from engine_telemetry.engine.commands.batch import (
    ActivateBatchCmd,
    BatchQueryImpl,
    DeleteBatchCmd,
    GetBatchFailuresCmd,
    SuspendBatchCmd,
    create_batch_command,
    no_batch,
)
from engine_telemetry.engine.commands.incident import GetIncidentDetailsCmd
from engine_telemetry.engine.commands.job import (
    ActivateJobCmd,
    GetJobExceptionStacktraceCmd,
    JobQueryImpl,
    SetJobDuedateCmd,
    SetJobRetriesCmd,
    SuspendJobCmd,
)
from engine_telemetry.engine.commands.management import (
    DeleteTelemetryHistoryCmd,
    GetTelemetryDataCmd,
    GetTelemetryHistoryCmd,
    GetTelemetryStatusCmd,
    IsTelemetryEnabledCmd,
    SendTelemetryReportCmd,
    TelemetryConfigureCmd,
    TelemetryDecideCmd,
)
from engine_telemetry.engine.commands.statistics import (
    ActivityStatisticsQueryImpl,
    ProcessDefinitionStatisticsQueryImpl,
)
from engine_telemetry.engine.criteria import ProcessDefinitionSearch
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.job_executor import do_job
from engine_telemetry.engine.runtime_criteria import JobCriteria, JobSearch
from engine_telemetry.engine.runtime_entities import ActivityStatistics, DefinitionStatistics, Job
from engine_telemetry.history import History
from engine_telemetry.report import Report
from engine_telemetry.status import Status
from engine_telemetry.store import Fate


class ManagementService:
    """Telemetry: its switch, and what it would send; jobs; and how much goes on where."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def toggle_telemetry(
        self,
        enabled: bool,  # noqa: FBT001  Camunda's call
        *,
        user_id: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Switch telemetry on or off for this database, for good. Whoever does it must be entitled to.

        Args:
            enabled: On or off.
            user_id: Who decided, for the record of changes.
            cause: By what means, for that record too; by default the API.
        """
        self._executor.execute(TelemetryConfigureCmd(enabled, user_id, cause))

    def decide_telemetry(self, *, enabled: bool, user_id: str | None = None, cause: str | None = None) -> bool:
        """As ``toggle_telemetry``, but only if nobody has decided yet.

        Returns:
            Whether nobody had; if not, nothing was changed.
        """
        return self._executor.execute(TelemetryDecideCmd(enabled, user_id, cause))

    def is_telemetry_enabled(self) -> bool | None:
        """What was decided for this database; ``None`` if nobody has decided."""
        return self._executor.execute(IsTelemetryEnabledCmd())

    def get_telemetry_data(self) -> Report:
        """What the next report would say now. Nothing is taken or sent."""
        return self._executor.execute(GetTelemetryDataCmd())

    def get_telemetry_status(self) -> Status:
        """Whether telemetry is on, what decided it, and how the last report fared."""
        return self._executor.execute(GetTelemetryStatusCmd())

    def get_telemetry_history(self, *, all_changes: bool = False) -> History:
        """The last 30 reports with their bytes, and the last 30 changes of the switch, or all."""
        return self._executor.execute(GetTelemetryHistoryCmd(all_changes))

    def send_waiting_telemetry_report(self, *, user_id: str | None = None) -> Fate | None:
        """Try now to send the report that waits: the same bytes under the same id. Nothing else is sent.

        It waits for the endpoint's answer, no longer than an attempt may take (``telemetryRequestTimeout``). It must
        not be called by a command.

        Args:
            user_id: Who asks for it, for the log.

        Returns:
            What came of it; ``None`` if there is no answer yet: it is noted when it comes.

        Raises:
            ReportNotSentException: It cannot be tried now; the message says why.
        """
        return self._executor.execute(SendTelemetryReportCmd(user_id)).send()

    def delete_telemetry_history(self) -> int:
        """Forget all reports but the one that waits, if one does; how many these were. The changes remain."""
        return self._executor.execute(DeleteTelemetryHistoryCmd())

    def jobs(self, **search: Unpack[JobSearch]) -> list[Job]:
        """Find jobs."""
        return self._executor.execute(JobQueryImpl(search))

    def count_jobs(self, **criteria: Unpack[JobCriteria]) -> int:
        """Count jobs."""
        return self._executor.execute(JobQueryImpl(criteria).count)

    def set_job_retries(self, job_id: str, retries: int) -> None:
        """Say how often a job is still tried; more than 0 ends its incident.

        Raises:
            NotFoundException: There is no such job.
            BadUserRequestException: The number is negative.
        """
        self._executor.execute(SetJobRetriesCmd(job_id, retries))

    def execute_job(self, job_id: str) -> None:
        """Do a job now, whenever it is due.

        Raises:
            NotFoundException: There is no such job. The same holds for the methods below.
            SuspendedEntityInteractionException: It is suspended.
            Exception: Whatever the job raises; it is noted with the job too, whose retries are counted down.
        """
        do_job(self._executor, job_id)

    def incident_details(self, incident_id: str) -> str | None:
        """The stack trace of what is behind an incident, open or over; ``None`` if there is none.

        Raises:
            NotFoundException: There is no such incident.
        """
        return self._executor.execute(GetIncidentDetailsCmd(incident_id))

    def set_job_due(self, job_id: str, due: datetime | None) -> None:
        """Say when a job is due; ``None`` is now."""
        self._executor.execute(SetJobDuedateCmd(job_id, due))

    def suspend_job(self, job_id: str) -> None:
        """Have a job not be done until it is activated."""
        self._executor.execute(SuspendJobCmd(job_id))

    def activate_job(self, job_id: str) -> None:
        """Have a job be done again when it is due."""
        self._executor.execute(ActivateJobCmd(job_id))

    def job_error_details(self, job_id: str) -> str | None:
        """The stack trace of a job's last failure; ``None`` if it has not failed."""
        return self._executor.execute(GetJobExceptionStacktraceCmd(job_id))

    def create_batch(
        self,
        kind: BatchKind,
        *,
        ids: Collection[str] = (),
        search: Mapping[str, Any] | None = None,
        item_kind: ItemKind = "instance",
        **settings: object,
    ) -> Batch:
        """Have something done to many things, one after the other, by the job executor. The acting user acts in it too.

        Args:
            kind: What to do, and with which settings: ``instance-deletion`` (``reason``, ``must_exist``),
                ``instance-update-suspension-state`` (``suspended``), ``set-job-retries`` and
                ``set-external-task-retries`` (``retries``; of instances: for their jobs and external tasks that have
                none).
            ids: The items.
            search: Criteria that find more of them, as the query for what the items are takes them; none find all.
            item_kind: What the items are: instances; for retries also jobs and external tasks.
            settings: As above.

        Raises:
            BadUserRequestException: There are no items or more than 100,000, or a setting cannot be used.
        """
        return self._executor.execute(create_batch_command(kind, item_kind)(ids, search, settings))

    def batches(self, **search: Unpack[BatchSearch]) -> list[Batch]:
        """Find batches, finished ones too."""
        return self._executor.execute(BatchQueryImpl(search))

    def count_batches(self, **criteria: Unpack[BatchCriteria]) -> int:
        """Count batches, finished ones too."""
        return self._executor.execute(BatchQueryImpl(criteria).count)

    def batch(self, batch_id: str) -> Batch:
        """A batch, with how far it is.

        Raises:
            NotFoundException: There is no such batch. The same holds for the methods below.
        """
        found = self.batches(batch_id=batch_id)
        if not found:
            raise no_batch(batch_id)
        return found[0]

    def batch_failures(
        self, batch_id: str, *, first_result: int = 0, max_results: int | None = None
    ) -> list[BatchFailure]:
        """The items of a batch with which it did not work, by their ids."""
        return self._executor.execute(GetBatchFailuresCmd(batch_id, first_result, max_results))

    def suspend_batch(self, batch_id: str) -> None:
        """Halt a batch; what is done in it remains done."""
        self._executor.execute(SuspendBatchCmd(batch_id))

    def activate_batch(self, batch_id: str) -> None:
        """Have a batch go on."""
        self._executor.execute(ActivateBatchCmd(batch_id))

    def delete_batch(self, batch_id: str) -> None:
        """Delete a batch, whether it runs or is finished; what is done in it remains done."""
        self._executor.execute(DeleteBatchCmd(batch_id))

    def activity_statistics(self, definition_id: str, *, all_versions: bool = False) -> list[ActivityStatistics]:
        """What goes on in the activities of a process definition; those with nothing are left out.

        Args:
            definition_id: Which definition.
            all_versions: The sums over all versions of its key.

        Raises:
            NotFoundException: There is no such definition.
        """
        return self._executor.execute(ActivityStatisticsQueryImpl(definition_id, all_versions))

    def definition_statistics(
        self, *, all_versions: bool = False, **search: Unpack[ProcessDefinitionSearch]
    ) -> list[DefinitionStatistics]:
        """What goes on in the instances of process definitions.

        Args:
            all_versions: One result for each key: its newest definition, and the sums over all its versions.
            search: Which definitions.
        """
        return self._executor.execute(ProcessDefinitionStatisticsQueryImpl(search, all_versions))
