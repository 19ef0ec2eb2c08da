"""Commands for the variables of user tasks; and what a wait state sees of the variables around it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.operation_log import Affected, log_variables
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence import tasks
from engine_telemetry.engine.persistence.variables import Scopes, read_scopes, read_variables
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import NullValueException


def visible_variables(
    context: CommandContext, instance_id: str, wait_id: str, scopes: Scopes, names: Collection[str] | None = None
) -> dict[str, TypedValue]:
    """The variables that a wait state sees, by name: of two with the same name, the one in the inner scope.

    Args:
        context: Of the command.
        instance_id: The instance that waits.
        wait_id: Where it waits.
        scopes: All variables of the instance.
        names: Those that are wanted; ``None`` for all.
    """
    is_flat = scopes.keys() <= {instance_id, wait_id}
    chain = (wait_id, instance_id) if is_flat else _scope_chain(context, instance_id, wait_id)
    found: dict[str, TypedValue] = {}
    for scope_id in reversed(chain):
        found |= scopes.get(scope_id, {})
    return {name: found[name] for name in sorted(found) if names is None or name in names}


def _scope_chain(context: CommandContext, instance_id: str, wait_id: str) -> tuple[str, ...]:
    row = progress.read(context, instance_id)
    return (wait_id, instance_id) if row is None else progress.scope_chain(context, row, wait_id)


def _chain(context: CommandContext, instance_id: str, wait_id: str, scopes: Scopes) -> tuple[str, ...]:
    if scopes.keys() <= {instance_id, wait_id}:
        return (wait_id, instance_id)  # as nearly always: then the state of the instance need not be read
    row = progress.read(context, instance_id)
    return () if row is None else progress.scope_chain(context, row, wait_id)


@dataclass(frozen=True)
class GetTaskVariablesCmd(ReadOnly):
    """Read the variables of a task: all that it sees, or only its own."""

    task_id: str
    local: bool

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """The variables by name."""
        return _read(context, self.task_id, local=self.local)


@dataclass(frozen=True)
class GetTaskVariableCmdTyped(ReadOnly):
    """Read one variable of a task."""

    task_id: str
    name: str
    local: bool

    def __call__(self, context: CommandContext) -> TypedValue | None:
        """Its value; ``None`` if there is none of this name."""
        return _read(context, self.task_id, local=self.local).get(self.name)


def _read(context: CommandContext, task_id: str, *, local: bool) -> dict[str, TypedValue]:
    instance_id = tasks.find_instance_of_task(context.connection, task_id)
    if instance_id is None:
        raise _no_task(task_id)
    if local:
        return read_variables(context.connection, [task_id])[task_id]
    return visible_variables(context, instance_id, task_id, read_scopes(context.connection, instance_id))


@dataclass(frozen=True)
class SetTaskVariablesCmd:
    """Set variables of a task: where it sees them, or of its own."""

    task_id: str
    modifications: Mapping[str, object]
    local: bool

    def __call__(self, context: CommandContext) -> None:
        """Set them; others stay."""
        _change(context, self.task_id, self.modifications, (), local=self.local)


@dataclass(frozen=True)
class PatchTaskVariablesCmd:
    """Set and remove variables of a task."""

    task_id: str
    modifications: Mapping[str, object]
    deletions: tuple[str, ...]
    local: bool

    def __call__(self, context: CommandContext) -> None:
        """Do both at once."""
        _change(context, self.task_id, self.modifications, self.deletions, local=self.local)


@dataclass(frozen=True)
class RemoveTaskVariablesCmd:
    """Remove variables of a task."""

    task_id: str
    names: tuple[str, ...]
    local: bool

    def __call__(self, context: CommandContext) -> None:
        """Remove those that there are."""
        _change(context, self.task_id, {}, self.names, local=self.local)


def _change(
    context: CommandContext,
    task_id: str,
    modifications: Mapping[str, object],
    deletions: tuple[str, ...],
    *,
    local: bool,
) -> None:
    variables = typed_variables(modifications)
    row = progress.lock(context, tasks.instance_of_task(task_id))
    if row is None:
        raise _no_task(task_id)
    kept = {name: value for name, value in variables.items() if name not in deletions}
    progress.set_variables(context, row, task_id, kept, deletions, local=local)
    affected: Affected = {"task_id": task_id, "instance_id": row.id, "definition_id": row.definition_id}
    log_variables(context, kept, deletions, **affected)


def _no_task(task_id: str) -> NullValueException:
    return NullValueException(f"task {task_id} doesn't exist: task is null")
