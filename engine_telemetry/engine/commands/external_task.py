"""Commands for external tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import ExternalTask, LockedExternalTask, Topic, TypedValue
from engine_telemetry.engine.persistence import instances, listings, wait_states
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException, NullValueException


class ExternalTaskQueryImpl(Query[ExternalTask]):
    """Find external tasks."""

    listing = listings.EXTERNAL_TASKS


@dataclass(frozen=True)
class FetchExternalTasksCmd:
    """Lock tasks for a worker."""

    worker_id: str | None
    max_tasks: int
    topics: tuple[Topic, ...]
    use_priority: bool

    def __call__(self, context: CommandContext) -> list[LockedExternalTask]:
        """Lock and return them, with their variables."""
        worker_id = _required(self.worker_id)
        self._check_numbers()
        if not self.topics or not self.max_tasks:
            return []
        now = context.clock()
        tasks = wait_states.lock_free_tasks(
            context.connection, self.topics, now, self.max_tasks, use_priority=self.use_priority
        )
        found = [(topic, _of_topic(tasks, self.topics, topic)) for topic in self.topics]
        locked: dict[str, LockedExternalTask] = {}
        for topic, its_tasks in found:
            locked |= _lock_for(context, its_tasks, worker_id, topic, now)
        return [locked[task.id] for task in tasks if task.id in locked]

    def _check_numbers(self) -> None:
        if self.max_tasks < 0:
            raise BadUserRequestException("maxResults is not greater than or equal to 0")
        for topic in self.topics:
            if topic.lock_duration <= timedelta(0):
                raise BadUserRequestException("lockTime is not greater than 0")


def _of_topic(tasks: list[ExternalTask], topics: tuple[Topic, ...], topic: Topic) -> list[ExternalTask]:
    """The tasks for which this is the first topic that fits."""
    return [task for task in tasks if next((other for other in topics if _fits(other, task)), None) is topic]


def _fits(topic: Topic, task: ExternalTask) -> bool:
    return (
        topic.name == task.topic_name
        and topic.business_key in {None, task.business_key}
        and topic.definition_id in {None, task.definition_id}
        and topic.definition_key in {None, task.definition_key}
    )


def _lock_for(
    context: CommandContext, tasks: list[ExternalTask], worker_id: str, topic: Topic, now: datetime
) -> dict[str, LockedExternalTask]:
    if not tasks:
        return {}
    until = now + topic.lock_duration
    wait_states.set_lock(context.connection, [task.id for task in tasks], worker_id, until)
    variables = _variables(context, tasks, topic)
    lock = {"worker_id": worker_id, "lock_expiration_time": until}
    return {task.id: LockedExternalTask(**vars(task) | lock, variables=variables[task.instance_id]) for task in tasks}


def _variables(context: CommandContext, tasks: list[ExternalTask], topic: Topic) -> dict[str, dict[str, TypedValue]]:
    ids = {task.instance_id for task in tasks}
    if topic.variables is not None and not topic.variables:
        return {instance_id: {} for instance_id in ids}
    return instances.read_variables(context.connection, ids, topic.variables)


@dataclass(frozen=True)
class CompleteExternalTaskCmd:
    """Complete a task that a worker has locked."""

    task_id: str
    worker_id: str | None
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> None:
        """Set the variables and go on."""
        variables = typed_variables(self.variables)
        row = progress.lock(context, wait_states.instance_of_external_task(self.task_id))
        if row is None:
            raise _no_task(self.task_id)
        _require_lock(context, self.task_id, self.worker_id, f"External Task {self.task_id} cannot be completed")
        instances.set_variables(context.connection, row.id, variables)
        if not progress.complete(context, row, self.task_id):
            raise _no_task(self.task_id)


@dataclass(frozen=True)
class UnlockExternalTaskCmd:
    """Take a task from its worker."""

    task_id: str

    def __call__(self, context: CommandContext) -> None:
        """Let any worker fetch it."""
        if not wait_states.set_lock(context.connection, [self.task_id], None, None):
            raise _no_task(self.task_id)


@dataclass(frozen=True)
class ExtendLockOnExternalTaskCmd:
    """Keep a task locked for longer."""

    task_id: str
    worker_id: str | None
    new_duration: timedelta

    def __call__(self, context: CommandContext) -> None:
        """Move the end of its lock."""
        if self.new_duration <= timedelta(0):
            raise BadUserRequestException("lockTime is not greater than 0")
        refusal = f"The lock of the External Task {self.task_id} cannot be extended"
        task, now = _require_lock(context, self.task_id, self.worker_id, refusal), context.clock()
        if task.lock_expiration_time is None or task.lock_expiration_time < now:
            raise BadUserRequestException(f"Cannot extend a lock that expired: it did at {task.lock_expiration_time}")
        wait_states.set_lock(context.connection, [task.id], self.worker_id, now + self.new_duration)


def _require_lock(context: CommandContext, task_id: str, worker_id: str | None, refusal: str) -> ExternalTask:
    worker_id = _required(worker_id)
    task = wait_states.lock_external_task(context.connection, task_id)
    if task is None:
        raise _no_task(task_id)
    if task.worker_id != worker_id:
        raise BadUserRequestException(
            f"{refusal} by worker '{worker_id}'. It is locked by worker '{task.worker_id or 'null'}'."
        )
    return task


def _required(worker_id: str | None) -> str:
    if not worker_id:
        raise NullValueException("workerId is null")
    return worker_id


def _no_task(task_id: str) -> NotFoundException:
    return NotFoundException(f"Cannot find external task with id {task_id}: externalTask is null")
