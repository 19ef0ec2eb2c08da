"""What other commands do to process instances: start them, have them go on, change their variables, end them.

Each function writes everything that has changed when it returns. A false result means that the instance does not wait
there, and nothing was done.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine_telemetry.engine.bpmn.execution import Execution
from engine_telemetry.engine.bpmn.journal import ActivityInstance
from engine_telemetry.engine.commands.running import Deletion, Running
from engine_telemetry.engine.commands.work import Work, new_row
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence import history, instances
from engine_telemetry.engine.persistence.instances import InstanceRow, Member
from engine_telemetry.exceptions import SuspendedEntityInteractionException

_NONE: Mapping[str, TypedValue] = MappingProxyType({})


@dataclass(frozen=True)
class Started:
    """An instance that was started.

    Attributes:
        ended: Whether it has reached its end already.
        variables: Its own, as they are now.
    """

    id: str
    ended: bool
    variables: Mapping[str, TypedValue]


def start(
    context: CommandContext,
    definition_id: str,
    variables: Mapping[str, TypedValue],
    business_key: str | None = None,
    *,
    start_activity: str | None = None,
    start_user: str | None = None,
) -> Started:
    """Start an instance, and run it to where it waits first.

    Raises:
        ProcessEngineException: It cannot be started.
    """
    work = work_of(context)
    user_id = start_user or context.acting_user
    running = work.start(new_row(definition_id, business_key), variables, start_activity, user_id)
    work.settle()
    return Started(running.row.id, running.over, dict(running.scopes.of(running.row.id)))


def lock(context: CommandContext, wanted: str | Member) -> InstanceRow | None:
    """The instance with this id, or that a row belongs to, locked; so is the one at the top of those that called it."""
    return instances.lock_instance(context.connection, wanted)


def read(context: CommandContext, instance_id: str) -> InstanceRow | None:
    """The instance, not locked."""
    return instances.read_instance(context.connection, instance_id)


def complete(
    context: CommandContext,
    row: InstanceRow,
    wait_id: str,
    variables: Mapping[str, TypedValue] = _NONE,
    local: Mapping[str, TypedValue] = _NONE,
) -> bool:
    """Complete a user task or an external task of a locked instance.

    Args:
        context: Of the command.
        row: The instance.
        wait_id: The task.
        variables: What is set before that, as far out as they are.
        local: What is set in the task's own scope.
    """
    return _go_on(context, row, Execution.complete, wait_id, variables, local)


def trigger(
    context: CommandContext,
    row: InstanceRow,
    wait_id: str,
    variables: Mapping[str, TypedValue] = _NONE,
    local: Mapping[str, TypedValue] = _NONE,
) -> bool:
    """A job of a locked instance is due, or an event that it has subscribed to has occurred."""
    return _go_on(context, row, Execution.trigger, wait_id, variables, local)


def _go_on(
    context: CommandContext,
    row: InstanceRow,
    act: Callable[[Execution, str], bool],
    wait_id: str,
    variables: Mapping[str, TypedValue],
    local: Mapping[str, TypedValue],
) -> bool:
    running = _loaded(context, row)
    running.put(variables, wait_id)
    running.put_local(local, wait_id)
    return _moved(context, running, done=act(running.execution, wait_id))


def throw_error(
    context: CommandContext,
    row: InstanceRow,
    wait_id: str,
    code: str,
    message: str | None = None,
    variables: Mapping[str, TypedValue] = _NONE,
) -> bool:
    """Throw an error from a task; if nothing catches it, its path ends."""
    running = _loaded(context, row)
    running.put(variables, wait_id)
    return _moved(context, running, done=running.execution.throw_error(wait_id, code, message))


def throw_escalation(
    context: CommandContext, row: InstanceRow, wait_id: str, code: str, variables: Mapping[str, TypedValue] = _NONE
) -> bool:
    """Throw an escalation from a task."""
    running = _loaded(context, row)
    running.put(variables, wait_id)
    return _moved(context, running, done=running.execution.throw_escalation(wait_id, code))


def send_signal(context: CommandContext, name: str, variables: Mapping[str, TypedValue] = _NONE) -> None:
    """Send a signal to everybody that waits for it, and start what it starts."""
    work = work_of(context)
    work.signal(name, variables)
    work.settle()


def set_variables(
    context: CommandContext,
    row: InstanceRow,
    scope_id: str,
    values: Mapping[str, TypedValue],
    deletions: Collection[str] = (),
    *,
    local: bool = True,
) -> None:
    """Set and remove variables of a locked instance.

    Args:
        context: Of the command.
        row: The instance.
        scope_id: The instance's id, or a wait state's.
        values: What to set.
        deletions: What to remove.
        local: Whether that scope alone is meant, not those around it too.
    """
    if not values and not deletions:
        return
    running = _loaded(context, row, suspended=True)
    if local:
        running.put_local(values, scope_id)
    else:
        running.put(values, scope_id)
    chain = [scope_id] if local else running.execution.scope_of(scope_id)
    for name in deletions:
        running.scopes.remove(chain, name)
    running.execution.variables_changed()
    _moved(context, running, done=True)


def cancel(context: CommandContext, row: InstanceRow, reason: str | None) -> None:
    """End a locked instance, and those that it has called, before its time."""
    work = work_of(context)
    work.cancel(work.load(row), Deletion(history.EXTERNALLY_TERMINATED, reason))
    work.settle()


def notify_task(context: CommandContext, row: InstanceRow, task_id: str, event: str) -> None:
    """Execute the listeners of a user task: ``assignment``, when its row has another assignee."""
    running = _loaded(context, row)
    running.execution.notify(task_id, event, running.task(task_id))
    running.execution.variables_changed()
    _moved(context, running, done=True)


def activity_tree(context: CommandContext, row: InstanceRow) -> ActivityInstance:
    """What is going on in an instance. Nothing need be locked."""
    return Running.restore(context, work_of(context), row).execution.activity_tree()


def scope_chain(context: CommandContext, row: InstanceRow, wait_id: str) -> tuple[str, ...]:
    """The ids of the scopes that a wait state sees, from the inside out. Nothing need be locked."""
    return tuple(Running.restore(context, work_of(context), row).execution.scope_of(wait_id))


def work_of(context: CommandContext) -> Work:
    """What the command does to instances."""
    work: Work = context.shared.setdefault(Work, Work(context))
    return work


def _loaded(context: CommandContext, row: InstanceRow, *, suspended: bool = False) -> Running:
    if row.suspended and not suspended:
        raise SuspendedEntityInteractionException(f"The process instance {row.id!r} is suspended; activate it first")
    return work_of(context).load(row)


def _moved(context: CommandContext, running: Running, *, done: bool) -> bool:
    if done:
        work = work_of(context)
        work.touch(running)
        work.settle()
    return done
