"""External tasks: what workers fetch, lock and complete."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Unpack

from engine_telemetry.engine.commands.external_task import (
    CompleteExternalTaskCmd,
    ExtendLockOnExternalTaskCmd,
    ExternalTaskQueryImpl,
    FetchExternalTasksCmd,
    UnlockExternalTaskCmd,
)
from engine_telemetry.engine.criteria import ExternalTaskCriteria, ExternalTaskSearch
from engine_telemetry.engine.entities import ExternalTask, LockedExternalTask, Topic
from engine_telemetry.engine.executor import Executor


class ExternalTaskService:
    """External tasks. Each method with a ``task_id`` raises ``NotFoundException`` if no such task waits."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def fetch_and_lock(
        self, *, worker_id: str, max_tasks: int, topics: Sequence[Topic], use_priority: bool = False
    ) -> list[LockedExternalTask]:
        """Lock tasks that nobody has locked, for one worker, and return them.

        Args:
            worker_id: Who asks.
            max_tasks: How many at most.
            topics: What for; a task is locked for the duration of its topic.
            use_priority: Whether tasks of a higher priority come first.

        Raises:
            BadUserRequestException: The worker has no name, or a number is not positive.
        """
        return self._executor.execute(FetchExternalTasksCmd(worker_id, max_tasks, tuple(topics), use_priority))

    def external_tasks(self, **search: Unpack[ExternalTaskSearch]) -> list[ExternalTask]:
        """Find external tasks."""
        return self._executor.execute(ExternalTaskQueryImpl(search))

    def count_external_tasks(self, **criteria: Unpack[ExternalTaskCriteria]) -> int:
        """Count external tasks."""
        return self._executor.execute(ExternalTaskQueryImpl(criteria).count)

    def complete(self, task_id: str, *, worker_id: str, variables: Mapping[str, object] | None = None) -> None:
        """Complete a task, set variables of its process instance, and go on to where it waits next.

        A worker whose lock has expired may still complete, unless somebody else has locked the task since.

        Raises:
            BadUserRequestException: Somebody else, or nobody, has locked it; or a variable's value cannot be stored.
        """
        self._executor.execute(CompleteExternalTaskCmd(task_id, worker_id, variables or {}))

    def unlock(self, task_id: str) -> None:
        """Let any worker fetch the task again."""
        self._executor.execute(UnlockExternalTaskCmd(task_id))

    def extend_lock(self, task_id: str, *, worker_id: str, new_duration: timedelta) -> None:
        """Keep the task locked for the worker who has it, for this long from now.

        Raises:
            BadUserRequestException: Somebody else, or nobody, has locked it, or the lock has expired.
        """
        self._executor.execute(ExtendLockOnExternalTaskCmd(task_id, worker_id, new_duration))
