"""External tasks: what workers fetch, lock and complete."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Unpack

from engine_telemetry.engine.commands.external_task import (
    CompleteExternalTaskCmd,
    ExtendLockOnExternalTaskCmd,
    ExternalTaskQueryImpl,
    FetchExternalTasksCmd,
    FindAvailableTopics,
    HandleExternalTaskBpmnErrorCmd,
    HandleExternalTaskFailureCmd,
    LockExternalTaskCmd,
    UnlockExternalTaskCmd,
)
from engine_telemetry.engine.commands.external_task_settings import (
    GetExternalTaskErrorDetailsCmd,
    GetTopicNamesCmd,
    SetExternalTaskPriorityCmd,
    SetExternalTaskRetriesCmd,
    SetExternalTasksRetriesCmd,
)
from engine_telemetry.engine.criteria import ExternalTaskCriteria, ExternalTaskSearch
from engine_telemetry.engine.entities import ExternalTask, LockedExternalTask, Topic
from engine_telemetry.engine.executor import Executor

_AT_ONCE = timedelta(0)


class ExternalTaskService:
    """External tasks. Each method with a ``task_id`` raises ``NotFoundException`` if no such task waits."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def fetch_and_lock(
        self,
        *,
        worker_id: str,
        max_tasks: int,
        topics: Sequence[Topic],
        use_priority: bool = False,
        newest_first: bool = False,
    ) -> list[LockedExternalTask]:
        """Lock tasks that nobody has locked, for one worker, and return them.

        Args:
            worker_id: Who asks.
            max_tasks: How many at most.
            topics: What for; a task is locked for the duration of the first topic that it fits to.
            use_priority: Whether tasks of a higher priority come first.
            newest_first: Whether of the rest the newest come first, and not the oldest.

        Raises:
            BadUserRequestException: The worker has no name, or a number is not positive.
        """
        command = FetchExternalTasksCmd(worker_id, max_tasks, tuple(topics), use_priority, newest_first)
        return self._executor.execute(command)

    def available_topics(self, topics: Collection[Topic]) -> set[Topic]:
        """Of these topics, those for which a task can be fetched now. The engine asks itself; it is not counted."""
        return self._executor.execute(FindAvailableTopics(tuple(topics)))

    def external_tasks(self, **search: Unpack[ExternalTaskSearch]) -> list[ExternalTask]:
        """Find external tasks."""
        return self._executor.execute(ExternalTaskQueryImpl(search))

    def count_external_tasks(self, **criteria: Unpack[ExternalTaskCriteria]) -> int:
        """Count external tasks."""
        return self._executor.execute(ExternalTaskQueryImpl(criteria).count)

    def complete(
        self,
        task_id: str,
        *,
        worker_id: str,
        variables: Mapping[str, object] | None = None,
        local_variables: Mapping[str, object] | None = None,
    ) -> None:
        """Complete a task, set variables, and go on to where its process instance waits next.

        A worker whose lock has expired may still complete, unless somebody else has locked the task since.

        Args:
            task_id: The task.
            worker_id: Who has locked it.
            variables: Of the process instance.
            local_variables: Of the task, which end with it.

        Raises:
            BadUserRequestException: Somebody else, or nobody, has locked it; or a variable's value cannot be stored.
        """
        self._executor.execute(CompleteExternalTaskCmd(task_id, worker_id, variables or {}, local_variables or {}))

    def throw_error(
        self,
        task_id: str,
        code: str,
        *,
        worker_id: str,
        message: str | None = None,
        variables: Mapping[str, object] | None = None,
    ) -> None:
        """Throw a BPMN error in a task, set variables, and go on where it is caught.

        Raises:
            BadUserRequestException: As ``complete``, or there is no code.
        """
        command = HandleExternalTaskBpmnErrorCmd(task_id, worker_id, code, message, variables or {})
        self._executor.execute(command)

    def fail(  # noqa: PLR0913  as many as Camunda's failures have, all but one by keyword
        self,
        task_id: str,
        *,
        worker_id: str,
        error_message: str | None = None,
        error_details: str | None = None,
        retries: int = 0,
        retry_timeout: timedelta = _AT_ONCE,
        variables: Mapping[str, object] | None = None,
        local_variables: Mapping[str, object] | None = None,
    ) -> None:
        """Say that a worker has failed.

        Args:
            task_id: The task.
            worker_id: Who has locked it.
            error_message: What happened.
            error_details: What happened, at length, for example a stack trace.
            retries: How often it may still be fetched; at 0 it waits, with an incident, for somebody to raise that.
            retry_timeout: For how long nobody fetches it.
            variables: Of the process instance.
            local_variables: Of the task.

        Raises:
            BadUserRequestException: As ``complete``, or a number is negative.
        """
        self._executor.execute(
            HandleExternalTaskFailureCmd(
                task_id,
                worker_id,
                error_message,
                error_details,
                retries,
                retry_timeout,
                variables or {},
                local_variables or {},
            )
        )

    def lock(self, task_id: str, *, worker_id: str, lock_duration: timedelta) -> None:
        """Lock one task.

        Raises:
            BadUserRequestException: Somebody else holds it.
        """
        self._executor.execute(LockExternalTaskCmd(task_id, worker_id, lock_duration))

    def unlock(self, task_id: str) -> None:
        """Let any worker fetch the task again."""
        self._executor.execute(UnlockExternalTaskCmd(task_id))

    def extend_lock(self, task_id: str, *, worker_id: str, new_duration: timedelta) -> None:
        """Keep the task locked for the worker who has it, for this long from now.

        Raises:
            BadUserRequestException: Somebody else, or nobody, has locked it, or the lock has expired.
        """
        self._executor.execute(ExtendLockOnExternalTaskCmd(task_id, worker_id, new_duration))

    def set_retries(self, task_id: str, retries: int) -> None:
        """Say how often a task may still fail; more than 0 ends its incident.

        Raises:
            BadUserRequestException: The number is negative.
        """
        self._executor.execute(SetExternalTaskRetriesCmd(task_id, retries))

    def set_retries_of_all(self, task_ids: Collection[str], retries: int) -> None:
        """The same for several tasks; all or none.

        Raises:
            BadUserRequestException: The number is negative, or there are no tasks.
        """
        self._executor.execute(SetExternalTasksRetriesCmd(tuple(task_ids), retries))

    def set_priority(self, task_id: str, priority: int) -> None:
        """Say how urgent a task is; more is more urgent."""
        self._executor.execute(SetExternalTaskPriorityCmd(task_id, priority))

    def error_details(self, task_id: str) -> str | None:
        """The details of the last failure of a task, if it has failed with some."""
        return self._executor.execute(GetExternalTaskErrorDetailsCmd(task_id))

    def topic_names(self, *, locked: bool | None = None, with_retries: bool | None = None) -> list[str]:
        """The topics for which tasks wait: those that a worker holds or not, those that may be fetched or not."""
        return self._executor.execute(GetTopicNamesCmd(locked, with_retries))
