"""User tasks."""

from collections.abc import Mapping
from typing import Unpack

from engine_telemetry.engine.commands.task import (
    AssignTaskCmd,
    ClaimTaskCmd,
    CompleteTaskCmd,
    GetTaskVariablesCmd,
    TaskQueryImpl,
)
from engine_telemetry.engine.criteria import TaskCriteria, TaskSearch
from engine_telemetry.engine.entities import Task, TypedValue
from engine_telemetry.engine.executor import Executor


class TaskService:
    """User tasks. Each method with a ``task_id`` raises ``NullValueException`` if no such task waits."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def tasks(self, **search: Unpack[TaskSearch]) -> list[Task]:
        """Find user tasks."""
        return self._executor.execute(TaskQueryImpl(search))

    def count_tasks(self, **criteria: Unpack[TaskCriteria]) -> int:
        """Count user tasks."""
        return self._executor.execute(TaskQueryImpl(criteria).count)

    def complete(self, task_id: str, *, variables: Mapping[str, object] | None = None) -> dict[str, TypedValue]:
        """Complete a task, set variables of its process instance, and go on to where it waits next.

        Returns:
            All variables of the process instance, as they are then.

        Raises:
            BadUserRequestException: A variable's value cannot be stored.
        """
        return self._executor.execute(CompleteTaskCmd(task_id, variables or {}))

    def claim(self, task_id: str, user_id: str | None) -> None:
        """Make a user the assignee of a task that has none; ``None`` takes the assignee away.

        Raises:
            TaskAlreadyClaimedException: Somebody else is the assignee.
        """
        self._executor.execute(ClaimTaskCmd(task_id, user_id))

    def set_assignee(self, task_id: str, user_id: str | None) -> None:
        """Make a user the assignee of a task, whoever was before; ``None`` takes the assignee away."""
        self._executor.execute(AssignTaskCmd(task_id, user_id))

    def variables(self, task_id: str) -> dict[str, TypedValue]:
        """All variables a task can see: those of its process instance."""
        return self._executor.execute(GetTaskVariablesCmd(task_id))
