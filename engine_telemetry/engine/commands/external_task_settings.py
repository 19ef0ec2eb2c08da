"""Commands for what external tasks are like: how often they may fail, how urgent they are, what they are about."""

from collections.abc import Collection
from dataclasses import dataclass

from engine_telemetry.engine.commands.external_task import manage_incident, no_task, waiting
from engine_telemetry.engine.commands.operation_log import Change, log_external_task_operation
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.persistence import external_tasks
from engine_telemetry.exceptions import BadUserRequestException


@dataclass(frozen=True)
class SetExternalTaskRetriesCmd:
    """Say how often a task may still fail."""

    task_id: str
    retries: int

    def __call__(self, context: CommandContext) -> None:
        """Set it; at 0 nobody fetches the task."""
        _set_retries(context, [self.task_id], self.retries)


@dataclass(frozen=True)
class SetExternalTasksRetriesCmd:
    """Say how often several tasks may still fail."""

    task_ids: tuple[str, ...]
    retries: int

    def __call__(self, context: CommandContext) -> None:
        """Set it; all or none."""
        if not self.task_ids:
            raise BadUserRequestException("externalTaskIds is empty")
        _set_retries(context, sorted(set(self.task_ids)), self.retries)


def _set_retries(context: CommandContext, task_ids: Collection[str], retries: int) -> None:
    if retries < 0:
        raise BadUserRequestException("The number of retries cannot be negative")
    found = [waiting(context, task_id) for task_id in task_ids]
    external_tasks.change_external_tasks(context.connection, task_ids, {"retries": retries})
    for task in found:
        manage_incident(context, task, retries, task.error_message)
        log_external_task_operation(context, "SetExternalTaskRetries", task, Change("retries", task.retries, retries))
    context.after_commit(context.external_tasks_available.notify)


@dataclass(frozen=True)
class SetExternalTaskPriorityCmd:
    """Say how urgent a task is."""

    task_id: str
    priority: int

    def __call__(self, context: CommandContext) -> None:
        """Set it."""
        task = waiting(context, self.task_id)
        external_tasks.change_external_tasks(context.connection, [task.id], {"priority": self.priority})
        log_external_task_operation(context, "SetPriority", task, Change("priority", task.priority, self.priority))


@dataclass(frozen=True)
class GetExternalTaskErrorDetailsCmd(ReadOnly):
    """Read the details of the last failure of a task."""

    task_id: str

    def __call__(self, context: CommandContext) -> str | None:
        """The details, if it has failed with some."""
        found = external_tasks.find_error_details(context.connection, [self.task_id])
        if self.task_id not in found:
            raise no_task(self.task_id)
        return found[self.task_id]


@dataclass(frozen=True)
class GetTopicNamesCmd(ReadOnly):
    """Read the topics for which tasks wait."""

    locked: bool | None
    with_retries: bool | None

    def __call__(self, context: CommandContext) -> list[str]:
        """The topics, by name."""
        return external_tasks.find_topic_names(
            context.connection, context.clock(), locked=self.locked, with_retries=self.with_retries
        )
