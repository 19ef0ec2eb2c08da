"""The process engine: builds and owns everything that belongs to one database."""

import logging
import os
import threading
import weakref
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine_telemetry.configuration import Configuration
from engine_telemetry.database import Database
from engine_telemetry.engine.acting import acting_user
from engine_telemetry.engine.context import Command, CommandContext
from engine_telemetry.engine.decision_cache import DecisionCache
from engine_telemetry.engine.definitions import ModelCache
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.executor import Executor, Run, Transactions, counting, log_commands, translated
from engine_telemetry.engine.history_cleanup import HistoryCleanup
from engine_telemetry.engine.job_executor import JobExecutor
from engine_telemetry.engine.job_lead import JobLead, lead_path
from engine_telemetry.engine.persistence.batches import any_open
from engine_telemetry.engine.persistence.jobs import any_job
from engine_telemetry.engine.persistence.schema import prepare_schema
from engine_telemetry.engine.services import (
    DecisionService,
    ExternalTaskService,
    FilterService,
    FormService,
    HistoryService,
    IdentityService,
    ManagementService,
    RepositoryService,
    RuntimeService,
    TaskService,
)
from engine_telemetry.engine.signals import Signal
from engine_telemetry.exceptions import EngineTelemetryError, ProcessEngineException
from engine_telemetry.telemetry import Telemetry

logger = logging.getLogger("engine_telemetry.engine")

_engines: "weakref.WeakSet[ProcessEngine]" = weakref.WeakSet()


class ProcessEngine:
    """A BPMN process engine on one database, with its telemetry.

    Nothing is opened before the first command or ``open``; a forked child opens anew when it first uses the engine.
    Any thread may use it.

    Args:
        configuration: The settings; without it they are read from the keywords, the environment and the XML file.
        delegates: What models may call.
        settings: Settings by keyword, which win over all others.

    Attributes:
        configuration: The settings.
        telemetry: Counts the commands, and reports.
        executor: Executes commands, those of an embedding program too.
        external_tasks_available: Is notified in this process after each commit with which a worker may find a task.

    Raises:
        ConfigurationError: A setting cannot be used.
    """

    name = "default"

    def __init__(
        self, configuration: Configuration | None = None, *, delegates: Delegates | None = None, **settings: object
    ) -> None:
        """Put it together; open nothing."""
        if configuration is not None and settings:
            raise TypeError(f"Give a configuration or settings, not both: {', '.join(settings)}")
        self.configuration = configuration or Configuration.load(**settings)
        self._database = Database(self.configuration.database_url)
        self.telemetry = Telemetry(self.configuration, self._database)
        self.external_tasks_available = Signal()
        self._jobs_available = Signal()
        self._delegates = delegates or Delegates()
        self._models = ModelCache(self._expect_jobs)
        self._decisions = DecisionCache()
        self._transactions = Transactions(self._database, self._new_context)
        self.executor = Executor([self._open_first, log_commands, counting(self.telemetry)], self._transactions)
        cleanup = HistoryCleanup(self.executor, active=self.configuration.history_cleanup_activate)
        self._job_executor = JobExecutor(self.executor, self._new_lead(), cleanup)
        self._jobs_available.subscribe(self._job_executor.wake)
        self.decision_service = DecisionService(self.executor)
        self.repository_service = RepositoryService(self.executor)
        self.runtime_service = RuntimeService(self.executor)
        self.task_service = TaskService(self.executor)
        self.external_task_service = ExternalTaskService(self.executor)
        self.form_service = FormService(self.executor)
        self.filter_service = FilterService(self.executor)
        self.history_service = HistoryService(self.executor)
        self.identity_service = IdentityService(self.executor)
        self.management_service = ManagementService(self.executor)
        self._opened = self._closed = self._visiting = False
        self.forget_process()
        _engines.add(self)

    def open(self) -> None:
        """Begin in this process: see to the tables, open telemetry. A second call does nothing.

        Raises:
            ConfigurationError: The tables are missing or old, and ``databaseSchemaUpdate`` is false.
            ProcessEngineException: The database cannot be used.
        """
        with self._lock:
            if self._opened:
                return
            self._prepare_schema()
            self.telemetry.open()
            self._opened, self._closed = True, False
            if self.configuration.job_executor_activate and not self._visiting:
                self._allow_jobs()
            logger.info("The process engine is open on %s", self._database.url.render_as_string())

    def visit(self) -> None:
        """Open beside the processes that run the engine, as the command line does: see ``Telemetry.visit``.

        Raises:
            ConfigurationError: As ``open``.
            ProcessEngineException: As ``open``.
        """
        with self._lock:
            self.telemetry.visit()
            self._visiting = True
            self.open()

    def close(self) -> None:
        """End in this process: stop doing jobs, close telemetry, which may send its last report, and the connections.

        A second call does nothing; commands are refused until ``open`` is called again.
        """
        with self._lock:
            self._job_executor.stop()
            was_open, self._opened, self._closed, self._visiting = self._opened, False, True, False
            if was_open:
                self.telemetry.close()
                self._database.dispose()
                logger.info("The process engine is closed")

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    @property
    def database_name(self) -> str:
        """The URL of the database, without its password."""
        return self._database.url.render_as_string()

    def require_database(self) -> None:
        """See that the database is there already: SQLite makes a new one of any path.

        Raises:
            ProcessEngineException: It is a SQLite file that does not exist.
        """
        file = self._database.url.database
        if self._database.dialect == "sqlite" and not (file and Path(file).exists()):
            raise ProcessEngineException(
                f"There is no database {self.database_name!r} ({self.configuration.source('database_url')}). Start the"
                " server once, or give the settings that it has: ENGINE_DATABASE_URL, or --config FILE."
            )

    def forget_process(self) -> None:
        """Nothing is open and no command runs: at the start, and in a forked child, whatever its parent was doing."""
        self._lock = threading.RLock()
        self._opened = self._visiting = False
        self._transactions.forget()
        self.identity_service.forget_process()

    def _expect_jobs(self) -> None:
        self._job_executor.start()

    def _allow_jobs(self) -> None:
        self._job_executor.allow()
        try:
            with self._database.read() as connection:
                expected = any_job(connection) or any_open(connection)
        except SQLAlchemyError:  # the job executor tries again, and says what is wrong
            expected = True
        if expected or self.configuration.history_cleanup_activate:
            self._job_executor.start()

    def _new_lead(self) -> JobLead:
        return JobLead(None if self._database.in_memory else lead_path(self.configuration.database_url))

    def _prepare_schema(self) -> None:
        update = self.configuration.database_schema_update
        try:
            prepare_schema(self._database, update=update, source=self.configuration.source("database_schema_update"))
        except SQLAlchemyError as exc:
            self._database.dispose()
            raise translated(exc) from exc
        except EngineTelemetryError:
            self._database.dispose()
            raise

    def _open_first(self, run: Run) -> Run:
        def run_opened(command: Command[Any]) -> object:
            if not self._opened:
                if self._closed:
                    raise ProcessEngineException("The process engine is closed; open() opens it again")
                self.open()
            return run(command)

        return run_opened

    def _new_context(self, connection: Connection) -> CommandContext:
        return CommandContext(
            connection,
            self._models,
            self._decisions,
            self.telemetry,
            _utc_now,
            self._delegates,
            self.external_tasks_available,
            self._jobs_available,
            acting_user=acting_user(),
        )


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _after_fork_in_child() -> None:
    for engine in list(_engines):
        engine.forget_process()


os.register_at_fork(after_in_child=_after_fork_in_child)
