"""Does something with a task in the same transaction that looks who has it, so that nobody overtakes somebody else."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.task import lock_instance, locked
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import Task
from engine_telemetry.exceptions import TaskAlreadyClaimedException

R = TypeVar("R")


@dataclass(frozen=True)
class _Turn(Generic[R]):
    """The command around others. It is private, so that only those are counted."""

    task_id: str
    holders: Collection[str | None]
    do: Callable[[Task], R]

    def __call__(self, context: CommandContext) -> R:
        lock_instance(context, self.task_id)
        task = locked(context, self.task_id)
        if task.assignee not in self.holders:
            raise TaskAlreadyClaimedException(f"The task {self.task_id!r} has another assignee: {task.assignee!r}")
        return self.do(task)


def while_had(engine: ProcessEngine, task_id: str, holders: Collection[str | None], do: Callable[[Task], R]) -> R:
    """Do something with a task if one of these has it; nothing of it stays done if it fails.

    Args:
        engine: Of the task.
        task_id: Which waits.
        holders: Those who may be its assignee; with ``None``, it may have none.
        do: Gets the task as it is now. What it has services do belongs to the same transaction, and is repeated with
            it if that comes into conflict with another.

    Raises:
        TaskAlreadyClaimedException: Somebody else has it. Nothing was done.
        NullValueException: There is no such task any more.
    """
    return engine.executor.execute(_Turn(task_id, holders, do))
