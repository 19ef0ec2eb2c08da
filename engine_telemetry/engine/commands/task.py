"""Commands for user tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.operation_log import Change, log_task_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.commands.variables import visible_variables
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import Task, TypedValue
from engine_telemetry.engine.persistence import tasks
from engine_telemetry.engine.persistence.instances import InstanceRow
from engine_telemetry.engine.persistence.listing import count
from engine_telemetry.engine.persistence.variables import read_scopes
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import (
    BadUserRequestException,
    ConflictException,
    IncompleteException,
    NullValueException,
    TaskAlreadyClaimedException,
)

PENDING, RESOLVED = "PENDING", "RESOLVED"
MAX_TEXT_LENGTH = 255

_PROPERTIES = {"due": "dueDate", "follow_up": "followUpDate", "delegation_state": "delegation"}  # in the log
_BY_CANDIDATES = {"candidates", "candidate_groups_of", "with_candidate_users", "with_candidate_groups"}


class TaskChange(TypedDict, total=False):
    """What a task shall be like; what is not given stays as it is."""

    name: str | None
    description: str | None
    assignee: str | None
    owner: str | None
    delegation_state: str | None
    due: datetime | None
    follow_up: datetime | None
    priority: int


class TaskQueryImpl(Query[Task]):
    """Find user tasks."""

    listing = tasks.TASKS

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """Ask for this. Candidates are one criterion in the end, and a claimed task has none."""
        wanted = dict(asked)
        user, group, groups, with_assigned = (
            wanted.pop(name, None)
            for name in ("candidate_user", "candidate_group", "candidate_groups", "include_assigned_tasks")
        )
        if wanted.pop("unassigned", None) is not None:
            wanted["assigned"] = not asked["unassigned"]
        if group is not None:
            groups = [group] if groups is None else [name for name in groups if name == group]
        if user is not None or groups is not None:
            wanted["candidates"] = (user, groups)
        if wanted.keys() & _BY_CANDIDATES and not with_assigned:
            wanted["assigned"] = False
        if wanted.get("any_of") is not None:
            wanted["any_of"] = [_alternatives(query) for query in wanted["any_of"]]
        super().__init__(wanted)

    @property
    def criteria(self) -> Mapping[str, Any]:
        """What the database is asked."""
        return self._asked

    def count(self, context: CommandContext) -> int:
        """Count."""
        given = [name for name, value in self._asked.items() if value is not None]
        return count(context.connection, tasks.to_count(given), self._asked)


def _alternatives(query: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Each criterion of a query by itself; one about candidates knows whether claimed tasks are included."""
    rest = dict(query)
    included = {"include_assigned_tasks": rest.pop("include_assigned_tasks", None)}
    return [TaskQueryImpl({name: value, **included}).criteria for name, value in rest.items() if value is not None]


@dataclass(frozen=True)
class CompleteTaskCmd:
    """Complete a user task."""

    task_id: str
    variables: Mapping[str, object]
    with_variables: bool = False

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """Set the variables and go on; with variables, return all that the task saw then."""
        variables = typed_variables(self.variables)
        row = lock_instance(context, self.task_id)
        task = locked(context, self.task_id)
        if task.delegation_state == PENDING:
            raise ConflictException("A delegated task cannot be completed, but should be resolved instead.")
        seen = self._seen(context, row.id) if self.with_variables else {}
        if not progress.complete(context, row, self.task_id, variables):
            raise no_task(self.task_id)
        log_task_operation(context, "Complete", task, Change("delete", new=True))
        return seen | variables

    def _seen(self, context: CommandContext, instance_id: str) -> dict[str, TypedValue]:
        return visible_variables(context, instance_id, self.task_id, read_scopes(context.connection, instance_id))


@dataclass(frozen=True)
class HandleTaskBpmnErrorCmd:
    """Throw a BPMN error in a user task."""

    task_id: str
    code: str | None
    message: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    def __call__(self, context: CommandContext) -> None:
        """Set the variables and go on where the error is caught."""
        if not self.code:
            raise IncompleteException("errorCode is null or empty")
        variables = typed_variables(self.variables)
        row = lock_instance(context, self.task_id)
        if not progress.throw_error(context, row, self.task_id, self.code, self.message, variables):
            raise no_task(self.task_id)


@dataclass(frozen=True)
class HandleTaskEscalationCmd:
    """Throw a BPMN escalation in a user task."""

    task_id: str
    code: str | None
    variables: Mapping[str, object] = field(default_factory=dict)

    def __call__(self, context: CommandContext) -> None:
        """Set the variables and go on where the escalation is caught."""
        if not self.code:
            raise IncompleteException("escalationCode is null or empty")
        variables = typed_variables(self.variables)
        row = lock_instance(context, self.task_id)
        if not progress.throw_escalation(context, row, self.task_id, self.code, variables):
            raise no_task(self.task_id)


@dataclass(frozen=True)
class ClaimTaskCmd:
    """Make a user the assignee of a task that has none."""

    task_id: str
    user_id: str | None

    def __call__(self, context: CommandContext) -> None:
        """Claim it; without a user, take the assignee away."""
        row, task = _both_locked(context, self.task_id)
        if self.user_id is not None and task.assignee not in {None, self.user_id}:
            raise TaskAlreadyClaimedException(f"Task '{self.task_id}' is already claimed by someone else.")
        _assign(context, row, task, "Claim", assignee=self.user_id)


@dataclass(frozen=True)
class AssignTaskCmd:
    """Make a user the assignee of a task."""

    task_id: str
    user_id: str | None

    def __call__(self, context: CommandContext) -> None:
        """Assign it, whoever had it; without a user, take the assignee away."""
        row, task = _both_locked(context, self.task_id)
        _assign(context, row, task, "Assign", assignee=self.user_id)


@dataclass(frozen=True)
class DelegateTaskCmd:
    """Have another user work on a task for its owner."""

    task_id: str
    user_id: str | None

    def __call__(self, context: CommandContext) -> None:
        """Delegate it; who had it becomes the owner, if it has none."""
        row, task = _both_locked(context, self.task_id)
        owner = task.owner or task.assignee
        _assign(context, row, task, "Delegate", owner=owner, assignee=self.user_id, delegation_state=PENDING)


@dataclass(frozen=True)
class ResolveTaskCmd:
    """Give a delegated task back to its owner."""

    task_id: str
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> None:
        """Set the variables of the instance, and give the task back."""
        variables = typed_variables(self.variables)
        row, task = _both_locked(context, self.task_id)
        progress.set_variables(context, row, self.task_id, variables, local=False)
        _assign(context, row, task, "Resolve", assignee=task.owner, delegation_state=RESOLVED)


@dataclass(frozen=True)
class SaveTaskCmd:
    """Change what a task is like."""

    task_id: str
    change: TaskChange

    def __call__(self, context: CommandContext) -> None:
        """Change what is given."""
        if self.change.get("delegation_state") not in {None, PENDING, RESOLVED}:
            raise BadUserRequestException(
                f"The delegation state is {self.change['delegation_state']!r}; use {PENDING!r} or {RESOLVED!r}"
            )
        row, task = _both_locked(context, self.task_id)
        _assign(context, row, task, "Update", **self.change)


def lock_instance(context: CommandContext, task_id: str) -> InstanceRow:
    """The instance in which a task waits, locked until the end of the transaction.

    Raises:
        NullValueException: There is no such task.
    """
    row = progress.lock(context, tasks.instance_of_task(task_id))
    if row is None:
        raise no_task(task_id)
    return row


def _both_locked(context: CommandContext, task_id: str) -> tuple[InstanceRow, Task]:
    return lock_instance(context, task_id), locked(context, task_id)


def _assign(context: CommandContext, row: InstanceRow, task: Task, operation: str, **values: object) -> None:
    """Change a task; its listeners hear of a new assignee, and the log of each change."""
    change(context, task.id, **values)
    if values.get("assignee", task.assignee) != task.assignee:
        progress.notify_task(context, row, task.id, "assignment")
    if context.acting_user is not None:
        changed = {name: value for name, value in values.items() if value != getattr(task, name)}
        changes = [Change(_PROPERTIES.get(name, name), getattr(task, name), new) for name, new in changed.items()]
        log_task_operation(context, operation, task, *changes)


def locked(context: CommandContext, task_id: str) -> Task:
    """A task that waits, locked until the end of the transaction.

    Raises:
        NullValueException: There is none.
    """
    task = tasks.lock_task(context.connection, task_id)
    if task is None:
        raise no_task(task_id)
    return task


def change(context: CommandContext, task_id: str, **values: object) -> None:
    """Give columns of a task other values.

    Raises:
        NullValueException: There is no such task.
        BadUserRequestException: A text is too long.
    """
    for name, value in values.items():
        if isinstance(value, str) and name != "description" and len(value) > MAX_TEXT_LENGTH:
            raise BadUserRequestException(f"The {name} of a task has more than {MAX_TEXT_LENGTH} characters")
    if not tasks.change_task(context.connection, task_id, context.clock(), **values):
        raise no_task(task_id)


def no_task(task_id: str) -> NullValueException:
    """The error for an id that no task has."""
    return NullValueException(f"Cannot find task with id {task_id}: task is null")
