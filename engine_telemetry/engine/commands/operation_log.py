"""The log of what people did: written where somebody acts, in the transaction of what was done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict, Unpack
from uuid import uuid4

from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import ExternalTask, Task
from engine_telemetry.engine.history_entities import Operation
from engine_telemetry.engine.persistence import operations


class UserOperationLogQueryImpl(Query[Operation]):
    """Find what people did."""

    listing = operations.OPERATIONS


@dataclass(frozen=True)
class Change:
    """A property that an operation has changed; without a name, the operation changed none.

    Attributes:
        property: Its name in Camunda's log.
        old: A value that ``str`` writes, or a date.
        new: As ``old``.
    """

    property: str | None = None
    old: object = None
    new: object = None


class Affected(TypedDict, total=False):
    """What an operation was done to."""

    definition_id: str | None
    instance_id: str | None
    task_id: str | None
    job_id: str | None
    external_task_id: str | None
    deployment_id: str | None
    batch_id: str | None


def log_operation(
    context: CommandContext, operation: str, entity_type: str, *changes: Change, **affected: Unpack[Affected]
) -> None:
    """Note that the acting user did this; nothing where nobody acts.

    Args:
        context: The command's.
        operation: Its name in Camunda's log (``UserOperationLogEntry``).
        entity_type: Camunda's name for what was changed (``EntityTypes``).
        changes: One row is written for each.
        affected: What was changed, and what that belongs to.
    """
    if context.acting_user is None:
        return
    row = {"operation_id": str(uuid4()), "time": context.clock(), "user_id": context.acting_user}
    row |= {"operation": operation, "entity_type": entity_type}
    rows = [{**row, **affected, **_columns(change)} for change in changes]
    operations.insert_operations(context.connection, rows)


def log_variables(
    context: CommandContext, put: Iterable[str], removed: Iterable[str], **affected: Unpack[Affected]
) -> None:
    """The same about variables: their names, not their values, which may be large, and nobody's business later."""
    if context.acting_user is not None:
        log_operation(context, "SetVariable", "Variable", *map(Change, put), **affected)
        log_operation(context, "RemoveVariable", "Variable", *map(Change, removed), **affected)


def log_task_operation(context: CommandContext, operation: str, task: Task, *changes: Change) -> None:
    """The same about a user task."""
    if context.acting_user is not None:
        log_operation(context, operation, "Task", *changes, **affected_by(task))


def log_external_task_operation(context: CommandContext, operation: str, task: ExternalTask, change: Change) -> None:
    """The same about an external task."""
    affected: Affected = {"instance_id": task.instance_id, "definition_id": task.definition_id}
    affected["external_task_id"] = task.id
    log_operation(context, operation, "ExternalTask", change, **affected)


def affected_by(task: Task) -> Affected:
    """What an operation on a user task affects."""
    return {"task_id": task.id, "instance_id": task.instance_id, "definition_id": task.definition_id}


def _columns(change: Change) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "property": change.property,
        "old_value": _text(change.old),
        "new_value": _text(change.new),
    }


def _text(value: object) -> str | None:
    """Dates in RFC 3339, truth as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
