"""Commands for user tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import Task, TypedValue
from engine_telemetry.engine.persistence import instances, listings, wait_states
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import NullValueException, TaskAlreadyClaimedException


class TaskQueryImpl(Query[Task]):
    """Find user tasks."""

    listing = listings.TASKS


@dataclass(frozen=True)
class CompleteTaskCmd:
    """Complete a user task."""

    task_id: str
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """Set the variables, go on, and return all variables."""
        variables = typed_variables(self.variables)
        row = progress.lock(context, wait_states.instance_of_task(self.task_id))
        if row is None:
            raise _no_task(self.task_id)
        instances.set_variables(context.connection, row.id, variables)
        result = instances.read_variables(context.connection, [row.id])[row.id]
        if not progress.complete(context, row, self.task_id):
            raise _no_task(self.task_id)
        return result


@dataclass(frozen=True)
class ClaimTaskCmd:
    """Make a user the assignee of a task that has none."""

    task_id: str
    user_id: str | None

    def __call__(self, context: CommandContext) -> None:
        """Claim it; without a user, take the assignee away."""
        found = wait_states.lock_assignee(context.connection, self.task_id)
        if found is None:
            raise _no_task(self.task_id)
        if self.user_id is not None and found[0] not in {None, self.user_id}:
            raise TaskAlreadyClaimedException(f"Task '{self.task_id}' is already claimed by someone else.")
        wait_states.set_assignee(context.connection, self.task_id, self.user_id)


@dataclass(frozen=True)
class AssignTaskCmd:
    """Make a user the assignee of a task."""

    task_id: str
    user_id: str | None

    def __call__(self, context: CommandContext) -> None:
        """Assign it, whoever had it; without a user, take the assignee away."""
        if not wait_states.set_assignee(context.connection, self.task_id, self.user_id):
            raise _no_task(self.task_id)


@dataclass(frozen=True)
class GetTaskVariablesCmd(ReadOnly):
    """Read the variables that a task can see."""

    task_id: str

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """Those of its process instance."""
        instance_id = wait_states.find_instance_of_task(context.connection, self.task_id)
        if instance_id is None:
            raise NullValueException(f"task {self.task_id} doesn't exist: task is null")
        return instances.read_variables(context.connection, [instance_id])[instance_id]


def _no_task(task_id: str) -> NullValueException:
    return NullValueException(f"Cannot find task with id {task_id}: task is null")
