"""What starts a process beside people: messages, signals and times, for the newest version of each."""

from collections.abc import Sequence

from engine_telemetry.engine.bpmn.process_model import ProcessModel, StartEvent
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import ProcessDefinition
from engine_telemetry.engine.persistence import jobs, subscriptions
from engine_telemetry.exceptions import ConflictException


def replace_starts(context: CommandContext, newest: Sequence[tuple[ProcessDefinition, ProcessModel]]) -> None:
    """Have these definitions started by their events, and no other versions of the same keys.

    Raises:
        ConflictException: A message starts another process already.
        ModelExecutionException: A time is none.
    """
    forget_starts(context, [definition.key for definition, _ in newest])
    for definition, model in newest:
        for event in model.start_events:
            _register(context, definition, event)


def forget_starts(context: CommandContext, keys: Sequence[str]) -> None:
    """Have no version of these keys started by events."""
    if keys:
        subscriptions.delete_start_subscriptions(context.connection, keys)
        jobs.delete_start_jobs(context.connection, keys)


def _register(context: CommandContext, definition: ProcessDefinition, event: StartEvent) -> None:
    now = context.clock()
    if event.kind == "timer":
        due, cycle = event.first_due(now)
        of = (definition.id, definition.key)
        jobs.insert_start_job(context.connection, of, event.activity_id, due, now, repeat=cycle)
        context.after_commit(context.jobs_available.notify)
    elif event.event_name is not None:
        if event.kind == "message":
            _require_unused(context, definition, event.event_name)
        subscriptions.insert_start_subscription(
            context.connection, definition.id, event.activity_id, event.kind, event.event_name, now
        )


def _require_unused(context: CommandContext, definition: ProcessDefinition, name: str) -> None:
    if subscriptions.find_starts(context.connection, "message", name):
        raise ConflictException(
            f"Cannot deploy process definition '{definition.key}': there already is a message event subscription for"
            f" the message with name '{name}'."
        )
